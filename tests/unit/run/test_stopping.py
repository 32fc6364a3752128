"""Cancel, deadline, budget, failure: one order to stop, and the end."""

from datetime import timedelta

from shared.log.subjects import rest_of
from shared.run import facts as f
from shared.run import standing, status_of
from shared.run.content import Cause, Limits, Receipt, Usage
from tests.unit.flow.drawing import Drawn, drawing, edge, joined, node
from tests.unit.run.tale import BROKEN, BUSY, DAWN, NO_LIMITS, Tale


def begun(raw: Drawn, *at: str, limits: Limits = NO_LIMITS) -> Tale:
    """A run with its first steps ready, and workers at some of them."""
    tale = Tale(raw, limits=limits)
    tale.settle()
    for name in at:
        tale.start(name)
    return tale


def test_a_cancel_stops_the_run_and_waits_for_what_is_in_flight() -> None:
    tale = begun(joined("a-c", "b-c"), "a", "b")
    assert tale.cancel() == ["stopping"]
    assert status_of(tale.state) == "cancelling"
    assert tale.abort("a") == []
    assert tale.abort("b") == ["finished"]
    tale.said(f.RunCancelled, "finished")
    assert tale.status("c") == "cancelled"


def test_what_waits_for_a_worker_is_cancelled_at_once() -> None:
    tale = begun(joined("a-c", "b-c"), "a")
    assert tale.cancel() == ["stopping", "step.1.1.finished"]
    decree = tale.said(f.StepCancelled, "step.1.1.finished")
    assert (decree.execution, decree.receipt) == (None, Receipt())
    assert tale.abort("a") == ["finished"]


def test_a_run_of_which_nothing_was_begun_ends_at_once() -> None:
    tale = begun(joined("a-c", "b-c"))
    decrees = ["step.0.1.finished", "step.1.1.finished"]
    assert tale.cancel() == ["stopping", *decrees, "finished"]
    assert tale.timers == {}


def test_what_a_worker_handed_back_is_cancelled_at_once() -> None:
    tale = begun(joined("a-b"), "a")
    tale.release("a")
    assert tale.cancel() == ["stopping", "step.0.1.finished", "finished"]


def test_a_start_behind_the_decree_changes_nothing() -> None:
    tale = begun(joined("a-c", "b-c"), "a")
    tale.cancel()
    state = tale.state
    tale.start("b")
    assert tale.state is state
    assert tale.abort("b") == []
    assert tale.abort("a") == ["finished"]


def test_a_start_before_the_decree_leaves_the_outcome_to_the_worker() -> None:
    tale = begun(joined("a-b"))
    tale.record(f.RunCancelRequested(**tale.run()))
    tale.record(f.RunStopping(**tale.run(), reason="cancelled"))
    tale.start("a")
    assert tale.settle() == []
    assert tale.abort("a") == ["finished"]


def test_a_run_stops_once_whatever_else_happens() -> None:
    tale = begun(joined("a-b"), "a", limits=Limits(deadline_seconds=60))
    tale.cancel()
    assert tale.deadline() == []
    assert tale.fail("a") == ["finished"]
    assert tale.said(f.RunStopping, "stopping").reason == "cancelled"


def test_nothing_new_is_ready_once_the_run_stops() -> None:
    tale = begun(joined("a-b", "c-d"), "a", "c")
    tale.cancel()
    assert tale.complete("a") == []
    assert tale.status("b") == "waiting_inputs"
    assert tale.complete("c") == ["finished"]


def test_timers_are_no_longer_owed_once_the_run_stops() -> None:
    tale = begun(joined("a-c", "b-c"), "b", limits=Limits(deadline_seconds=60))
    tale.fail("a", BUSY)
    assert set(tale.timers) == {"deadline", "step.0.1.retry.due"}
    tale.cancel()
    assert set(tale.timers) == {"stopping.due"}
    stood = {rest_of(timer.fact) for timer in standing(tale.state)}
    assert stood == {"deadline", "step.0.1.retry.due"}


def test_a_delayed_start_is_withdrawn() -> None:
    tale = Tale(joined("a-b"), start_at=(DAWN + timedelta(hours=1)).isoformat())
    tale.settle()
    assert standing(tale.state) == ()
    assert tale.record(f.RunCancelRequested(**tale.run()))
    assert [rest_of(timer.fact) for timer in standing(tale.state)] == ["start.due"]
    assert tale.settle() == ["stopping", "finished"]
    assert standing(tale.state) == ()


def test_outcomes_are_awaited_ten_seconds_from_the_recorded_stop() -> None:
    tale = begun(joined("a-b"), "a")
    tale.cancel()
    recorded = tale.log["stopping"].time
    assert (tale.timers["stopping.due"].fires_at - recorded).total_seconds() == 10


def test_nobody_is_awaited_where_nothing_is_open_nor_after_the_grace() -> None:
    tale = begun(joined("a-b"), "a")
    tale.cancel()
    assert set(tale.owes()) == {"stopping.due"}
    tale.record(f.RunStopDue(**tale.run()))
    assert set(tale.owes()) == {"step.0.1.finished"}
    tale.record(f.StepCancelled(**tale.at("a"), execution=1, receipt=Receipt()))
    assert set(tale.owes()) == {"finished"}


def test_a_stop_is_known_with_its_reason_cause_and_time() -> None:
    tale = begun(joined("a-b"))
    tale.fail("a")
    stop = tale.state.stop
    assert stop is not None
    assert (stop.reason, stop.since) == ("failed", tale.log["stopping"].time)
    assert stop.error == BROKEN.model_copy(update={"step": 0, "node": "a"})


