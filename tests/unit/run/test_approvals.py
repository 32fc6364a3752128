"""A person is asked; a person answers, or time does."""

import pytest

from shared.flow import JSON
from shared.run import Recorded, evolve, status_of
from shared.run import facts as f
from shared.run.content import ContentRef
from tests.unit.flow.drawing import drawing, edge, node
from tests.unit.run.tale import Tale

DUE = "step.1.1.approval.due"
DONE = "step.1.1.finished"


def asking(**data: JSON) -> Tale:
    """Draft, then a question, then one step for each answer; the question is asked."""
    nodes = [node("draft"), node("ok", "approval", **data), node("ship"), node("redo")]
    edges = [edge("draft", "ok"), edge("ok", "ship", "approved"), edge("ok", "redo", "rejected")]
    tale = Tale(drawing(nodes, edges))
    tale.settle()
    assert tale.complete("draft") == ["step.1.1.waiting"]
    return tale


def test_a_person_is_asked_with_the_prompt_and_the_inputs() -> None:
    tale = asking(prompt="Good enough?", timeout_seconds=60)
    asked = tale.said(f.StepWaiting, "step.1.1.waiting")
    assert (asked.prompt, asked.timeout_seconds) == ("Good enough?", 60)
    assert [given.node for given in asked.inputs] == ["draft"]
    assert (status_of(tale.state), tale.status("ok")) == ("waiting", "waiting")


def test_a_question_without_a_timeout_waits_as_long_as_the_run() -> None:
    tale = asking()
    assert tale.timers == {}
    assert not tale.state.timed


def test_a_question_is_due_its_timeout_after_it_was_recorded() -> None:
    tale = asking(timeout_seconds=60)
    asked = tale.log["step.1.1.waiting"].time
    assert (tale.timers[DUE].fires_at - asked).total_seconds() == 60


@pytest.mark.parametrize(("decision", "goes_on"), [("approve", "ship"), ("reject", "redo")])
def test_the_answer_is_the_branch_that_is_taken(decision: str, goes_on: str) -> None:
    tale = asking()
    tale.record(f.StepDecided.model_validate({**tale.at("ok"), "decision": decision}))
    tale.settle()
    statuses = {name: tale.status(name) for name in ("ship", "redo")}
    assert statuses == {"ship": "skipped", "redo": "skipped", goes_on: "ready"}


def test_what_was_asked_about_is_passed_on() -> None:
    tale = asking()
    tale.decide("ok")
    done = tale.said(f.StepCompleted, DONE)
    assert (done.content, done.output_sha256) == ((ContentRef(step=0, attempt=1),), "sha-draft")
    ready = tale.said(f.StepReady, f"step.{tale.step('ship').number}.1.ready.local.shared")
    assert [given.sources() for given in ready.inputs] == [done.content]


def test_an_approval_nothing_leads_to_passes_the_runs_input_on() -> None:
    tale = Tale(drawing([node("ok", "approval"), node("b")], [edge("ok", "b", "approved")]))
    tale.settle()
    tale.decide("ok")
    done = tale.said(f.StepCompleted, "step.0.1.finished")
    assert done.content == (ContentRef(step=0, attempt=1),)
    assert (done.output_sha256, done.size_bytes, done.branches) == (
        "sha-of-words",
        5,
        ("approved",),
    )
    assert tale.step("ok").passes_run_input


def test_without_an_answer_in_time_the_default_decides() -> None:
    tale = asking(timeout_seconds=60, default="approve")
    assert DONE in tale.due("ok", "approval")
    assert tale.said(f.StepCompleted, DONE).branches == ("approved",)


def test_without_an_answer_and_without_a_default_the_step_fails() -> None:
    tale = asking(timeout_seconds=60)
    assert tale.due("ok", "approval") == [DONE, "stopping", "finished"]
    error = tale.said(f.RunFailed, "finished").error
    assert (error.code, error.message) == ("approval_timeout", "nobody decided in time")


def test_a_failed_question_may_be_carried_on_from() -> None:
    tale = asking(timeout_seconds=60, on_error="continue")
    tale.due("ok", "approval")
    assert [tale.status(name) for name in ("ok", "ship", "redo")] == [
        "failed",
        "skipped",
        "skipped",
    ]


def test_an_answer_recorded_before_the_timeout_wins() -> None:
    tale = asking(timeout_seconds=60, default="reject")
    tale.record(f.StepDecided(**tale.at("ok"), decision="approve"))
    tale.record(f.StepDue(**tale.at("ok"), purpose="approval"))
    tale.settle()
    assert tale.said(f.StepCompleted, DONE).branches == ("approved",)


def test_a_timeout_recorded_before_the_answer_wins() -> None:
    tale = asking(timeout_seconds=60, default="reject")
    tale.record(f.StepDue(**tale.at("ok"), purpose="approval"))
    tale.record(f.StepDecided(**tale.at("ok"), decision="approve"))
    tale.settle()
    assert tale.said(f.StepCompleted, DONE).branches == ("rejected",)


def test_the_lower_sequence_wins_in_whatever_order_they_are_heard() -> None:
    tale = asking(timeout_seconds=60, default="reject")
    decided = f.StepDecided(**tale.at("ok"), decision="approve")
    due = f.StepDue(**tale.at("ok"), purpose="approval")
    heard_late = Recorded(fact=decided, sequence=101, time=tale.now)
    heard_first = Recorded(fact=due, sequence=102, time=tale.now)
    state = evolve(evolve(tale.state, heard_first), heard_late)
    answer = state.step(1).answer
    assert answer is not None
    assert (answer.sequence, answer.decision) == (101, "approve")


def test_a_fact_whose_sequence_is_unknown_is_not_taken_for_an_earlier_answer() -> None:
    tale = asking(timeout_seconds=60, default="reject")
    decided = f.StepDecided(**tale.at("ok"), decision="approve")
    due = f.StepDue(**tale.at("ok"), purpose="approval")
    state = evolve(tale.state, Recorded(fact=due, sequence=2, time=tale.now))
    assert evolve(state, Recorded(fact=decided, sequence=0, time=tale.now)) is state
    assert evolve(state, Recorded(fact=decided, sequence=1, time=tale.now)) is not state


def test_approvals_are_never_retried() -> None:
    tale = asking(timeout_seconds=60, retry={"max_attempts": 5})
    assert "step.1.1.retry" not in tale.due("ok", "approval")


def test_an_answer_to_a_step_that_asked_nothing_changes_nothing() -> None:
    tale = asking()
    before = tale.state
    for fact in (
        f.StepDecided(**tale.at("ship"), decision="approve"),
        f.StepDue(**tale.at("draft"), purpose="approval"),
    ):
        tale.record(fact)
    assert tale.state is before
