from datetime import UTC, datetime
from typing import Any

import pytest

from services.agent_worker.blame import poison
from services.agent_worker.context import Context, context_beside, context_of, rests_of
from services.agent_worker.identity import Attempted
from shared.errors import Corrupt
from shared.log.port import Entry
from shared.log.subjects import Address, rest_of
from shared.run import facts as f
from shared.run.content import Cause, ContentRef, InputRef
from shared.run.wire import encode

IDS: Attempted = {
    "workspace": "w",
    "run": "r",
    "partition": 0,
    "step": 2,
    "node": "n",
    "attempt": 1,
}
CALL: dict[str, Any] = {"turn": 1, "index": 0, "tool": "t", "call_id": "c"}


def called(execution: int) -> f.ToolCalled:
    more = {"input": "{}", "idempotency_key": "k"}
    return f.ToolCalled(**IDS, **CALL, execution=execution, **more)


def returned(execution: int) -> f.ToolReturned:
    return f.ToolReturned(**IDS, **CALL, execution=execution, outcome="ok", output="")


READY = f.StepReady(
    **IDS,
    kind="agent",
    pool="default",
    inputs=(
        InputRef(step=0, node="a", attempt=1),
        InputRef(
            step=1,
            node="b",
            attempt=1,
            content=(ContentRef(step=0, attempt=1), ContentRef(step=5, attempt=2)),
        ),
    ),
)
REQUESTED = f.RunRequested(workspace="w", run="r", partition=0, flow="v")
CANCEL = f.RunCancelRequested(workspace="w", run="r", partition=0)
STOPPING = f.RunStopping(workspace="w", run="r", partition=0, reason="failed")
OVER = f.RunCompleted(workspace="w", run="r", partition=0)
FINISHED = f.StepFailed(**IDS, error=Cause(code="c", message="m"))


def started(execution: int, *, alone: bool = False) -> f.StepStarted:
    return f.StepStarted(**IDS, execution=execution, worker="w", alone=alone)


def released(execution: int) -> f.StepReleased:
    return f.StepReleased(**IDS, execution=execution, worker="w")


def turn(number: int, execution: int) -> f.StepTurn:
    return f.StepTurn(**IDS, turn=number, execution=execution, model="m", content="[]")


def known(*facts: f.Lifecycle) -> Context:
    """The context of these facts."""
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    entries = [
        Entry(n, Address(0, "w", "r"), rest_of(fact), encode(fact, "now"), now)
        for n, fact in enumerate(facts, 1)
    ]
    return context_of(READY, entries)


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ([], "gone"),
        ([STOPPING], "gone"),
        ([REQUESTED, OVER], "gone"),
        ([REQUESTED, CANCEL, OVER], "gone"),
        ([REQUESTED, FINISHED], "settled"),
        ([REQUESTED, FINISHED, STOPPING], "settled"),
        ([REQUESTED, CANCEL], "stopped"),
        ([REQUESTED, STOPPING], "stopped"),
        ([REQUESTED, started(1), started(2), started(3), STOPPING], "stopped"),
        ([REQUESTED], "execute"),
        ([REQUESTED, started(1), started(2)], "execute"),
        ([REQUESTED, started(1), started(2), started(3)], "execute"),
        ([REQUESTED, started(1), started(2), started(3, alone=True)], "poisoned"),
        ([REQUESTED, started(1), started(2), started(3, alone=True), released(3)], "execute"),
        ([REQUESTED, started(1), started(2), started(3, alone=True), turn(1, 3)], "execute"),
        ([REQUESTED, started(1), released(1), started(2), started(3)], "execute"),
        ([REQUESTED, started(1), turn(1, 1), started(2), started(3)], "execute"),
        ([REQUESTED, started(1), started(2), released(2), started(3)], "execute"),
    ],
)
def test_what_is_to_be_done_follows_from_what_the_log_knows(
    facts: list[f.Lifecycle], verdict: str
) -> None:
    assert known(*facts).verdict == verdict


@pytest.mark.parametrize(
    ("facts", "execution", "may_be_alive"),
    [
        ([], 1, False),
        ([started(1)], 2, True),
        ([started(1), released(1)], 2, False),
        ([started(1), turn(1, 1)], 2, True),
        ([started(1), released(1), started(2)], 3, True),
        ([started(1), started(2), released(2)], 3, False),
    ],
)
def test_the_next_execution_is_one_more_and_asks_if_the_last_was_not_handed_back(
    facts: list[f.Lifecycle], execution: int, may_be_alive: bool
) -> None:
    context = known(REQUESTED, *facts)
    assert (context.execution, context.may_be_alive) == (execution, may_be_alive)


