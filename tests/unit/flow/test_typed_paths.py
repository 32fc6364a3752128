"""JSON read where there is none, and paths that it does not have, are found before the run."""

from __future__ import annotations

from itertools import pairwise

import pytest

from shared.flow import JSON, Flow, Problem, parse
from shared.flow.typed_paths import MOST_LOOKS
from tests.cost import cpu_cost
from tests.unit.flow.drawing import (
    Drawn,
    agent,
    condition,
    drawing,
    edge,
    flow_of,
    node,
    problem_of,
    problems_of,
)

VERDICT: dict[str, JSON] = {
    "type": "object",
    "properties": {
        "score": {"type": "number"},
        "note": {"type": "string"},
        "items": {"type": "array", "items": {"properties": {"name": {"type": "string"}}}},
    },
    "required": ["score", "items"],
}


def typed(name: str = "x", schema: JSON = None) -> Drawn:
    return agent(name, output_schema=schema or VERDICT)


def chain(*nodes: Drawn) -> Drawn:
    ids = [str(each["id"]) for each in nodes]
    return drawing(list(nodes), [edge(a, b) for a, b in pairwise(ids)])


def fan_in(last: Drawn, *nodes: Drawn) -> Drawn:
    return drawing([*nodes, last], [edge(str(each["id"]), str(last["id"])) for each in nodes])


def asks(expression: str, name: str = "c") -> Drawn:
    return node(name, "condition", branches=[{"handle": "yes", "expression": expression}])


def reads(text: str, name: str = "t") -> Drawn:
    return node(name, template=text)


def merge(strategy: str = "json", name: str = "m") -> Drawn:
    return node(name, "merge", strategy=strategy)


READINGS = [
    "{{nodes.x.json}}",
    "{{nodes.x.json.score}}",
    "{{ nodes.x.json.note }}",
    "{{nodes.x.json.items.0.name}}",
    "{{input.json}}",
    "{{input.json.items}}",
]
EXPRESSIONS = [
    "nodes.x.json.score > 0.5",
    "has(nodes.x.json.note) && nodes.x.json.note == ''",
    'nodes["x"].json.items[0].name == "a"',
    "json.score > 0.5 && json.items.all(i, i.what == 1)",
]


@pytest.mark.parametrize("text", READINGS)
def test_a_template_may_read_what_the_schema_has(text: str) -> None:
    assert isinstance(flow_of(chain(typed(), reads(text))), Flow)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_may_read_what_the_schema_has(expression: str) -> None:
    assert isinstance(flow_of(chain(typed(), asks(expression))), Flow)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{{nodes.x.json.scoer}}", "nodes.x.json.scoer"),
        ("{{nodes.x.json.score.value}}", "nodes.x.json.score.value"),
        ("{{nodes.x.json.items.first.name}}", "nodes.x.json.items.first"),
        ("{{nodes.x.json.items.0.nam}}", "nodes.x.json.items.0.nam"),
    ],
)
def test_a_path_that_the_schema_does_not_have_is_told_with_its_node(text: str, path: str) -> None:
    assert problem_of(chain(typed(), reads(text))) == Problem(
        "unknown_path",
        'node "t": expected a path that the output has by its output_schema, '
        f'came "{path}", which it does not',
        ("t", "x"),
    )


@pytest.mark.parametrize(
    ("last", "nodes", "path"),
    [
        (reads("{{input.json.scoer}}"), ("t",), "input.json.scoer"),
        (asks("json.scoer > 1"), ("c",), "json.scoer"),
        (asks("true || has(nodes.x.json.scoer)"), ("c", "x"), "nodes.x.json.scoer"),
    ],
)
def test_so_it_is_of_what_comes_in_and_in_expressions(
    last: Drawn, nodes: tuple[str, ...], path: str
) -> None:
    problem = problem_of(chain(typed(), last))
    assert (problem.code, problem.nodes) == ("unknown_path", nodes)
    assert f'"{path}"' in problem.message


def test_each_wrong_path_is_told_once() -> None:
    text = "{{nodes.x.json.a}}{{nodes.x.json.b}}{{nodes.x.json.a}}{{nodes.x.json.score}}"
    codes = [(p.code, p.nodes) for p in problems_of(chain(typed(), reads(text)))]
    assert codes == [("unknown_path", ("t", "x"))] * 2


@pytest.mark.parametrize(
    ("last", "nodes"),
    [
        (reads("{{nodes.x.json}}"), ("t", "x")),
        (reads("{{nodes.x.json.score}}"), ("t", "x")),
        (reads("{{input.json.score}}"), ("t",)),
        (asks("nodes.x.json.score > 1"), ("c", "x")),
    ],
)
def test_of_an_agent_without_a_schema_no_json_is_read(last: Drawn, nodes: tuple[str, ...]) -> None:
    problem = problem_of(chain(agent("x"), last))
    assert (problem.code, problem.nodes) == ("not_json", nodes)
    assert "give the agent that writes it an output_schema" in problem.message


