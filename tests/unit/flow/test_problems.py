"""Every rule a drawing can break, and which nodes the problem names."""

import pytest

from shared.flow import JSON, Flow, Invalid, parse
from tests.unit.flow.drawing import (
    Drawn,
    agent,
    condition,
    drawing,
    edge,
    joined,
    node,
    problem_of,
    problems_of,
)


def _codes(raw: object) -> list[str]:
    return [problem.code for problem in problems_of(raw)]


def test_a_cycle_names_exactly_the_nodes_on_it() -> None:
    problem = problem_of(joined("in-a", "a-b", "b-c", "c-a", "c-out"))
    assert (problem.code, problem.nodes) == ("cycle", ("a", "b", "c"))


def test_each_cycle_is_a_problem_of_its_own() -> None:
    problems = problems_of(joined("a-b", "b-a", "b-c", "c-d", "d-c"))
    assert [p.nodes for p in problems] == [("a", "b"), ("c", "d")]


def test_a_self_loop_is_named_once_and_is_no_cycle() -> None:
    raw = drawing([node("a")], [edge("a", "a"), edge("a", "a", "other")])
    problem = problem_of(raw)
    assert (problem.code, problem.nodes) == ("self_loop", ("a",))


def test_a_self_loop_and_a_cycle_through_one_node_are_both_told() -> None:
    raw = joined("a-b", "b-a", "a-a")
    assert _codes(raw) == ["self_loop", "cycle"]


def test_a_dangling_edge_names_both_ends_and_says_which_is_missing() -> None:
    problem = problem_of(drawing([node("a")], [edge("a", "ghost")]))
    assert (problem.code, problem.nodes) == ("dangling_edge", ("a", "ghost"))
    assert 'expects a node "ghost"' in problem.message


def test_a_duplicate_id_is_named_once() -> None:
    raw = drawing([agent("a"), agent("b"), agent("a"), agent("a")], [edge("a", "b")])
    problem = problem_of(raw)
    assert (problem.code, problem.nodes) == ("duplicate_node", ("a",))


def test_a_connected_node_of_unknown_type_is_a_problem() -> None:
    raw = drawing([node("a"), node("x", "webhook")], [edge("a", "x")])
    problem = problem_of(raw)
    assert (problem.code, problem.nodes) == ("unknown_type", ("x",))
    assert '"webhook"' in problem.message


def test_a_connected_node_without_type_is_a_problem() -> None:
    untyped: Drawn = {"id": "x", "data": {}}
    problem = problem_of(drawing([node("a"), untyped], [edge("x", "a")]))
    assert (problem.code, problem.nodes) == ("unknown_type", ("x",))
    assert '"default"' in problem.message


def test_a_path_through_a_note_is_a_problem() -> None:
    nodes = [node("a"), node("n", "note"), node("b")]
    problem = problem_of(drawing(nodes, [edge("a", "n"), edge("n", "b")]))
    assert (problem.code, problem.nodes) == ("decoration_path", ("n",))


@pytest.mark.parametrize("data", [{}, {"agentId": ""}, {"instructions": " "}, {"agent_id": None}])
def test_an_agent_node_needs_an_agent_or_instructions(data: Drawn) -> None:
    problem = problem_of(drawing([node("a", "agent", **data)]))
    assert (problem.code, problem.nodes) == ("missing_agent", ("a",))


def test_an_agent_node_must_name_a_known_agent() -> None:
    raw = drawing([agent("a"), agent("b")])
    invalid = parse(raw, known_agents=["agent-b"])
    assert isinstance(invalid, Invalid)
    assert [(p.code, p.nodes) for p in invalid.problems] == [("missing_agent", ("a",))]
    assert isinstance(parse(raw, known_agents={"agent-a", "agent-b"}), Flow)