@pytest.mark.parametrize(
    ("facts", "lost"),
    [
        ([], []),
        ([started(1)], [1]),
        ([started(1), started(2)], [1, 2]),
        ([started(1), released(1), started(2), started(3), released(3)], [2]),
        ([started(1), started(2), turn(1, 2)], []),
        ([started(1), started(2), turn(1, 2), started(3), started(4)], [3, 4]),
        ([started(1), started(2), called(2)], []),
        ([started(1), called(1), started(2), returned(2)], []),
        ([started(1), called(1), started(2), started(3)], [2, 3]),
    ],
)
def test_lost_are_the_executions_since_the_last_progress_that_nobody_handed_back(
    facts: list[f.Lifecycle], lost: list[int]
) -> None:
    context = known(REQUESTED, *facts)
    assert [each.execution for each in context.lost] == lost
    assert context.is_suspect == (len(lost) >= 2)


def test_the_verdict_says_what_is_known_of_every_lost_execution() -> None:
    facts = [started(1), started(2), started(3, alone=True)]
    message = poison(known(REQUESTED, *facts).lost).cause.message
    assert "3 executions" in message
    assert "execution 1 on w at 2026-01-02T03:04:05Z, beside others" in message
    assert "execution 3 on w at 2026-01-02T03:04:05Z, alone" in message


def test_turns_come_in_their_order() -> None:
    facts = [turn(number, 1) for number in (10, 2, 1)]
    assert [found.turn for found in known(REQUESTED, *facts).turns] == [1, 2, 10]


def test_outputs_are_found_by_step_and_attempt() -> None:
    output = f.StepCompleted(**{**IDS, "step": 5, "attempt": 2}, output="text")
    [(ref, found)] = known(REQUESTED, output).outputs.items()
    assert (ref, found.output) == (ContentRef(step=5, attempt=2), "text")


def test_an_input_that_did_not_complete_is_corrupt() -> None:
    failed = FINISHED.model_copy(update={"step": 0})
    with pytest.raises(Corrupt, match=r"expected step\.completed at step\.0\.1\.finished"):
        known(REQUESTED, failed)


FIRST = [
    *("requested", "cancel", "stopping", "finished", "step.2.1.finished"),
    *("step.0.1.finished", "step.5.2.finished"),
]
EARLIER = {"step.2.1.*.started", "step.2.1.*.released", "step.2.1.turn.*", "tool.2.1.>"}


def test_one_read_asks_for_everything_and_for_each_source_once() -> None:
    assert rests_of(READY, again=False) == FIRST


def test_earlier_executions_are_looked_for_when_a_delivery_comes_again() -> None:
    assert set(rests_of(READY, again=True)) == {*FIRST, *EARLIER}


def completed(step: int, attempt: int, **ids: str) -> f.StepCompleted:
    run = {"workspace": "w", "run": "r"} | ids
    return f.StepCompleted(
        **run, partition=0, step=step, node="n", attempt=attempt, execution=1, output="text"
    )


def beside(*facts: f.Lifecycle) -> Context | None:
    """The context of a step that brought these facts along."""
    return context_beside(READY, [encode(fact, "now") for fact in facts])


def test_a_step_that_brought_everything_along_may_be_executed() -> None:
    found = beside(REQUESTED, completed(0, 1), completed(5, 2))
    assert found is not None
    assert (found.verdict, found.execution, found.may_be_alive) == ("execute", 1, False)
    assert found.requested is not None
    assert found.requested.flow == "v"
    assert found.outputs.keys() == {ContentRef(step=0, attempt=1), ContentRef(step=5, attempt=2)}


@pytest.mark.parametrize(
    "facts",
    [
        (),
        (REQUESTED, completed(0, 1)),
        (REQUESTED, completed(0, 1), completed(5, 1)),
        (completed(0, 1), completed(5, 2)),
        (REQUESTED, completed(0, 1), completed(5, 2, run="another")),
        (REQUESTED, completed(0, 1), completed(5, 2, workspace="another")),
    ],
)
def test_a_step_that_lacks_something_is_read(facts: tuple[f.Lifecycle, ...]) -> None:
    assert beside(*facts) is None


def test_what_came_along_and_cannot_be_read_parks_the_step() -> None:
    with pytest.raises(Corrupt):
        context_beside(READY, [b'{"type":"run.dreamt"}'])
