"""How runs end when nobody stops them, and what ends with them."""

import pytest

from shared.run import Recorded, evolve, owed, standing, status_of, timers_of
from shared.run import facts as f
from shared.run.content import Cause, Citation, Limits
from shared.run.ending import cause_of_end, is_ended_by_person
from tests.unit.flow.drawing import Drawn, drawing, edge, joined, node
from tests.unit.run.tale import IDENTITY, Tale


def begun(raw: Drawn) -> Tale:
    tale = Tale(raw)
    tale.settle()
    return tale


def test_a_run_completes_when_every_step_is_settled_not_when_one_leaf_is() -> None:
    tale = begun(joined("a-b", "c-d"))
    tale.complete("a")
    assert tale.complete("b") == []
    tale.complete("c")
    assert tale.complete("d") == ["finished"]
    assert status_of(tale.state) == "completed"


def test_the_result_names_what_the_sinks_carry_in_topological_order() -> None:
    tale = begun(joined("a-b", "a-c"))
    tale.complete("a")
    tale.complete("c", "three")
    tale.complete("b", "two")
    result = tale.said(f.RunCompleted, "finished").result
    assert [(ref.step, ref.node, ref.attempt, ref.output_sha256) for ref in result] == [
        (1, "b", 1, "sha-b"),
        (2, "c", 1, "sha-c"),
    ]
    assert [ref.size_bytes for ref in result] == [3, 5]


def test_an_output_node_alone_makes_the_result_and_names_who_carries_it() -> None:
    nodes = [node("a"), node("b"), node("out", "output")]
    tale = begun(drawing(nodes, [edge("a", "out")]))
    tale.complete("b")
    tale.complete("a", "one")
    result = tale.said(f.RunCompleted, "finished").result
    assert [(ref.node, ref.output_sha256) for ref in result] == [("a", "sha-a")]


def test_an_output_that_joins_two_has_the_weight_of_both_and_no_digest_of_its_own() -> None:
    nodes = [node("a"), node("b"), node("out", "output")]
    tale = begun(drawing(nodes, [edge("a", "out"), edge("b", "out")]))
    tale.complete("a", "one")
    tale.complete("b", "three")
    joined_up = tale.said(f.StepCompleted, "step.2.1.finished")
    assert (joined_up.output_sha256, joined_up.size_bytes) == ("", len("one\n\nthree"))


def test_a_skipped_sink_is_no_part_of_the_result() -> None:
    ask = node("ask", "condition", branches=[{"handle": "yes", "expression": "true"}])
    edges = [edge("ask", "a", "yes"), edge("ask", "b", "else")]
    tale = begun(drawing([ask, node("a"), node("b")], edges))
    tale.complete("ask", take=["else"])
    tale.complete("b")
    assert [ref.node for ref in tale.said(f.RunCompleted, "finished").result] == ["b"]


def test_a_failure_that_is_carried_on_from_kills_the_edges_behind_it() -> None:
    raw = drawing(
        [node("a", on_error="continue"), node("b"), node("m", "merge")],
        [edge("a", "m"), edge("b", "m")],
    )
    tale = begun(raw)
    assert tale.fail("a") == []
    told = tale.complete("b")
    ready = tale.said(f.StepReady, told[0])
    assert [given.node for given in ready.inputs] == ["b"]
    assert tale.complete("m") == ["finished"]
    assert (status_of(tale.state), tale.status("a")) == ("completed", "failed")


def test_no_output_at_all_after_a_failure_is_a_failure() -> None:
    tale = begun(drawing([node("a", on_error="continue"), node("b")], [edge("a", "b")]))
    assert tale.fail("a") == ["step.1.skipped", "finished"]
    error = tale.said(f.RunFailed, "finished").error
    assert error == Cause(code="no_output", message="no step that makes the result completed")


