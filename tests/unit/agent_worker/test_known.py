"""What a worker knows of runs: enough to spare it a read, never enough to act on an old order."""

from services.agent_worker.context import Context
from services.agent_worker.known import MOST_CHARACTERS, Known
from shared.run import facts as f
from shared.run.content import ContentRef, InputRef

RUN = {"workspace": "w", "run": "r", "partition": 0}
REQUESTED = f.RunRequested(**RUN, flow="v", input="text")
FIRST = ContentRef(step=0, attempt=1)


def context(requested: f.RunRequested | None = REQUESTED, *, is_stopping: bool = False) -> Context:
    return Context(
        requested=requested,
        is_over=False,
        is_stopping=is_stopping,
        is_settled=False,
        execution=1,
        may_be_alive=False,
        lost=(),
        turns=(),
        outputs={},
    )


def ready(*sources: int) -> f.StepReady:
    inputs = tuple(InputRef(step=each, node=f"n{each}", attempt=1) for each in sources)
    return f.StepReady(
        **RUN, step=9, node="n", attempt=1, kind="template", pool="local", inputs=inputs
    )


def completed(output: str = "words") -> f.StepCompleted:
    return f.StepCompleted(**RUN, step=0, node="n0", attempt=1, execution=1, output=output)


def test_a_step_without_inputs_needs_the_request_alone() -> None:
    known = Known()
    assert known.context(ready()) is None
    known.learn(context())
    found = known.context(ready())
    assert found is not None
    assert (found.verdict, found.requested, found.execution) == ("execute", REQUESTED, 1)


def test_a_step_is_known_only_with_all_its_inputs() -> None:
    known = Known()
    known.learn(context())
    known.record(completed())
    assert known.context(ready(0, 1)) is None
    found = known.context(ready(0))
    assert found is not None
    assert found.outputs == {FIRST: completed()}


def test_outcomes_of_a_run_whose_request_is_unknown_are_not_kept() -> None:
    known = Known()
    known.record(completed())
    known.learn(context())
    assert known.context(ready(0)) is None


def test_a_run_that_is_told_to_stop_is_read_from_then_on() -> None:
    known = Known()
    known.learn(context())
    known.forget("r")
    assert known.context(ready()) is None
    known.learn(context(is_stopping=True))
    assert known.context(ready()) is None


def test_after_a_gap_nothing_is_known() -> None:
    known = Known()
    known.learn(context())
    known.clear()
    assert known.context(ready()) is None


def test_the_runs_worked_on_last_stay_known() -> None:
    known = Known(most_runs=2)
    for run in ("r", "s", "r", "t"):
        known.learn(context(REQUESTED.model_copy(update={"run": run})))
        known.context(ready())
    assert known.context(ready()) is not None
    assert known.context(ready().model_copy(update={"run": "s"})) is None


def test_large_texts_are_not_kept() -> None:
    known = Known()
    text = "x" * (MOST_CHARACTERS + 1)
    known.learn(context())
    known.record(completed(text))
    assert known.context(ready(0)) is None
    known.learn(context(REQUESTED.model_copy(update={"run": "s", "input": text})))
    assert known.context(ready().model_copy(update={"run": "s"})) is None