def test_attempts_still_open_at_the_end_of_the_grace_are_cancelled_by_decree() -> None:
    tale = begun(joined("a-c", "b-c"), "a", "b")
    tale.cancel()
    assert tale.stop_due() == ["step.0.1.finished", "step.1.1.finished", "finished"]
    assert tale.said(f.StepCancelled, "step.0.1.finished").receipt.text == ""


def test_an_outcome_recorded_before_the_decree_stands() -> None:
    tale = begun(joined("a-c", "b-c"), "a", "b")
    tale.cancel()
    tale.complete("a")
    assert tale.stop_due() == ["step.1.1.finished", "finished"]
    assert tale.status("a") == "completed"


def test_a_question_to_a_person_is_withdrawn_at_once() -> None:
    tale = begun(drawing([node("ok", "approval"), node("b")], [edge("ok", "b", "approved")]))
    assert tale.cancel() == ["stopping", "step.0.1.finished", "finished"]


def test_a_failure_for_good_stops_the_run_and_is_its_error() -> None:
    tale = begun(joined("a-c", "b-c"), "b")
    assert tale.fail("a") == ["stopping"]
    assert status_of(tale.state) == "failing"
    assert tale.complete("b") == ["finished"]
    error = tale.said(f.RunFailed, "finished").error
    assert (error.code, error.step, error.node) == (BROKEN.code, 0, "a")
    assert tale.said(f.RunStopping, "stopping").reason == "failed"


def test_of_two_failures_the_first_in_topological_order_is_told() -> None:
    tale = begun(joined("a-c", "b-c"))
    tale.record(f.StepFailed(**tale.at("b"), error=BROKEN))
    tale.record(f.StepFailed(**tale.at("a"), error=BROKEN))
    tale.settle()
    assert tale.said(f.RunFailed, "finished").error.node == "a"


def test_the_deadline_fails_the_run() -> None:
    tale = begun(joined("a-b"), "a", limits=Limits(deadline_seconds=60))
    requested = tale.log["requested"].time
    assert (tale.timers["deadline"].fires_at - requested).total_seconds() == 60
    assert tale.deadline() == ["stopping"]
    assert tale.abort("a") == ["finished"]
    error = tale.said(f.RunFailed, "finished").error
    assert (error.code, error.message) == ("deadline_exceeded", "not done within 60 s")


def test_the_end_of_thirty_days_fails_a_run_without_a_deadline() -> None:
    tale = begun(joined("a-b"))
    assert "deadline" not in tale.timers
    tale.deadline()
    tale.abort("a")
    assert tale.said(f.RunFailed, "finished").error.message == "not done within 2592000 s"


def test_a_spent_budget_fails_the_run() -> None:
    tale = begun(joined("a-b", "b-c"), limits=Limits(max_total_tokens=100))
    assert tale.complete("a", tokens=100) == ["step.1.1.ready.local.shared"]
    assert tale.complete("b", tokens=1) == ["stopping", "finished"]
    error = tale.said(f.RunFailed, "finished").error
    assert error == Cause(code="budget_exceeded", message="used 101 of 100 tokens")


def test_tokens_of_failed_and_cancelled_attempts_count() -> None:
    tale = begun(joined("a-b"))
    usage = Usage(input_tokens=5)
    tale.record(f.StepFailed(**tale.at("a"), error=BUSY, usage=usage))
    tale.settle()
    tale.due("a", "retry")
    tale.start("a")
    tale.cancel()
    tale.abort("a")
    assert tale.state.tokens == 6


def test_a_cancel_wins_over_deadline_budget_and_failure() -> None:
    tale = begun(joined("a-c", "b-c"), limits=Limits(deadline_seconds=60, max_total_tokens=1))
    for fact in (
        f.StepFailed(**tale.at("a"), error=BROKEN, usage=Usage(input_tokens=5)),
        f.RunDeadlineReached(**tale.run()),
        f.RunCancelRequested(**tale.run()),
    ):
        tale.record(fact)
    tale.settle()
    assert tale.said(f.RunStopping, "stopping").reason == "cancelled"


def test_a_deadline_wins_over_budget_and_a_budget_over_failure() -> None:
    reasons = []
    for deadline in (True, False):
        tale = begun(joined("a-b"), limits=Limits(max_total_tokens=1))
        spent = Usage(input_tokens=5)
        tale.record(f.StepFailed(**tale.at("a"), error=BROKEN, usage=spent))
        if deadline:
            tale.record(f.RunDeadlineReached(**tale.run()))
        tale.settle()
        reasons.append(tale.said(f.RunStopping, "stopping").reason)
    assert reasons == ["deadline", "budget"]


def test_a_cancel_recorded_while_a_run_is_failing_makes_it_cancelled() -> None:
    tale = begun(joined("a-c", "b-c"), "b")
    tale.fail("a")
    assert tale.cancel() == []
    assert status_of(tale.state) == "cancelling"
    tale.abort("b")
    tale.said(f.RunCancelled, "finished")


def test_a_run_that_is_cancelled_before_it_started_never_starts() -> None:
    tale = Tale(joined("a-b"))
    tale.record(f.RunCancelRequested(**tale.run()))
    assert tale.settle() == ["stopping", "finished"]
    tale.said(f.RunCancelled, "finished")


def test_a_recorded_stop_without_a_cause_still_ends_the_run() -> None:
    tale = Tale(joined("a-b"))
    tale.record(f.RunStopping(**tale.run(), reason="failed"))
    assert tale.settle() == ["finished"]
    assert tale.said(f.RunFailed, "finished").error == Cause(
        code="stopped", message="the run was stopped"
    )