def test_a_pool_must_be_set_up() -> None:
    raw = drawing([agent("a", pool="gpu")])
    problem = problem_of(raw)
    assert (problem.code, problem.nodes) == ("unknown_pool", ("a",))
    assert isinstance(parse(raw, pools=frozenset({"gpu"})), Flow)


def test_an_output_must_be_reached() -> None:
    problem = problem_of(drawing([node("a"), node("out", "output")]))
    assert (problem.code, problem.nodes) == ("unreachable_output", ("out",))


@pytest.mark.parametrize(
    ("branches", "code"),
    [
        (None, "bad_expression"),
        ([], "bad_expression"),
        ([{"handle": "y", "expression": " "}], "bad_expression"),
        ([{"handle": "y", "expression": "x" * 4_097}], "bad_expression"),
        ([{"handle": f"h{i}", "expression": "true"} for i in range(101)], "bad_expression"),
        ([{"handle": "y"}], "bad_shape"),
        ([{"handle": "y", "expression": 1}], "bad_shape"),
        ("x", "bad_shape"),
        ([{"handle": "", "expression": "true"}], "duplicate_handle"),
        ([{"handle": "else", "expression": "true"}], "duplicate_handle"),
        ([{"handle": "y", "expression": "true"}] * 2, "duplicate_handle"),
    ],
)
def test_a_condition_needs_usable_branches(branches: JSON, code: str) -> None:
    problem = problem_of(drawing([node("if", "condition", branches=branches)]))
    assert (problem.code, problem.nodes) == (code, ("if",))


@pytest.mark.parametrize("handle", [None, "no"])
def test_an_edge_leaves_a_branching_node_by_a_handle_it_has(handle: str | None) -> None:
    branches: JSON = [{"handle": "yes", "expression": "true"}]
    nodes = [node("if", "condition", branches=branches), node("ok", "approval"), node("z")]
    edges = [edge("if", "ok", "yes"), edge("if", "z", handle), edge("ok", "z", handle)]
    problems = problems_of(drawing(nodes, edges))
    assert [(p.code, p.nodes) for p in problems] == [
        ("unknown_handle", ("if", "z")),
        ("unknown_handle", ("ok", "z")),
    ]


def test_templates_must_be_there() -> None:
    nodes: list[Drawn] = [{"id": "t", "type": "template"}, node("m", "merge", strategy="template")]
    assert [(p.code, p.nodes) for p in problems_of(drawing(nodes))] == [
        ("missing_template", ("t",)),
        ("missing_template", ("m",)),
    ]


@pytest.mark.parametrize("kind", ["template", "merge"])
def test_a_template_names_steps_that_are_there_and_upstream(kind: str) -> None:
    text = "{{nodes.ghost.output}} {{nodes.later.output}} {{nodes.n.output}} {{nodes.t.output}}"
    nodes = [node("t", kind, template=text, strategy="template"), node("later"), node("n", "note")]
    problems = problems_of(drawing(nodes, [edge("t", "later")]))
    assert [(p.code, p.nodes) for p in problems] == [
        ("unknown_node", ("t",)),
        ("unknown_node", ("t",)),
        ("not_upstream", ("t", "later")),
        ("not_upstream", ("t", "t")),
    ]


def test_a_placeholder_nobody_fills_is_told_once() -> None:
    text = "{{topic}} {{ any thing }} {{topic}}"
    problem = problem_of(drawing([node("t", template=text)]))
    assert (problem.code, problem.nodes) == ("bad_template", ("t",))
    assert '"{{topic}}"' in problem.message


def test_of_two_templates_each_is_told_what_is_not_above_it() -> None:
    nodes = [
        node("a", template="{{nodes.c.output}}"),
        node("b", template="{{nodes.a.output}}{{nodes.c.output}}{{nodes.d.output}}"),
        node("c"),
        node("d"),
    ]
    problems = problems_of(drawing(nodes, [edge("a", "b"), edge("c", "b")]))
    assert [(p.code, p.nodes) for p in problems] == [
        ("not_upstream", ("a", "c")),
        ("not_upstream", ("b", "d")),
    ]


