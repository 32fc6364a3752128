"""Drawings of the wrong shape: where it is, what was expected, what came."""

import pytest

from shared.flow import JSON, Flow, parse
from tests.unit.flow.drawing import Drawn, agent, drawing, edge, node, problem_of, problems_of


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": 7}, "nodes[0].id: expected text, came the number 7"),
        ({"id": ""}, "nodes[0].id: expected text, came empty text"),
        ({"id": "x" * 16_385}, "nodes[0].id: expected at most 16,384 characters, came 16,385"),
        ({"type": ["agent"]}, "nodes[0].type: expected text, came a list"),
        ({"data": "x"}, 'nodes[0].data: expected an object, came the text "x"'),
        ({"data": {"instructions": 1}}, "instructions: expected a valid string, came the number 1"),
        ({"data": {"max_tokens": "9"}}, 'max_tokens: expected a valid integer, came the text "9"'),
        ({"data": {"max_tokens": True}}, "max_tokens: expected a valid integer, came true"),
        ({"data": {"max_tokens": 0}}, "max_tokens: expected greater than or equal to 1, came"),
        ({"data": {"tools": "web"}}, 'tools: expected a valid tuple, came the text "web"'),
        (
            {"data": {"tools": [3]}},
            "tools[0]: expected the name of a tool, or the definition of one, came the number 3",
        ),
        ({"data": {"retry": {"jitter": 2}}}, "retry.jitter: expected less than or equal to 1"),
        ({"data": {"timeout_seconds": 1e9}}, "timeout_seconds: expected less than or equal to"),
        ({"data": {"on_error": "no"}}, "on_error: expected 'fail' or 'continue', came the text"),
        (
            {"data": {"tools": ["web_search"] * 1_001}},
            "nodes[0].data.tools: expected at most 1,000 items, came 1,001",
        ),
        (
            {"type": "condition", "data": {"branches": [{"handle": "y"}]}},
            "nodes[0].data.branches[0].expression: expected a value, came nothing",
        ),
    ],
)
def test_a_wrong_shape_says_where_what_was_expected_and_what_came(
    change: Drawn, message: str
) -> None:
    raw = drawing([{"id": "a", "type": "agent", **change}, agent("b")])
    problem = problems_of(raw)[0]
    assert (problem.code, problem.nodes) == ("bad_shape", () if "id" in change else ("a",))
    assert message in problem.message


@pytest.mark.parametrize("data", ["x", {"instructions": 1}])
def test_a_wrong_shape_is_the_only_problem_of_a_node_that_edges_join(data: JSON) -> None:
    problem = problem_of(
        drawing([{"id": "a", "type": "agent", "data": data}, agent("b")], [edge("a", "b")])
    )
    assert (problem.code, problem.nodes) == ("bad_shape", ("a",))


@pytest.mark.parametrize("key", ["sourceHandle", "targetHandle"])
@pytest.mark.parametrize(("handle", "code"), [(5, "bad_shape"), ("a\0b", "bad_text")])
def test_a_handle_that_is_no_text_names_its_place_and_both_ends(
    key: str, handle: JSON, code: str
) -> None:
    problem = problem_of(drawing([node("a"), node("b")], [{**edge("a", "b"), key: handle}]))
    assert (problem.code, problem.nodes) == (code, ("a", "b"))
    assert problem.message.startswith(f"edges[0].{key}: expected text")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (None, "flow: expected an object with nodes and edges, came null"),
        ([], "flow: expected an object with nodes and edges, came a list"),
        ({}, "nodes: expected a list, came null"),
        ({"nodes": {}, "edges": 1}, "nodes: expected a list, came an object"),
        ({"nodes": [], "edges": 1}, "edges: expected a list, came the number 1"),
        ({"nodes": [1]}, "nodes[0]: expected an object, came the number 1"),
        ({"nodes": [], "edges": ["x"]}, 'edges[0]: expected an object, came the text "x"'),
        ({"nodes": [], "edges": [{"source": 1}]}, "edges[0].source: expected text, came the"),
        ({"nodes": [], "edges": [{"source": "a"}]}, "edges[0].target: expected text, came null"),
        (
            {"nodes": [], "edges": [edge("a", "b") | {"sourceHandle": 5}]},
            "edges[0].sourceHandle: expected text or null, came the number 5",
        ),
    ],
)
def test_a_body_that_is_no_drawing_is_told_so(raw: object, message: str) -> None:
    assert any(message in problem.message for problem in problems_of(raw))


def test_a_list_may_have_1_000_items_and_one_that_nobody_reads_more() -> None:
    raw = drawing([agent("a", tools=["web_search"] * 1_000, notes=["x"] * 1_001)])
    assert isinstance(parse(raw), Flow)
