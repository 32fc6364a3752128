"""Cancel, deadline, budget, failure: one order to stop, and the end."""

from shared.run import facts as f
from shared.run import status_of
from shared.run.content import Cause, Limits, Usage
from tests.unit.flow.drawing import Drawn, drawing, edge, joined, node
from tests.unit.run.tale import BROKEN, BUSY, NO_LIMITS, Tale


def begun(raw: Drawn, limits: Limits = NO_LIMITS) -> Tale:
    tale = Tale(raw, limits=limits)
    tale.settle()
    return tale


def test_a_cancel_stops_the_run_and_waits_for_what_is_in_flight() -> None:
    tale = begun(joined("a-c", "b-c"))
    tale.start("a")
    assert tale.cancel() == ["stopping"]
    assert status_of(tale.state) == "cancelling"
    assert tale.abort("a") == []
    assert tale.abort("b") == ["finished"]
    tale.said(f.RunCancelled, "finished")
    assert tale.status("c") == "cancelled"


def test_a_run_stops_once_whatever_else_happens() -> None:
    tale = begun(joined("a-b"), Limits(deadline_seconds=60))
    tale.cancel()
    assert tale.deadline() == []
    assert tale.fail("a") == ["finished"]
    assert tale.said(f.RunStopping, "stopping").reason == "cancelled"


def test_nothing_new_is_ready_once_the_run_stops() -> None:
    tale = begun(joined("a-b", "c-d"))
    tale.cancel()
    assert tale.complete("a") == []
    assert tale.status("b") == "waiting_inputs"
    assert tale.complete("c") == ["finished"]


def test_timers_are_no_longer_owed_once_the_run_stops() -> None:
    tale = begun(joined("a-c", "b-c"), Limits(deadline_seconds=60))
    tale.fail("a", BUSY)
    assert set(tale.timers) == {"deadline", "step.0.1.retry.due"}
    tale.cancel()
    assert set(tale.timers) == {"stopping.due"}


def test_outcomes_are_awaited_ten_seconds_from_the_recorded_stop() -> None:
    tale = begun(joined("a-b"))
    tale.cancel()
    recorded = tale.log["stopping"].time
    assert (tale.timers["stopping.due"].fires_at - recorded).total_seconds() == 10


def test_attempts_still_open_at_the_end_of_the_grace_are_cancelled_by_decree() -> None:
    tale = begun(joined("a-c", "b-c"))
    tale.start("a")
    tale.cancel()
    assert tale.stop_due() == ["step.0.1.finished", "step.1.1.finished", "finished"]
    assert tale.said(f.StepCancelled, "step.0.1.finished").receipt.text == ""


def test_an_outcome_recorded_before_the_decree_stands() -> None:
    tale = begun(joined("a-c", "b-c"))
    tale.cancel()
    tale.complete("a")
    assert tale.stop_due() == ["step.1.1.finished", "finished"]
    assert tale.status("a") == "completed"


def test_a_question_to_a_person_is_withdrawn_at_once() -> None:
    tale = begun(drawing([node("ok", "approval"), node("b")], [edge("ok", "b", "approved")]))
    assert tale.cancel() == ["stopping", "step.0.1.finished", "finished"]


def test_a_failure_for_good_stops_the_run_and_is_its_error() -> None:
    tale = begun(joined("a-c", "b-c"))
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
    tale = begun(joined("a-b"), Limits(deadline_seconds=60))
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
    tale = begun(joined("a-b", "b-c"), Limits(max_total_tokens=100))
    assert tale.complete("a", tokens=100) == ["step.1.1.ready.local.shared"]
    assert tale.complete("b", tokens=1) == ["stopping", "finished"]
    assert tale.said(f.RunFailed, "finished").error.code == "budget_exceeded"


def test_tokens_of_failed_and_cancelled_attempts_count() -> None:
    tale = begun(joined("a-b"))
    usage = Usage(input_tokens=5)
    tale.record(f.StepFailed(**tale.at("a"), error=BUSY, usage=usage))
    tale.settle()
    tale.due("a", "retry")
    tale.cancel()
    tale.abort("a")
    assert tale.state.tokens == 6


def test_a_cancel_wins_over_deadline_budget_and_failure() -> None:
    tale = begun(joined("a-c", "b-c"), Limits(deadline_seconds=60, max_total_tokens=1))
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
        tale = begun(joined("a-b"), Limits(max_total_tokens=1))
        spent = Usage(input_tokens=5)
        tale.record(f.StepFailed(**tale.at("a"), error=BROKEN, usage=spent))
        if deadline:
            tale.record(f.RunDeadlineReached(**tale.run()))
        tale.settle()
        reasons.append(tale.said(f.RunStopping, "stopping").reason)
    assert reasons == ["deadline", "budget"]


def test_a_cancel_recorded_while_a_run_is_failing_makes_it_cancelled() -> None:
    tale = begun(joined("a-c", "b-c"))
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
