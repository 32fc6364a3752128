"""A fork, run: what is kept is recorded as done once it would be ready, and never executed."""

from __future__ import annotations

import json

import pytest

from shared.errors import Corrupt
from shared.run import Kept, KeptStep, body_of, evolve, fold, initial, kept_in, owed, status_of
from shared.run import facts as f
from shared.run.content import Blob, ContentRef, InputRef, KeptDecision, Limits
from shared.run.kept import leading_to
from shared.run.owed import waits_for_answers
from shared.run.wire import UnknownFact, decode, encode
from tests.unit.flow.drawing import condition, drawing, edge, flow_of, joined, node
from tests.unit.run.tale import IDENTITY, ForkOf, Tale

ADA = KeptDecision(decision="approve", decided_by="ada", comment="fine", run="run-0")


def kept_step(number: int, size: int = 4, **more: object) -> KeptStep:
    name = f"{number:x}" * 64
    said = {"output": Blob(blob=name, size_bytes=size), "output_sha256": name, "size_bytes": size}
    return KeptStep.model_validate({"step": number, **said, **more})


def passed(number: int, **more: object) -> KeptStep:
    """A kept step that only passes texts on."""
    return kept_step(number).model_copy(update={"output": None, **more})


def keeping(*steps: KeptStep) -> Kept:
    return {each.step: each for each in steps}


def test_a_kept_step_is_done_once_it_would_be_ready_and_the_next_one_is_given_its_text() -> None:
    tale = Tale(joined("a-b", "b-c"), fork=ForkOf(keeping(kept_step(0), kept_step(1))))
    assert tale.settle() == ["started", "step.0.1.finished", "step.1.1.finished", *READY_C]
    done = tale.said(f.StepCompleted, "step.1.1.finished")
    assert done.kept
    assert done.output == Blob(blob="1" * 64, size_bytes=4)
    assert (done.output_sha256, done.size_bytes, done.execution) == ("1" * 64, 4, None)
    assert done.inputs == (InputRef(step=0, node="a", attempt=1),)
    assert done.usage.total_tokens() == 0
    assert tale.said(f.StepReady, READY_C[0]).inputs == (InputRef(step=1, node="b", attempt=1),)


READY_C = ["step.2.1.ready.local.shared"]


def test_all_kept_is_a_run_that_completes_at_once() -> None:
    tale = Tale(joined("a-b"), fork=ForkOf(keeping(kept_step(0), kept_step(1))))
    assert tale.settle()[-1] == "finished"
    ended = tale.said(f.RunCompleted, "finished")
    assert [(each.node, each.output_sha256) for each in ended.result] == [("b", "1" * 64)]


def test_what_is_kept_is_not_recorded_before_what_leads_to_it_is_done() -> None:
    tale = Tale(joined("a-b", "b-c"), fork=ForkOf(keeping(kept_step(1))))
    assert "step.1.1.finished" not in tale.settle()
    assert "step.1.1.finished" in tale.complete("a")


def test_a_kept_condition_takes_the_branch_it_took_and_names_the_texts_of_this_run() -> None:
    raw = drawing(
        [node("a"), condition("if", "yes"), node("l"), node("r")],
        [edge("a", "if"), edge("if", "l", "yes"), edge("if", "r", "else")],
    )
    tale = Tale(raw, fork=ForkOf(keeping(kept_step(0), passed(1, branches=("yes",)))))
    told = tale.settle()
    done = tale.said(f.StepCompleted, "step.1.1.finished")
    assert done.output is None
    assert done.content == (ContentRef(step=0, attempt=1),)
    assert done.branches == ("yes",)
    assert "step.3.skipped" in told
    carried = (ContentRef(step=0, attempt=1),)
    ready = tale.said(f.StepReady, "step.2.1.ready.local.shared")
    assert ready.inputs == (InputRef(step=1, node="if", attempt=1, content=carried),)


def test_a_kept_step_that_passes_the_runs_input_on_names_itself() -> None:
    raw = drawing([node("in", "input"), node("a")], [edge("in", "a")])
    tale = Tale(raw, fork=ForkOf(keeping(passed(0))))
    tale.settle()
    done = tale.said(f.StepCompleted, "step.0.1.finished")
    assert done.content == (ContentRef(step=0, attempt=1),)
    assert done.kept


def test_a_kept_approval_is_not_asked_and_says_who_decided_and_where() -> None:
    raw = drawing([node("ok", "approval"), node("b")], [edge("ok", "b", "approved")])
    kept = keeping(passed(0, branches=("approved",), decided=ADA))
    tale = Tale(raw, fork=ForkOf(kept))
    told = tale.settle()
    assert "step.0.1.waiting" not in told
    done = tale.said(f.StepCompleted, "step.0.1.finished")
    assert done.decided == ADA
    assert done.branches == ("approved",)
    assert tale.status("b") == "ready"


def test_kept_outputs_count_towards_what_the_run_may_write_and_not_towards_tokens() -> None:
    limits = Limits(max_written_bytes=14, max_total_tokens=1)
    fork = ForkOf(keeping(kept_step(0), kept_step(1, size=6)))
    tale = Tale(joined("a-b", "b-c"), limits=limits, fork=fork)
    told = tale.settle()
    assert tale.state.written_bytes == 15
    assert tale.state.tokens == 0
    assert "stopping" in told
    assert tale.said(f.RunFailed, "finished").error.code == "run_too_large"
    assert "step.2.1.ready.local.shared" not in told


