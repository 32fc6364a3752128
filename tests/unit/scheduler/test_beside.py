"""What a ready step brings along: all that its execution reads, or nothing."""

import pytest

from services.scheduler.beside import MOST_BYTES, MOST_KEPT_BYTES, Beside
from shared.run import encode
from shared.run import facts as f
from shared.run.content import ContentRef, InputRef

RUN = {"workspace": "w", "run": "r", "partition": 0}


def requested(text: str = "text") -> f.RunRequested:
    return f.RunRequested(**RUN, flow="v", input=text)


def completed(step: int, text: str = "text") -> f.StepCompleted:
    return f.StepCompleted(**RUN, step=step, node=f"n{step}", attempt=1, execution=1, output=text)


def ready(*sources: int, kind: str = "template") -> f.StepReady:
    inputs = tuple(InputRef(step=each, node=f"n{each}", attempt=1) for each in sources)
    return f.StepReady(**RUN, step=9, node="n", attempt=1, kind=kind, pool="local", inputs=inputs)


def kept(*facts: f.Lifecycle) -> Beside:
    beside = Beside()
    for fact in facts:
        beside.keep(fact, encode(fact, "now"))
    return beside


def test_a_step_brings_along_the_request_and_its_inputs_once_each() -> None:
    first, second = completed(0), completed(1)
    found = kept(requested(), first, second, completed(2)).of(ready(1, 0, 1))
    assert found == tuple(encode(fact, "now") for fact in (requested(), second, first))


def test_inputs_that_others_passed_on_come_from_where_their_text_is() -> None:
    passed_on = InputRef(step=5, node="out", attempt=1, content=(ContentRef(step=0, attempt=1),))
    step = ready().model_copy(update={"inputs": (passed_on,)})
    assert len(kept(requested(), completed(0)).of(step)) == 2


@pytest.mark.parametrize("kind", ["agent", "condition"])
def test_kinds_that_read_anyway_bring_nothing(kind: str) -> None:
    assert kept(requested()).of(ready(kind=kind)) == ()


def test_other_facts_bring_nothing() -> None:
    assert kept(requested()).of(f.RunStarted(**RUN)) == ()


@pytest.mark.parametrize(
    "facts", [(completed(0),), (requested(),), (requested(), completed(0, "x" * MOST_BYTES))]
)
def test_a_step_brings_all_or_nothing(facts: tuple[f.Lifecycle, ...]) -> None:
    assert kept(*facts).of(ready(0)) == ()


def test_what_is_kept_of_one_run_is_bounded() -> None:
    outcomes = [completed(step, "x" * 1_000) for step in range(100)]
    beside = kept(requested(), *outcomes)
    brought = [len(beside.of(ready(step))) == 2 for step in range(100)]
    assert brought == [True] * sum(brought) + [False] * (100 - sum(brought))
    assert 0 < sum(brought) * 1_000 < MOST_KEPT_BYTES
