"""The words people read."""

from shared.run import facts as f
from shared.run import status_of
from tests.unit.flow.drawing import drawing, edge, joined, node
from tests.unit.run.tale import BUSY, IDENTITY, Tale


def test_a_run_is_pending_until_it_started_and_then_running() -> None:
    tale = Tale(joined("a-b"))
    assert status_of(tale.state) == "pending"
    tale.settle()
    assert status_of(tale.state) == "running"


def test_a_run_waits_when_nothing_but_a_person_is_awaited() -> None:
    nodes = [node("ok", "approval"), node("a", retry={"jitter": 0}), node("b")]
    tale = Tale(drawing(nodes, [edge("ok", "b", "approved")]))
    tale.settle()
    assert status_of(tale.state) == "running"
    tale.fail("a", BUSY)
    assert status_of(tale.state) == "running"
    tale.due("a", "retry")
    tale.complete("a")
    assert status_of(tale.state) == "waiting"


def test_a_cancelled_run_is_cancelling_even_before_it_stops() -> None:
    tale = Tale(joined("a-b"))
    tale.record(f.RunCancelRequested(**IDENTITY))
    assert status_of(tale.state) == "cancelling"


def test_the_statuses_of_a_step_follow_its_latest_attempt() -> None:
    tale = Tale(joined("a-c", "b-c"))
    told = [tale.status("a"), tale.status("c")]
    tale.settle()
    told.append(tale.status("a"))
    tale.start("a")
    told.append(tale.status("a"))
    tale.release("a")
    told.append(tale.status("a"))
    tale.start("a", execution=2)
    told.append(tale.status("a"))
    tale.record(f.StepFailed(**tale.at("a"), error=BUSY))
    told.append(tale.status("a"))
    tale.settle()
    told.append(tale.status("a"))
    tale.due("a", "retry")
    told.append(tale.status("a"))
    tale.complete("a")
    told += [tale.status("a"), tale.status("c")]
    assert told == [
        "pending",
        "pending",
        "ready",
        "running",
        "ready",
        "running",
        "retrying",
        "retrying",
        "ready",
        "completed",
        "waiting_inputs",
    ]


def test_a_late_start_of_an_earlier_execution_changes_nothing() -> None:
    tale = Tale(drawing([node("a")]))
    tale.settle()
    tale.start("a", execution=2)
    before = tale.state
    tale.start("a", execution=1)
    tale.release("a", execution=1)
    assert tale.state is before


def test_a_failed_attempt_is_failed_when_its_run_ends_before_the_retry() -> None:
    tale = Tale(joined("a-b"))
    tale.settle()
    tale.start("a")
    tale.cancel()
    tale.fail("a", BUSY)
    assert (status_of(tale.state), tale.status("a")) == ("cancelled", "failed")


def test_a_step_cancelled_by_a_worker_is_cancelled() -> None:
    tale = Tale(joined("a-c", "b-c"))
    tale.settle()
    tale.start("a")
    tale.cancel()
    tale.abort("a")
    assert tale.status("a") == "cancelled"


def test_a_step_that_failed_for_good_has_failed_while_its_run_goes_on() -> None:
    tale = Tale(drawing([node("a", on_error="continue"), node("b")]))
    tale.settle()
    tale.fail("a")
    assert (status_of(tale.state), tale.status("a")) == ("running", "failed")
