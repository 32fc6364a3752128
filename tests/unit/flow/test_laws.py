"""Laws that hold for any drawing, tried on generated ones."""

import json
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.flow import JSON, Flow, Invalid, content, inline_agents, parse, version_of
from shared.flow.order import cycles
from tests.cost import costs_less_than, cpu_cost
from tests.unit.flow.drawing import Drawn, agent, drawing, edge, flow_of, joined, node

anything: st.SearchStrategy[JSON] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
some_ids = st.sampled_from(["a", "b", "c", "d"])
types = st.sampled_from(
    ["agent", "merge", "template", "condition", "approval", "input", "output", "note", "x"]
)
data_keys = st.sampled_from(
    ["template", "strategy", "branches", "agentId", "retry", "pool", "timeout_seconds", "tools"]
)
rough_nodes = st.fixed_dictionaries(
    {"id": some_ids | anything, "type": types | anything},
    optional={"data": st.dictionaries(data_keys, anything, max_size=3) | anything},
)
rough_edges = st.fixed_dictionaries(
    {"source": some_ids | anything, "target": some_ids | anything},
    optional={"sourceHandle": anything},
)
rough_drawings = st.fixed_dictionaries(
    {"nodes": st.lists(rough_nodes | anything, max_size=5) | anything},
    optional={"edges": st.lists(rough_edges | anything, max_size=5) | anything},
)


@st.composite
def graphs(draw: st.DrawFn) -> Drawn:
    """Templates with edges anywhere, cycles, loops and repetitions included."""
    count = draw(st.integers(1, 8))
    ends = st.integers(0, count - 1)
    pairs = draw(st.lists(st.tuples(ends, ends), max_size=20))
    nodes = [node(str(n)) for n in draw(st.permutations(range(count)))]
    return drawing(nodes, [edge(str(a), str(b)) for a, b in pairs])


@given(anything | rough_drawings)
@settings(max_examples=300, deadline=None)
def test_any_json_value_is_a_flow_or_invalid(raw: JSON) -> None:
    parsed = parse(raw, known_agents=["a"])
    if isinstance(parsed, Invalid):
        assert parsed.problems
        assert all(problem.message.encode() and problem.code for problem in parsed.problems)
    inline_agents(raw, {})


@given(graphs())
@settings(deadline=None)
def test_edges_lead_forward_or_a_problem_says_why_not(raw: Drawn) -> None:
    parsed = parse(raw)
    if isinstance(parsed, Invalid):
        assert {problem.code for problem in parsed.problems} <= {"cycle", "self_loop"}
        return
    assert [step.number for step in parsed.steps] == list(range(len(parsed.steps)))
    edges = [e for step in parsed.steps for e in step.inputs]
    assert sorted(edges, key=repr) == sorted((e for s in parsed.steps for e in s.outputs), key=repr)
    assert all(e.source < e.target for e in edges)
    assert all(a.source < b.source for s in parsed.steps for a, b in pairwise(s.inputs))


def _reach(targets: list[list[int]], start: int) -> set[int]:
    found: set[int] = set()
    pending = list(targets[start])
    while pending:
        vertex = pending.pop()
        if vertex not in found:
            found.add(vertex)
            pending += targets[vertex]
    return found


@given(st.data())
def test_cycles_are_the_classes_of_mutual_reach(data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 8))
    vertices = st.integers(0, count - 1)
    targets = [data.draw(st.lists(vertices, max_size=4, unique=True)) for _ in range(count)]
    reach = [_reach(targets, vertex) for vertex in range(count)]
    classes = {
        tuple(w for w in range(count) if w == v or (w in reach[v] and v in reach[w]))
        for v in range(count)
    }
    assert cycles(targets) == sorted(list(c) for c in classes if len(c) > 1)


@given(graphs())
@settings(deadline=None)
def test_the_canonical_content_is_the_same_flow(raw: Drawn) -> None:
    again: JSON = json.loads(content(raw))
    assert content(again) == content(raw)
    assert parse(again) == parse(raw)