def test_no_output_without_a_failure_is_an_empty_result() -> None:
    ask = node("ask", "condition", branches=[{"handle": "yes", "expression": "true"}])
    tale = begun(drawing([ask, node("a")], [edge("ask", "a", "yes")]))
    assert tale.complete("ask", take=[]) == ["step.1.skipped", "finished"]
    assert tale.said(f.RunCompleted, "finished").result == ()


def test_nothing_changes_a_run_that_has_ended() -> None:
    tale = begun(drawing([node("a")]))
    tale.complete("a")
    ended = tale.state
    for late in (
        f.RunCancelRequested(**IDENTITY),
        f.RunDeadlineReached(**IDENTITY),
        f.StepStarted(**tale.at("a"), execution=2, worker="w-2"),
        f.RunFailed(**IDENTITY, error=Cause(code="x", message="x")),
    ):
        tale.record(late)
        assert tale.state is ended
    assert owed(ended) == ()


def test_no_timer_stands_for_a_run_that_has_ended() -> None:
    for cancels in (True, False):
        tale = Tale(joined("a-b"), limits=Limits(deadline_seconds=60))
        tale.settle()
        assert tale.timers
        tale.cancel() if cancels else tale.fail("a")
        assert tale.state.ended is not None
        assert owed(tale.state) == timers_of(tale.state, None) == standing(tale.state) == ()


def test_words_and_turns_on_their_way_change_nothing() -> None:
    tale = begun(joined("a-b"))
    tale.start("a")
    at = {**tale.at("a"), "execution": 1}
    facts: tuple[f.Lifecycle | f.Stream, ...] = (
        f.StepDelta(**at, offset=0, text="one"),
        f.StepThinking(**at, offset=0, text="one"),
        f.StepTool(**at, phase="call", tool="web_search"),
        f.StepCitation(**at, offset=0, citation=Citation(kind="char_location")),
        f.StepTurn(**at, turn=1, model="m", content="[]"),
    )
    for sequence, fact in enumerate(facts, 10):
        recorded = Recorded(fact=fact, sequence=sequence, time=tale.now)
        assert evolve(tale.state, recorded) is tale.state


def test_the_heart_owes_nothing_for_a_run_nobody_requested() -> None:
    tale = Tale(joined("a-b"))
    state = evolve(tale.state, tale.history[0])
    assert state is tale.state
    nobody = Tale(joined("a-b"))
    nobody.state = type(nobody.state)(flow=nobody.flow)
    nobody.record(f.RunStarted(**IDENTITY))
    nobody.record(f.StepReady(**nobody.at("a"), kind="template", pool="local"))
    assert owed(nobody.state) == timers_of(nobody.state, None) == standing(nobody.state) == ()
    assert not nobody.state.steps


def test_steps_without_an_outcome_are_cancelled_with_their_run() -> None:
    tale = begun(joined("a-c", "b-c"))
    tale.cancel()
    tale.stop_due()
    assert {tale.status(name) for name in "abc"} == {"cancelled"}


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("written by a trial", "A person ended the run while it was parked: written by a trial"),
        ("", "A person ended the run while it was parked."),
        (None, "A person ended the run while it was parked."),
    ],
)
def test_the_end_a_person_gave_says_why_and_is_known_again(
    reason: str | None, message: str
) -> None:
    cause = cause_of_end(reason)
    assert (cause.code, cause.message, cause.retryable) == ("ended_by_person", message, False)
    assert is_ended_by_person(f.RunFailed(**IDENTITY, error=cause))


def test_no_other_end_is_taken_for_that_of_a_person() -> None:
    broken = Cause(code="no_output", message="ended_by_person")
    by_person = cause_of_end(None)
    at = {"step": 0, "node": "a", "attempt": 1}
    others = (
        f.RunFailed(**IDENTITY, error=broken),
        f.RunCompleted(**IDENTITY),
        f.StepFailed(**IDENTITY, **at, error=by_person),
    )
    assert not [fact for fact in others if is_ended_by_person(fact)]
