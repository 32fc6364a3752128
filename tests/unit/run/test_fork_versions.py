"""What a fork keeps in another version of its pipeline, and how it tells what it keeps."""

from __future__ import annotations

from shared.run import facts as f
from shared.run import keep
from tests.unit.flow.drawing import Drawn, condition, drawing, edge, flow_of, joined, node
from tests.unit.run.tale import ForkOf, Tale
from tests.unit.run.test_fork_plan import done, kept, plan


def test_what_was_made_of_a_text_that_does_not_come_any_more_runs_again() -> None:
    def with_l_behind(handle: str) -> Drawn:
        nodes = [condition("if", "yes"), node("l"), node("z"), node("m", "merge"), node("end")]
        ways = [edge("if", "l", handle), edge("z", "m"), edge("l", "m"), edge("m", "end")]
        return drawing(nodes, ways)

    tale = done(with_l_behind("yes"), **{"if": ["yes"]})
    assert kept(tale, with_l_behind("yes")) == ["if", "l", "z", "m", "end"]
    found = plan(tale, with_l_behind("else"))
    flow = flow_of(with_l_behind("else"))
    assert [flow.steps[number].node for number in found.kept] == ["if", "z"]
    assert [flow.steps[number].node for number in found.skipped] == ["l"]
    assert [flow.steps[number].node for number in found.rerun] == ["m", "end"]


def test_an_answer_that_was_cut_is_kept_as_one() -> None:
    tale = Tale(joined("a-b"))
    tale.settle()
    said = {"stop_reason": "max_tokens", "truncated": True, "output": "cu", "size_bytes": 2}
    tale.record(f.StepCompleted(**tale.at("a"), execution=1, **said))
    tale.settle()
    tale.complete("b")
    (cut,) = keep(tale.state, plan(tale, None, "b"), {}, {})
    assert (cut.stop_reason, cut.truncated) == ("max_tokens", True)
    again = Tale(joined("a-b"), fork=ForkOf({0: cut}))
    again.settle()
    told = again.said(f.StepCompleted, "step.0.1.finished")
    assert (told.kept, told.stop_reason, told.truncated) == (True, "max_tokens", True)


def test_an_answer_that_is_json_is_kept_as_one() -> None:
    tale = Tale(joined("a-b"))
    tale.settle()
    said = {"output": "{}", "size_bytes": 2, "json": True}
    tale.record(f.StepCompleted(**tale.at("a"), execution=1, **said))
    tale.settle()
    tale.complete("b")
    kept_steps = list(keep(tale.state, plan(tale, None), {}, {}))
    assert [each.is_json for each in kept_steps] == [True, False]