def test_a_version_ignores_positions_unknown_keys_and_absent_nulls() -> None:
    raw = joined("a-b")
    nodes: list[JSON] = [{**node(n), "position": {"x": 9}, "selected": True} for n in "ab"]
    bare: list[JSON] = [{"source": "a", "target": "b", "animated": True}]
    assert version_of({"nodes": nodes, "edges": bare, "name": "x"}) == version_of(raw)


@pytest.mark.parametrize(
    "other",
    [
        joined("b-a"),
        drawing([node("a"), node("b", template="x")], [edge("a", "b")]),
        drawing([node("a"), node("b")], [edge("a", "b", "h")]),
        drawing([node("a"), node("b")], [{**edge("a", "b"), "targetHandle": "h"}]),
        drawing([node("a"), node("b", "merge")], [edge("a", "b")]),
        drawing([node("b"), node("a")], [edge("a", "b")]),
    ],
)
def test_a_version_changes_with_what_a_run_can_notice(other: Drawn) -> None:
    assert version_of(other) != version_of(joined("a-b"))


def test_a_version_is_the_hash_of_the_documented_content() -> None:
    raw: JSON = {
        "nodes": [{"type": "input", "id": "é", "data": {"b": 1.0, "a": 1e-7}}],
        "edges": [{"target": "é", "source": "x"}],
    }
    expected = (
        '{"edges":[{"source":"x","sourceHandle":null,"target":"é","targetHandle":null}],'
        '"nodes":[{"data":{"a":1e-7,"b":1},"id":"é","type":"input"}]}'
    ).encode()
    assert content(raw) == expected
    assert version_of(raw) == sha256(expected).hexdigest()


def test_what_is_no_drawing_has_the_content_of_what_it_has() -> None:
    nothing: list[object] = [None, [], {}, {"nodes": 1, "edges": {}}]
    empty = b'{"edges":[],"nodes":[]}'
    for raw in nothing:
        assert content(raw) == empty
    assert content({"nodes": [1], "edges": ["x"]}) == b'{"edges":["x"],"nodes":[1]}'


def test_what_json_cannot_keep_has_no_version() -> None:
    with pytest.raises(ValueError, match="safe integer"):
        version_of(drawing([node("a", other=2**53)]))


def deep_and_wide(size: int) -> str:
    """A chain of ten thirteenths of so many agents; the others hang on its lower end."""
    names = [f"{n:012x}" for n in range(size)]
    depth = size * 10 // 13
    deep = [edge(a, b) for a, b in pairwise(names[:depth])]
    wide = [edge(names[depth - 1 - n], names[depth + n]) for n in range(size - depth)]
    return json.dumps(drawing([agent(name) for name in names], deep + wide))


def test_a_flow_of_great_depth_and_size_is_read() -> None:
    flow = parse(json.loads(deep_and_wide(13_000)))
    assert isinstance(flow, Flow)
    assert len(flow.steps) == 13_000


def test_reading_a_flow_takes_linear_time() -> None:
    small, large = deep_and_wide(1_300), deep_and_wide(13_000)
    cost = cpu_cost(lambda: parse(json.loads(small)))
    # Quadratic time would be a hundred times as much.
    assert costs_less_than(10 * 3 * cost, lambda: parse(json.loads(large)))


def test_a_cycle_of_great_length_is_found_without_recursion() -> None:
    names = [str(n) for n in range(15_000)]
    ring = [edge(a, b) for a, b in pairwise([*names, names[0]])]
    invalid = parse(drawing([node(name) for name in names], ring))
    assert isinstance(invalid, Invalid)
    assert [(p.code, p.nodes) for p in invalid.problems] == [("cycle", tuple(names))]


def test_a_flow_stays_valid_when_read_from_disk_again() -> None:
    raw = drawing([agent("a", tools=["web_fetch"]), node("m", "merge")], [edge("a", "m")])
    assert flow_of(json.loads(json.dumps(raw))) == flow_of(raw)
