"""The deepest graph, generated or read, and what its run must have told."""

import json
from collections import Counter
from pathlib import Path

import pytest

from bench.graph import Graph, deepest, read_graph
from bench.traverse import Completed, Traversed, faults_of
from shared.errors import Rejected
from shared.flow import Flow, parse

SMALL = Graph(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c")])


def traversed(*nodes: str, ended_as: str = "run.completed") -> Traversed:
    steps = [Completed(node, node) for node in nodes]
    return Traversed(seconds=1, ended_as=ended_as, completed=steps)


def test_the_generated_graph_is_as_large_deep_and_joined_as_the_real_one() -> None:
    flow = parse(deepest().flow())
    assert isinstance(flow, Flow)
    depth: list[int] = []
    for step in flow.steps:
        depth.append(1 + max((depth[edge.source] for edge in step.inputs), default=0))
    edges_in = Counter(len(step.inputs) for step in flow.steps)
    assert (len(flow.steps), max(depth), len(flow.sinks)) == (13_019, 9_854, 1)
    assert edges_in == {0: 1, 1: 8_319, 2: 4_699}


def test_a_drawn_graph_is_read_and_its_nodes_write_their_ids(tmp_path: Path) -> None:
    file = tmp_path / "graph.json"
    file.write_text(json.dumps(SMALL.flow() | {"viewport": {"x": 0}}))
    assert read_graph(file) == SMALL
    assert parse(read_graph(file).flow()) == parse(SMALL.flow())


def test_a_file_without_a_graph_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "graph.json"
    file.write_text("[]")
    with pytest.raises(Rejected, match=r"graph\.json"):
        read_graph(file)


def test_a_step_that_is_early_missing_or_wrong_is_a_fault() -> None:
    assert faults_of(traversed("a", "b", "c"), SMALL) == []
    assert faults_of(traversed("a", "c", "b"), SMALL) == ["c completed before b"]
    assert "expected 3" in faults_of(traversed("a", "b"), SMALL)[-1]
    assert "run.failed" in faults_of(traversed("a", "b", "c", ended_as="run.failed"), SMALL)[-1]
    other = Traversed(seconds=1, ended_as="run.completed", completed=[Completed("a", "x")])
    assert faults_of(other, Graph(["a"], []))[0] == "a wrote 'x'"
