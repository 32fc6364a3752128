"""What expressions read of nodes and of JSON, as far as their words say."""

import pytest

from shared.flow.cel_reads import NodeRead, reads_of
from shared.flow.expression import complaint


@pytest.mark.parametrize(
    ("expression", "node", "path"),
    [
        ("nodes.x.output == 'a'", "x", None),
        ("nodes.x.output.contains('a')", "x", None),
        ("nodes.x.json == null", "x", ()),
        ("nodes.x.json.score > 0.5", "x", ("score",)),
        ("has(nodes.x.json.score)", "x", ("score",)),
        ("nodes['an id'].json.items[0].name == 'a'", "an id", ("items", "0", "name")),
        ('nodes["a.b"].json["c.d"] == 1', "a.b", ("c.d",)),
        ("nodes[r'a\"b\\c'].json.a == 1", 'a"b\\c', ("a",)),
        ("nodes.`agent-1`.json.a == 1", "agent-1", ("a",)),
        ("nodes.x.json.items.exists(i, i.deep == 1)", "x", ("items",)),
        ("nodes.x.json.items.size() > 1", "x", ("items",)),
        ("nodes.x.json.items[size(output)].a == 1", "x", ("items",)),
        ("nodes . x // the first\n. json . a == 1", "x", ("a",)),
        ("variables.nodes == '' || nodes.x.json", "x", ()),
    ],
)
def test_a_node_is_read_by_its_id_and_a_path(
    expression: str, node: str, path: tuple[str, ...] | None
) -> None:
    assert reads_of(expression).nodes == (NodeRead(node, path),)
    assert complaint(expression) is None


@pytest.mark.parametrize(
    "expression",
    [
        "[1].all(nodes, nodes > 0)",
        "[{'a': 1}].exists(nodes, nodes.a == 1)",
        "variables.nodes == 'x'",
        "output == 'nodes.x.json'",
        "json.nodes.x.json == 1",
    ],
)
def test_what_is_only_called_nodes_reads_none(expression: str) -> None:
    assert reads_of(expression).nodes == ()
    assert complaint(expression) is None


@pytest.mark.parametrize(
    ("expression", "came"),
    [
        ("size(nodes) > 1", "nodes"),
        ("'x' in nodes", "nodes"),
        ("nodes[variables.x].json == 1", "nodes["),
        ("nodes.all(n, true)", "nodes."),
        ("has(nodes.x)", "nodes.x"),
        ("nodes.x.jsn.score == 1", "nodes.x.jsn.score"),
        (r"nodes['a\n'].json == 1", "nodes["),
    ],
)
def test_nodes_that_are_not_named_are_told(expression: str, came: str) -> None:
    expected = 'expected nodes.ID.output or nodes.ID.json, with an id in quotes as nodes["ID"]'
    assert complaint(expression) == f'{expected}, came "{came}"'


@pytest.mark.parametrize(
    ("expression", "paths"),
    [
        ("json != null && json.a.b > 1", {(), ("a", "b")}),
        ("json.list.all(x, x.y > json.least)", {("list",), ("least",)}),
        ("output.matches('json.a') || variables.json == ''", set[tuple[str, ...]]()),
        ("[1].all(json, json.a == 1)", set[tuple[str, ...]]()),
        ("nodes.x.json.a == json.b", {("b",)}),
    ],
)
def test_paths_into_what_comes_in_are_found(expression: str, paths: set[tuple[str, ...]]) -> None:
    assert set(reads_of(expression).paths) == paths