def test_being_below_another_node_does_not_help() -> None:
    nodes = [node("other"), node("t", template="{{nodes.named.output}}"), node("named")]
    problem = problem_of(drawing(nodes, [edge("other", "t")]))
    assert (problem.code, problem.nodes) == ("not_upstream", ("t", "named"))


def test_a_cycle_adds_no_problem_for_templates_behind_it() -> None:
    raw = joined("a-b", "b-a", "b-c")
    nodes = [node("a"), node("b"), node("c", template="{{nodes.a.output}}")]
    assert _codes({**raw, "nodes": nodes}) == ["cycle"]


def test_more_than_20_000_nodes_are_too_large() -> None:
    nodes: list[JSON] = [{"id": str(n), "type": "input"} for n in range(20_001)]
    assert _codes({"nodes": nodes, "edges": []}) == ["too_large"]
    assert isinstance(parse({"nodes": nodes[1:], "edges": []}), Flow)


@pytest.mark.parametrize("nodes", [[], [node("n", "note")]])
def test_a_drawing_without_steps_is_empty(nodes: list[Drawn]) -> None:
    assert _codes(drawing(nodes)) == ["empty"]


def test_all_problems_come_at_once() -> None:
    nodes = [node("a"), node("b"), node("b"), node("x", "agent"), node("p", pool="gpu")]
    raw = drawing(nodes, [edge("a", "a"), edge("a", "ghost"), edge("p", "b"), edge("b", "p")])
    assert set(_codes(raw)) == {
        "cycle",
        "dangling_edge",
        "duplicate_node",
        "missing_agent",
        "self_loop",
        "unknown_pool",
    }


def test_a_long_id_is_cut_in_the_message_and_whole_in_the_names() -> None:
    long = "x" * 10_000
    problem = problem_of(drawing([node(long)], [edge(long, long)]))
    assert problem.nodes == (long,)
    assert len(problem.message) < 200


def test_whatever_comes_first_the_problems_of_all_nodes_are_told() -> None:
    nodes = [
        node("n", "note"),
        node("x", "webhook"),
        node("a", "agent"),
        agent("b", tools=["telescope"], allowed_domains=["."], pool="gpu"),
        node("c", "agent"),
        agent("d", tools=["telescope"], pool="gpu"),
        node("z"),
    ]
    problems = problems_of(drawing(nodes, [edge("x", "z")]))
    assert [(p.code, p.nodes) for p in problems] == [
        ("unknown_type", ("x",)),
        ("missing_agent", ("a",)),
        ("missing_agent", ("c",)),
        ("unknown_tool", ("b",)),
        ("bad_domain", ("b",)),
        ("unknown_tool", ("d",)),
        ("unknown_pool", ("b",)),
        ("unknown_pool", ("d",)),
    ]


def test_as_many_branches_as_may_be_are_usable_and_so_is_one() -> None:
    for count in (1, 100):
        handles = [f"h{number}" for number in range(count)]
        assert isinstance(parse(drawing([condition("if", *handles)])), Flow)


def test_an_edge_that_only_points_at_a_note_is_fine_and_so_is_one_that_leaves_it() -> None:
    nodes = [node("a"), node("n", "note"), node("m", "note")]
    assert isinstance(parse(drawing(nodes, [edge("a", "n"), edge("m", "a")])), Flow)


def test_an_output_is_reached_by_no_note_and_not_by_itself() -> None:
    nodes = [node("a"), node("n", "note"), node("out", "output")]
    problems = problems_of(drawing(nodes, [edge("n", "out"), edge("out", "out")]))
    assert [(p.code, p.nodes) for p in problems] == [
        ("self_loop", ("out",)),
        ("unreachable_output", ("out",)),
    ]


def test_the_longest_id_is_an_id() -> None:
    assert isinstance(parse(drawing([node("x" * 16_384)])), Flow)
