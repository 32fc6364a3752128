"""Which steps a fork keeps: each reason for one to run again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from shared.run import Fork, KeptStep, Plan, keep, plan_of, unfinished
from shared.run import facts as f
from shared.run.content import Blob, KeptDecision
from tests.unit.flow.drawing import Drawn, agent, condition, drawing, edge, flow_of, joined, node
from tests.unit.run.tale import BROKEN, Tale

CHAIN = joined("a-b", "b-c")
VARIABLES = {"tone": "dry"}


def done(raw: Drawn, **take: list[str]) -> Tale:
    """A run of the drawing on `words`, with variables, every step done in order."""
    tale = Tale(raw)
    requested = tale.said(f.RunRequested, "requested")
    told = requested.model_copy(update={"variables": VARIABLES})
    tale.state = tale.state._replace(requested=told)
    tale.settle()
    for step in tale.flow.steps:
        if tale.status(step.node) == "waiting":
            tale.decide(step.node)
        elif tale.status(step.node) == "ready":
            tale.complete(step.node, take=take.get(step.node))
    assert tale.state.ended is not None
    return tale


def plan(tale: Tale, raw: Drawn | None = None, *nodes: str, **more: Any) -> Plan:
    """What becomes of a fork of the run, of the same flow if no other is given."""
    same = Fork(
        flow=tale.flow if raw is None else flow_of(raw),
        input_sha256="sha-of-words",
        variables=VARIABLES,
        nodes=frozenset(nodes),
    )
    return plan_of(tale.state, replace(same, **more))


def kept(tale: Tale, raw: Drawn | None = None, *nodes: str, **more: Any) -> list[str]:
    """The nodes of the steps that are kept."""
    flow = tale.flow if raw is None else flow_of(raw)
    return [flow.steps[number].node for number in plan(tale, raw, *nodes, **more).kept]


@pytest.mark.parametrize(
    ("named", "stay"),
    [(["a"], []), (["b"], ["a"]), (["c"], ["a", "b"]), ([], ["a", "b", "c"]), (["c", "b"], ["a"])],
)
def test_what_is_named_runs_again_with_all_behind_it(named: list[str], stay: list[str]) -> None:
    found = plan(done(CHAIN), None, *named)
    assert [CHAIN_NODES[number] for number in found.kept] == stay
    assert [CHAIN_NODES[number] for number in found.rerun] == [
        name for name in CHAIN_NODES if name not in stay
    ]
    assert found.skipped == ()


CHAIN_NODES = ("a", "b", "c")


def with_data(raw: Drawn, **data: Drawn) -> Drawn:
    nodes = raw["nodes"]
    assert isinstance(nodes, list)
    changed = [
        {**each, "data": {**each["data"], **data.get(str(each["id"]), {})}}
        for each in nodes
        if isinstance(each, dict)
    ]
    return {**raw, "nodes": list(changed)}


@pytest.mark.parametrize(
    ("data", "stay"),
    [
        ({"template": "{{input}}!"}, ["a"]),
        ({"on_error": "continue", "timeout_seconds": 5}, ["a", "b", "c"]),
        ({"label": "B"}, ["a", "b", "c"]),
    ],
)
def test_changed_work_runs_again_but_not_what_only_limits_it(data: Drawn, stay: list[str]) -> None:
    assert kept(done(CHAIN), with_data(CHAIN, b=data)) == stay


def test_an_agent_is_the_same_by_what_it_is_asked_and_not_by_its_name() -> None:
    raw = drawing([agent("a", instructions="Write."), agent("b")], [edge("a", "b")])
    tale = done(raw)
    other = with_data(raw, a={"agentName": "Ada", "agentId": "agent-7"})
    assert kept(tale, other) == ["a", "b"]
    assert kept(tale, with_data(raw, a={"instructions": "Draw."})) == []
    assert kept(tale, with_data(raw, b={"model": "claude-other"})) == ["a"]


def test_another_kind_of_step_is_another_step() -> None:
    raw = drawing([node("a"), node("b", "merge", strategy="concat")], [edge("a", "b")])
    other = drawing([node("a"), agent("b")], [edge("a", "b")])
    assert kept(done(raw), other) == ["a"]


def test_a_node_that_is_new_runs_and_one_that_is_gone_is_forgotten() -> None:
    tale = done(CHAIN)
    assert kept(tale, joined("a-b", "b-d")) == ["a", "b"]
    assert kept(tale, joined("x-c", "a-b")) == ["a", "b"]


def test_steps_are_kept_by_node_whatever_their_numbers_are_now() -> None:
    tale = done(CHAIN)
    grown = drawing([node("z"), *(node(name) for name in CHAIN_NODES)], [edge("a", "b")])
    other = {**grown, "edges": [edge("a", "b"), edge("b", "c")]}
    found = plan(tale, other)
    assert dict(found.kept) == {1: 0, 2: 1, 3: 2}
    assert found.rerun == (0,)


def test_other_sources_and_another_order_of_them_are_other_inputs() -> None:
    raw = drawing([node("a"), node("b"), node("m", "merge")], [edge("a", "m"), edge("b", "m")])
    tale = done(raw)
    swapped = drawing([node("b"), node("a"), node("m", "merge")], [edge("a", "m"), edge("b", "m")])
    assert kept(tale, swapped) == ["b", "a"]
    fewer = drawing([node("a"), node("b"), node("m", "merge")], [edge("a", "m")])
    assert kept(tale, fewer) == ["a", "b"]


def test_changed_input_runs_what_takes_it_and_all_behind_that() -> None:
    raw = drawing(
        [
            node("in", "input"),
            node("a"),
            node("own", template="x"),
            node("named", template="On {{input}}."),
            node("joined", "merge", strategy="template", template="{{input}}"),
            node("mix", "merge", strategy="template", template="y"),
            node("all", "merge"),
            agent("ask"),
            condition("if", "yes"),
        ],
        [edge("in", "a")],
    )
    tale = done(raw, **{"if": ["yes"]})
    assert sorted(kept(tale)) == [*("a", "all", "ask", "if", "in", "joined", "mix", "named", "own")]
    assert sorted(kept(tale, None, input_sha256="sha-of-others")) == ["mix", "own"]


def test_a_changed_variable_runs_what_names_it_and_all_conditions() -> None:
    raw = drawing(
        [
            node("tone", template="{{variables.tone}}"),
            node("size", template="{{variables.size}}"),
            agent("ask", instructions="Be {{tone}}."),
            node("join", "merge", strategy="template", template="{{variables.tone}}"),
            condition("if", "yes"),
            node("plain", template="x"),
        ],
        [edge("plain", "if"), edge("plain", "join")],
    )
    tale = done(raw, **{"if": ["yes"]})
    every = ["tone", "size", "ask", "plain", "if", "join"]
    assert sorted(kept(tale)) == sorted(every)
    assert sorted(kept(tale, None, variables={"tone": "wet"})) == ["plain", "size"]
    assert sorted(kept(tale, None, variables={**VARIABLES, "size": "9"})) == sorted(
        set(every) - {"size", "if"}
    )
    assert "tone" not in kept(tale, None, variables={})


BRANCHES = drawing(
    [node("a"), condition("if", "yes"), node("l"), node("r"), node("m", "merge")],
    [
        edge("a", "if"),
        edge("if", "l", "yes"),
        edge("if", "r", "else"),
        edge("l", "m"),
        edge("r", "m"),
    ],
)


def names(tale: Tale, numbers: object) -> list[str]:
    assert isinstance(numbers, tuple | Mapping)
    return sorted(tale.flow.steps[number].node for number in numbers)


def test_a_branch_not_taken_is_skipped_again_and_what_it_leads_to_is_kept() -> None:
    tale = done(BRANCHES, **{"if": ["yes"]})
    found = plan(tale)
    assert names(tale, found.kept) == ["a", "if", "l", "m"]
    assert names(tale, found.skipped) == ["r"]
    found = plan(tale, None, "l")
    assert names(tale, found.kept) == ["a", "if"]
    assert names(tale, found.rerun) == ["l", "m"]
    assert names(tale, found.skipped) == ["r"]


def test_what_only_a_skipped_step_leads_to_is_skipped_again() -> None:
    raw = drawing(
        [condition("if", "yes"), node("l"), node("r"), node("far"), node("m", "merge")],
        [edge("if", "l", "yes"), edge("if", "r", "else"), edge("r", "far"), edge("far", "m")],
    )
    tale = done(raw, **{"if": ["yes"]})
    found = plan(tale)
    assert names(tale, found.skipped) == ["far", "m", "r"]
    assert found.rerun == ()


def test_behind_a_condition_that_is_judged_again_everything_may_run() -> None:
    tale = done(BRANCHES, **{"if": ["yes"]})
    found = plan(tale, None, "if")
    assert names(tale, found.kept) == ["a"]
    assert names(tale, found.rerun) == ["if", "l", "m", "r"]
    assert found.skipped == ()


def test_naming_a_step_that_is_skipped_again_changes_nothing() -> None:
    tale = done(BRANCHES, **{"if": ["yes"]})
    assert plan(tale, None, "r") == plan(tale)


ASKING = drawing(
    [node("a"), node("ok", "approval"), node("b")], [edge("a", "ok"), edge("ok", "b", "approved")]
)


def test_approvals_are_asked_again_unless_the_same_is_tried_again() -> None:
    tale = done(ASKING)
    assert kept(tale) == ["a"]
    assert kept(tale, keeps_approvals=True) == ["a", "ok", "b"]
    assert kept(tale, None, "a", keeps_approvals=True) == []


def test_a_fork_may_end_before_its_flow_does() -> None:
    raw = joined("a-b", "b-c", "a-d")
    tale = done(raw)
    number = tale.step("b").number
    found = plan(tale, None, "a", until=(number,))
    assert names(tale, found.rerun) == ["a", "b"]
    assert names(tale, found.skipped) == ["c", "d"]
    assert names(tale, plan(tale, until=(number,)).kept) == ["a", "b"]


def test_what_failed_is_not_kept_and_a_retry_names_it() -> None:
    tale = Tale(joined("a-b", "b-c", "a-d"))
    tale.settle()
    tale.complete("a")
    tale.fail("b", BROKEN)
    tale.abort("d")
    assert unfinished(tale.state) == {"b", "c", "d"}
    requested = tale.state.requested
    assert requested is not None
    fork = Fork(flow=tale.flow, input_sha256="sha-of-words", variables={})
    assert names(tale, plan_of(tale.state, fork).kept) == ["a"]


def test_a_failure_that_was_survived_is_tried_again_with_all_behind_it() -> None:
    raw = drawing(
        [node("a"), node("b", on_error="continue"), node("m", "merge")],
        [edge("a", "m"), edge("b", "m")],
    )
    tale = Tale(raw)
    tale.settle()
    tale.fail("b", BROKEN)
    tale.complete("a")
    tale.complete("m")
    assert unfinished(tale.state) == {"b"}
    fork = Fork(flow=tale.flow, input_sha256="sha-of-words", variables={}, nodes=frozenset("b"))
    found = plan_of(tale.state, fork)
    assert names(tale, found.kept) == ["a"]
    assert names(tale, found.rerun) == ["b", "m"]


def test_skipped_steps_are_no_unfinished_ones() -> None:
    tale = done(BRANCHES, **{"if": ["yes"]})
    assert unfinished(tale.state) == frozenset()


def test_what_is_kept_is_listed_with_its_text_and_who_decided() -> None:
    nodes, ways = [node("ok", "approval"), node("a")], [edge("ok", "a", "approved")]
    tale, grown = done(drawing(nodes, ways)), drawing([node("z"), *nodes], ways)
    found = plan(tale, grown, keeps_approvals=True)
    text = Blob(blob="ab" * 32, size_bytes=4)
    ada = KeptDecision(decision="approve", decided_by="ada", run="run-0")
    assert list(keep(tale.state, found, {1: text}, {0: ada})) == [
        KeptStep(
            step=1,
            output_sha256="sha-of-words",
            size_bytes=5,
            branches=("approved",),
            decided=ada,
        ),
        KeptStep(step=2, output=text, output_sha256="sha-a", size_bytes=4),
    ]