def test_an_expression_may_ask_any_text_that_comes_in_whether_it_is_json() -> None:
    flow_of(chain(agent("x"), asks("json != null && json.score > 1")))
    flow_of(asks_alone := chain(asks("json.score > 1")))
    assert asks_alone["edges"] == []


@pytest.mark.parametrize(
    ("between", "problem"),
    [
        (node("b", "output"), None),
        (node("b", "approval"), None),
        (condition("b", "yes"), None),
        (merge("concat", "b"), "not_json"),
        (node("b", template="{{input}}"), "not_json"),
        (agent("b"), "not_json"),
    ],
)
def test_steps_that_pass_texts_on_pass_json_on(between: Drawn, problem: str | None) -> None:
    handles = {"approval": "approved", "condition": "yes"}
    handle = handles.get(str(between["type"]))
    last = reads("{{nodes.b.json.score}}{{input.json.score}}")
    raw = drawing([typed(), between, last], [edge("x", "b"), edge("b", "t", handle)])
    found = parse(raw)
    codes = [] if isinstance(found, Flow) else [p.code for p in found.problems]
    assert codes == ([] if problem is None else [problem] * 2)


def test_the_input_of_a_run_is_no_json() -> None:
    for first in (node("b", "input"), node("b", "approval")):
        handle = "approved" if first["type"] == "approval" else None
        raw = drawing([first, reads("{{nodes.b.json}}")], [edge("b", "t", handle)])
        assert problem_of(raw).code == "not_json"
    assert problem_of(chain(reads("{{input.json}}"))).code == "not_json"


def test_of_several_inputs_json_is_read_where_all_have_the_same_schema() -> None:
    last = reads("{{input.json.score}}")
    flow_of(fan_in(last, typed("x"), typed("y")))
    other: JSON = {"type": "object", "properties": {"score": {}}}
    assert problem_of(fan_in(last, typed("x"), typed("y", other))).code == "not_json"
    assert problem_of(fan_in(last, typed("x"), agent("y"))).code == "not_json"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{{input.json.x.score}}{{nodes.m.json.x.items.0.name}}{{nodes.m.json.y}}", None),
        ("{{nodes.m.json}}", None),
        ("{{nodes.m.json.x.scoer}}", "unknown_path"),
        ("{{nodes.m.json.y.score}}", "unknown_path"),
        ("{{nodes.m.json.z}}", "unknown_path"),
    ],
)
def test_a_merge_as_json_is_an_object_of_its_inputs(text: str, code: str | None) -> None:
    raw = fan_in(merge(), typed("x"), agent("y"))
    assert isinstance(raw["nodes"], list)
    assert isinstance(raw["edges"], list)
    whole = drawing([*raw["nodes"], reads(text)], [*raw["edges"], edge("m", "t")])
    found = parse(whole)
    codes = set() if isinstance(found, Flow) else {p.code for p in found.problems}
    assert codes == ({code} if code else set())


def test_merges_within_merges_are_read_through() -> None:
    nodes = [typed(), merge(name="m"), merge(name="n"), reads("{{nodes.n.json.m.x.score}}")]
    flow_of(chain(*nodes))
    nodes[-1] = reads("{{nodes.n.json.m.x.what}}")
    assert problem_of(chain(*nodes)).code == "unknown_path"


def test_nodes_of_expressions_are_steps_that_have_finished() -> None:
    assert problem_of(chain(typed(), asks("nodes.ghost.output == ''"))).code == "unknown_node"
    late = drawing([typed(), asks("nodes.x.json.score > 1")])
    problem = problem_of(late)
    assert (problem.code, problem.nodes) == ("not_upstream", ("c", "x"))


def test_an_id_with_json_in_it_ends_where_a_node_is_called_so() -> None:
    flow_of(chain(agent("data.json"), reads("{{nodes.data.json.output}}")))
    flow_of(chain(typed("data.json"), reads("{{nodes.data.json.json.score}}")))
    out: JSON = {"type": "object", "properties": {"output": {}, "json": {}}}
    flow_of(chain(typed("x", out), reads("{{nodes.x.json.output}}{{nodes.x.json.json}}")))


def test_a_flow_that_was_judged_is_not_judged_again() -> None:
    raw = chain(agent("x"), reads("{{nodes.x.json.score}}"), asks("nodes.ghost.json.a"))
    assert isinstance(parse(raw, is_stored=True), Flow)


def test_of_very_many_paths_those_beyond_the_bound_are_not_judged() -> None:
    deep: JSON = {"properties": {f"p{n}": {"allOf": [{}, {}]} for n in range(3_000)}}
    texts = "".join(f"{{{{nodes.x.json.q{n}.a.b.c.d.e}}}}" for n in range(20_000))
    raw = chain(typed("x", deep), reads(texts))
    found = problems_of(raw)
    assert 0 < len(found) <= MOST_LOOKS // 6_000
    assert cpu_cost(lambda: parse(raw)) < 20 * cpu_cost(
        lambda: parse(chain(typed("x", deep), reads(texts.replace(".json", ".output"))))
    )
