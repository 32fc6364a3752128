"""What a fork keeps in another version of its pipeline, in which other ways lead on."""

from __future__ import annotations

from tests.unit.flow.drawing import Drawn, condition, drawing, edge, flow_of, node
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
