"""Delayed starts, deadlines and the time a step may wait for a worker."""

from datetime import timedelta

from shared.run import facts as f
from shared.run import needs_history, reads_back, status_of
from shared.run.content import Cause, Limits
from tests.unit.flow.drawing import drawing, edge, joined, node
from tests.unit.run.tale import DAWN, IDENTITY, Tale

LATER = (DAWN + timedelta(hours=2)).isoformat()
QUEUE = "step.0.1.queue.due"


def test_a_delayed_run_owes_its_timer_and_nothing_else() -> None:
    tale = Tale(joined("a-b"), start_at=LATER, limits=Limits(deadline_seconds=60))
    assert tale.settle() == []
    assert {rest: timer.fires_at.isoformat() for rest, timer in tale.timers.items()} == {
        "start.due": LATER
    }
    assert status_of(tale.state) == "pending"


def test_a_delayed_run_starts_when_its_time_has_come_and_its_deadline_counts_from_there() -> None:
    tale = Tale(joined("a-b"), start_at=LATER, limits=Limits(deadline_seconds=60))
    tale.settle()
    tale.now += timedelta(hours=2)
    tale.record(f.RunStartDue(**IDENTITY))
    assert tale.settle() == ["started", "step.0.1.ready.local.shared"]
    assert tale.timers["deadline"].fires_at == tale.log["start.due"].time + timedelta(seconds=60)


def test_a_delayed_run_can_be_cancelled_before_its_time() -> None:
    tale = Tale(joined("a-b"), start_at=LATER)
    tale.settle()
    assert tale.cancel() == ["stopping", "finished"]
    assert tale.timers == {}


def queued(**data: str) -> Tale:
    tale = Tale(drawing([node("a", queue_seconds=30, **data), node("b")], [edge("a", "b")]))
    tale.settle()
    return tale


def test_a_step_may_wait_for_a_worker_only_so_long() -> None:
    tale = queued()
    ready = tale.log["step.0.1.ready.local.shared"].time
    assert tale.timers[QUEUE].fires_at == ready + timedelta(seconds=30)
    assert tale.due("a", "queue") == ["step.0.1.finished", "stopping", "finished"]
    error = tale.said(f.RunFailed, "finished").error
    assert (error.code, error.message) == ("queue_timeout", "no worker within 30.0 s")
    assert (error.step, error.node) == (0, "a")


def test_a_step_that_was_started_in_time_has_waited_long_enough() -> None:
    tale = queued()
    tale.start("a")
    assert tale.settle() == []
    assert tale.timers == {}
    assert tale.due("a", "queue") == []
    assert tale.status("a") == "running"


def test_the_end_of_the_wait_for_a_worker_is_no_answer() -> None:
    tale = queued()
    tale.record(f.StepDue(**tale.at("a"), purpose="queue"))
    assert tale.state.step(0).answer is None


def test_a_start_recorded_before_the_timeout_was_acted_on_wins() -> None:
    tale = queued()
    tale.record(f.StepDue(**tale.at("a"), purpose="queue"))
    tale.start("a")
    assert tale.settle() == []


def test_only_the_queues_deadline_must_be_judged_on_the_whole_history() -> None:
    at = queued().at("a")
    assert needs_history(f.StepDue(**at, purpose="queue"))
    assert not needs_history(f.StepDue(**at, purpose="retry"))
    assert not needs_history(f.StepCompleted(**at))


def test_a_queue_timeout_is_not_tried_again_but_may_be_carried_on_from() -> None:
    tale = queued(on_error="continue")
    assert tale.due("a", "queue") == ["step.0.1.finished", "step.1.skipped", "finished"]


def test_what_was_recorded_is_read_back_where_its_time_decides_or_another_may_stand_there() -> None:
    tale = queued()
    first, second = tale.at("a"), {**tale.at("a"), "step": 1, "node": "b"}
    read_back = (
        f.RunStopping(**IDENTITY, reason="cancelled"),
        f.StepRetryScheduled(**first, delay_seconds=1),
        f.StepFailed(**first, error=Cause(code="x", message="x")),
        f.StepWaiting(**first, timeout_seconds=60),
        f.StepReady(**first, kind="template", pool="local"),
    )
    others = (
        f.RunStarted(**IDENTITY),
        f.StepWaiting(**first),
        f.StepReady(**second, kind="template", pool="local"),
        f.StepCompleted(**first),
    )
    assert [reads_back(fact, tale.state) for fact in read_back] == [True] * 5
    assert [reads_back(fact, tale.state) for fact in others] == [False] * 4
