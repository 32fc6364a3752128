"""Broken drawings and the exact problems they have: each cause once, no consequence of another."""

from __future__ import annotations

import pytest

from shared.flow import JSON, Flow, parse
from shared.flow.graph import MOST_PROBLEMS, read_graph
from tests.unit.flow.drawing import Drawn, agent, condition, drawing, edge, node, problems_of

OUT = node("out", "output")
BRANCH: Drawn = {"handle": "y", "expression": "true"}


def naming(name: str) -> Drawn:
    """A template that uses the output of `name`."""
    return node("t", template=f"{{{{nodes.{name}.output}}}}")


def without_id(raw: Drawn, id_: JSON = None) -> Drawn:
    return {**raw, "id": id_}


def branching(*branches: Drawn, handle: str = "n") -> Drawn:
    nodes = [node("if", "condition", branches=list(branches)), node("a")]
    return drawing(nodes, [edge("if", "a", handle)])


@pytest.mark.parametrize(
    ("raw", "codes"),
    [
        # Nodes that cannot be read are there all the same.
        ([], ["bad_shape"]),
        ({"nodes": 1}, ["bad_shape"]),
        ({"nodes": 1, "edges": [edge("a", "b")]}, ["bad_shape"]),
        (drawing([without_id(agent("a"))]), ["bad_shape"]),
        (drawing([without_id(agent("a"), 7)], [edge("7", "7")]), ["bad_shape", "self_loop"]),
        (drawing([agent("a"), without_id(agent("b"))], [edge("a", "b")]), ["bad_shape"]),
        (drawing([agent("a"), without_id(agent("b"), 2)], [edge("a", "2")]), ["bad_shape"]),
        (
            drawing([agent("a"), without_id(agent("b"), 2)], [edge("a", "ghost")]),
            ["bad_shape", "dangling_edge"],
        ),
        (drawing([{"id": "a", "type": 5}]), ["bad_shape"]),
        (drawing([{"id": "a", "type": 5}, agent("b")], [edge("a", "b")]), ["bad_shape"]),
        (drawing([node("a", "\0"), agent("b")], [edge("a", "b")]), ["bad_text"]),
        (
            drawing(
                [agent("a"), without_id(agent("b"), 2), without_id(agent("c"), 3)],
                [edge("a", "ghost")],
            ),
            ["bad_shape", "bad_shape", "dangling_edge"],
        ),
        (
            drawing(
                [agent("a"), without_id(agent("b"), 2), without_id(agent("c"))],
                [edge("a", "ghost")],
            ),
            ["bad_shape"] * 2,
        ),
        (
            drawing([agent("a"), without_id(agent("b"), 2**53 - 1)], [edge("a", "ghost")]),
            ["bad_shape", "dangling_edge"],
        ),
        (drawing([without_id(naming("2")), without_id(node("x"), 2)]), ["bad_shape"] * 2),
        (drawing([naming("2"), without_id(node("x"), 2)]), ["bad_shape"]),
        (drawing([naming("x"), without_id(node("x"))]), ["bad_shape"]),
        # Of a node whose id cannot be read the rest is told too.
        (drawing([without_id(agent("a", max_tokens=0))]), ["bad_shape"] * 2),
        # No step, but meant for one.
        (drawing([node("a", "hook"), node("b", "hook")], [edge("a", "b")]), ["unknown_type"] * 2),
        (drawing([node("a", "hook")]), ["empty"]),
        (drawing([node("x", "hook"), OUT], [edge("x", "out")]), ["unknown_type"]),
        (drawing([node("x", "hook"), naming("x")], [edge("x", "t")]), ["unknown_type"]),
        (drawing([node("x", "hook"), naming("x")]), ["unknown_node"]),
        (
            drawing([node("a"), node("x", "hook"), naming("a")], [edge("a", "x"), edge("x", "t")]),
            ["unknown_type"],
        ),
        (
            drawing([node("a"), node("n", "note"), naming("a")], [edge("a", "n"), edge("n", "t")]),
            ["decoration_path"],
        ),
        (
            drawing([node("a"), node("n", "note")], [edge("ghost", "n"), edge("n", "a")]),
            ["dangling_edge"],
        ),
        (drawing([agent("a"), node("n", "note")], [edge("n", "n")]), ["self_loop"]),
        (drawing([agent("a"), node("x", "hook")], [edge("x", "x")]), ["self_loop"]),
        # Edges that lead nowhere, or cannot be read, may have been the way.
        (drawing([node("a"), OUT], [edge("ghost", "out")]), ["dangling_edge"]),
        (drawing([node("a"), naming("a")], [edge("a", "tt")]), ["dangling_edge"]),
        (drawing([node("a"), naming("a")], [edge("aa", "t")]), ["dangling_edge"]),
        (
            drawing([node("a"), naming("a"), node("b")], [edge("b", "ghost")]),
            ["dangling_edge", "not_upstream"],
        ),
        ({**drawing([node("a"), naming("a"), OUT]), "edges": 1}, ["bad_shape"]),
        ({**drawing([node("a"), naming("a"), OUT]), "edges": [1]}, ["bad_shape"]),
        (drawing([node("a"), OUT], [{"source": 1, "target": "out"}]), ["bad_shape"]),
        (drawing([node("a"), OUT], [{"source": "a"}]), ["bad_shape"]),
        (
            drawing([node("a"), naming("a"), OUT], [{"source": 1, "target": "t"}]),
            ["bad_shape", "unreachable_output"],
        ),
        (drawing([node("a"), naming("a")], [{**edge("a", "t"), "sourceHandle": 1}]), ["bad_shape"]),
        (drawing([node("a"), OUT], [{**edge("a", "out"), "targetHandle": 1}]), ["bad_shape"]),
        (drawing([node("a"), naming("a")], [{"source": "a", "target": 1}]), ["bad_shape"]),
        # An edge of which only the handle cannot be read joins the nodes it names, and no others.
        (
            drawing([node("a"), node("b"), naming("a")], [{**edge("a", "b"), "sourceHandle": 1}]),
            ["bad_shape", "not_upstream"],
        ),
        (
            drawing(
                [node("a"), node("b"), node("c"), naming("c")],
                [{**edge("a", "b"), "sourceHandle": 1}, edge("b", "t")],
            ),
            ["bad_shape", "not_upstream"],
        ),
        # A condition whose branches are in doubt has no handle to compare with.
        (branching(), ["bad_expression"]),
        (branching({**BRANCH, "handle": ""}), ["duplicate_handle"]),
        (branching(BRANCH, BRANCH), ["duplicate_handle"]),
        (branching({**BRANCH, "handle": "else"}), ["duplicate_handle"]),
        (branching({"handle": "y"}), ["bad_shape"]),
        (branching({**BRANCH, "expression": "@"}), ["bad_expression", "unknown_handle"]),
        (branching(BRANCH), ["unknown_handle"]),
        (branching({**BRANCH, "expression": "x" * 140_000}, handle="y"), ["bad_expression"]),
        (
            drawing([condition("a", "y"), node("a"), node("b")], [edge("a", "b")]),
            ["duplicate_node"],
        ),
        # One field, one problem.
        (drawing([node("ok", "approval", timeout_seconds=-1)]), ["bad_shape"]),
        (drawing([node("ok", "approval", timeout_seconds="x", prompt=1)]), ["bad_shape"] * 2),
        *(
            (drawing([node("ok", "approval", approvers=wrong)]), ["bad_shape"])
            for wrong in ([], "ada@example.org", ["viewer"], [1], ["a@b c"], ["admin"] * 51)
        ),
        (drawing([agent("a", tools=[1] * 5_000)]), ["bad_shape"]),
        # Faults that have nothing to do with each other.
        (drawing([], [edge("a", "b")]), ["empty", "dangling_edge", "dangling_edge"]),
        (
            drawing([without_id(agent("a")), node("b"), node("b"), agent("c", pool="gpu")]),
            ["bad_shape", "duplicate_node", "unknown_pool"],
        ),
        (
            drawing([node("a"), node("b"), naming("a")], [edge("a", "b"), edge("b", "a")]),
            ["cycle", "not_upstream"],
        ),
        (
            drawing(
                [node("a"), node("b"), naming("a")],
                [edge("a", "b"), edge("b", "a"), edge("b", "t")],
            ),
            ["cycle"],
        ),
    ],
)  # fmt: skip
def test_a_fault_is_told_once_and_none_of_what_follows_from_it(raw: JSON, codes: list[str]) -> None:
    assert sorted(p.code for p in problems_of(raw)) == sorted(codes)


def test_too_many_edges_or_placeholders_are_too_large() -> None:
    edges = [edge("a", "b")] * 200_001
    assert [p.code for p in problems_of(drawing([node("a"), node("b")], edges))] == ["too_large"]
    assert isinstance(parse(drawing([node("a"), node("b")], edges[1:])), Flow)
    full = "{{input}}" * 100_000
    assert isinstance(parse(drawing([node("a", template=full)])), Flow)
    crowded = drawing([node("a", template=full + "{{"), naming("ghost")])
    assert [p.code for p in problems_of(crowded)] == ["too_large"]
    merge = node("m", "merge", strategy="template", template=full + "{{")
    assert [(p.code, p.message) for p in problems_of(drawing([merge]))] == [
        ("too_large", "expected at most 100,000 placeholders in a flow, came 100,001")
    ]
    beside = [node("a", template=full), node("b", "merge"), node("c", "input")]
    assert isinstance(parse(drawing(beside)), Flow)


def test_a_reader_remembers_as_many_problems_as_are_told() -> None:
    _, problems = read_graph({"nodes": [None] * MOST_PROBLEMS, "edges": [None]})
    assert len(problems) == MOST_PROBLEMS