def test_a_run_may_end_behind_some_steps() -> None:
    raw = joined("a-b", "b-c", "a-d")
    tale = Tale(raw, fork=ForkOf({}, until=(flow_of(raw).step_of("b").number,)))
    assert "step.0.1.ready.local.shared" in tale.settle()
    told = tale.complete("a")
    assert {tale.status("c"), tale.status("d")} == {"pending", "skipped"}
    assert tale.status("b") == "ready"
    told = tale.complete("b")
    assert told[-1] == "finished"
    ended = tale.said(f.RunCompleted, "finished")
    assert [each.node for each in ended.result] == ["b"]
    assert {tale.status("c"), tale.status("d")} == {"skipped"}


def test_what_is_kept_may_lie_on_the_way_and_not_behind_the_end() -> None:
    tale = Tale(joined("a-b", "b-c"), fork=ForkOf(keeping(kept_step(0), kept_step(2)), until=(1,)))
    tale.settle()
    tale.complete("b")
    assert tale.status("c") == "skipped"
    assert status_of(tale.state) == "completed"


def test_the_ways_to_some_steps_are_all_before_them() -> None:
    flow = flow_of(joined("a-b", "b-d", "c-d", "d-e", "x-y"))
    nodes = {flow.steps[n].node for n in leading_to(flow, [flow.step_of("d").number])}
    assert nodes == {"a", "b", "c", "d"}
    assert leading_to(flow, [0]) == {0}
    assert leading_to(flow, [-1, len(flow.steps), 99]) == frozenset()


def test_a_step_that_is_given_a_kept_text_waits_until_the_log_has_it() -> None:
    tale = Tale(joined("a-b"), fork=ForkOf(keeping(kept_step(0))))
    tale.settle()
    at = {**IDENTITY, "node": "b", "attempt": 1, "step": 1}
    ref = InputRef(step=0, node="a", attempt=1)
    ready = f.StepReady(**at, kind="template", pool="local", inputs=(ref,))
    waiting = f.StepWaiting(**at, inputs=(ref,))
    elsewhere = InputRef(step=1, node="b", attempt=1)
    assert waits_for_answers(ready, tale.state)
    assert waits_for_answers(waiting, tale.state)
    assert waits_for_answers(f.RunCompleted(**IDENTITY), tale.state)
    assert not waits_for_answers(ready.model_copy(update={"inputs": (elsewhere,)}), tale.state)
    assert not waits_for_answers(f.RunStarted(**IDENTITY), tale.state)
    assert not waits_for_answers(ready, initial(tale.flow))


def test_folding_needs_to_know_nothing_of_what_is_kept() -> None:
    fork = ForkOf(keeping(kept_step(0)), until=(1,))
    tale = Tale(joined("a-b", "b-c"), fork=fork)
    tale.settle()
    tale.complete("b")
    bare = fold(tale.flow, tale.history)
    assert bare._replace(kept=fork.kept) == tale.state
    assert fold(tale.flow, tale.history, fork.kept) == tale.state


def test_a_kept_outcome_that_is_recorded_is_owed_no_more() -> None:
    tale = Tale(joined("a-b"), fork=ForkOf(keeping(kept_step(0))))
    tale.settle()
    done = tale.log["step.0.1.finished"]
    assert evolve(tale.state, done) is tale.state
    assert not [one for one in owed(tale.state) if isinstance(one, f.StepCompleted)]


def test_the_body_of_kept_steps_is_read_as_it_was_written() -> None:
    steps = (kept_step(0), passed(1, branches=("yes",), decided=ADA))
    body = body_of(steps)
    assert kept_in(body) == keeping(*steps)
    first = json.loads(body)[0]
    assert first["step"] == 0
    assert first["output"] == {"blob": "0" * 64, "size_bytes": 4}
    assert {"output_sha256", "size_bytes", "branches"} <= first.keys()
    assert kept_in(b"[]") == {}


def test_a_body_that_lists_no_steps_is_said_to_be_none() -> None:
    with pytest.raises(Corrupt, match=r"expected a list of kept steps, found b'\{\}'"):
        kept_in(b"{}")
    with pytest.raises(Corrupt, match=r"found b'x{80}'\.\.\. \("):
        kept_in(b"x" * 200)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 1},
        {"kept": None},
        {"version": 4},
        {"version": 2, "kept": None},
        {"version": 3, "kept": None},
    ],
)
def test_a_fork_is_asked_for_in_a_version_of_its_own(change: dict[str, object]) -> None:
    tale = Tale(joined("a-b"), fork=ForkOf({}))
    data = json.loads(encode(tale.said(f.RunRequested, "requested"), "now"))
    assert data["version"] == 2
    decode(json.dumps(data).encode())
    with pytest.raises(UnknownFact):
        decode(json.dumps({**data, **change}).encode())


def test_json_that_is_kept_stays_json_in_a_version_of_its_own() -> None:
    steps = (kept_step(0, is_json=True), kept_step(1))
    assert kept_in(body_of(steps)) == keeping(*steps)
    assert json.loads(body_of(steps))[0]["json"] is True
    tale = Tale(joined("a-b", "b-c"), fork=ForkOf(keeping(*steps)))
    assert tale.said(f.RunRequested, "requested").version == 3
    tale.settle()
    said = [tale.said(f.StepCompleted, f"step.{n}.1.finished") for n in (0, 1)]
    assert [each.is_json for each in said] == [True, False]


def test_what_is_no_fork_is_asked_for_as_before() -> None:
    assert Tale(joined("a-b")).said(f.RunRequested, "requested").version == 1
