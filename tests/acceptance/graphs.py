"""Graphs run as pipelines and judged node by node: `python -m tests.acceptance.graphs DIR`.

Every node becomes an agent that says a text of its own, or, in graphs beyond MOST_AGENTS nodes, a
template that writes its own id. What came to pass is read from the api and from the log of the
simulated model, and compared with what the drawing alone requires:

    acyclic   each node once, after all it waits for; its input the recorded outputs of its
              predecessors, in order, joined by a blank line
    broken    refused, naming the nodes
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from pathlib import Path
from time import perf_counter
from typing import cast
from uuid import uuid4

import httpx2
import pytest
from penstock_client import Penstock, RejectedError
from rich.console import Console
from rich.table import Table

from tests.stack import RunningStack, running_stack

MOST_AGENTS = 2_000
LONGEST_SECONDS = 300
GO = "go"

Drawn = Mapping[str, object]


@dataclass(frozen=True)
class Graph:
    """A drawing as this judge reads it: node ids and joined pairs of them, as they come."""

    name: str
    nodes: Sequence[str]
    edges: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, name: str, drawn: Drawn) -> Graph:
        """The graph of a React Flow drawing."""
        nodes = cast("list[dict[str, str]]", drawn["nodes"])
        edges = cast("list[dict[str, str]]", drawn["edges"])
        return cls(name, [n["id"] for n in nodes], [(e["source"], e["target"]) for e in edges])

    def predecessors(self) -> dict[str, set[str]]:
        """For each node those it waits for."""
        found: dict[str, set[str]] = {node: set() for node in self.nodes}
        for source, target in self.edges:
            found[target].add(source)
        return found

    def broken(self) -> set[str]:
        """The nodes that make it no flow: duplicates, ends of bad edges, members of cycles."""
        known = Counter(self.nodes)
        bad = {node for node, count in known.items() if count > 1}
        for edge in self.edges:
            if edge[0] == edge[1] or not known.keys() >= set(edge):
                bad.update(edge)
        return bad | self._cyclic()

    def ordered(self) -> list[str]:
        """Topological order, the first in the array among those free; nodes of cycles are left out.

        Source: A. B. Kahn, Topological sorting of large networks (1962).
        """
        places = {node: place for place, node in enumerate(self.nodes)}
        targets: dict[str, set[str]] = {node: set() for node in self.nodes}
        for source, target in self.edges:
            if source != target and source in places and target in places:
                targets[source].add(target)
        waits = Counter(target for reached in targets.values() for target in reached)
        free = [places[node] for node in targets if not waits[node]]
        heapify(free)
        order = []
        while free:
            node = self.nodes[heappop(free)]
            order.append(node)
            for target in targets[node]:
                waits[target] -= 1
                if not waits[target]:
                    heappush(free, places[target])
        return order

    def _cyclic(self) -> set[str]:
        """The nodes that a path leads back to; only those without a place in the order can be."""
        waiting = set(self.nodes) - set(self.ordered())
        targets: dict[str, set[str]] = {node: set() for node in waiting}
        for source, target in self.edges:
            if source in waiting and target in waiting and source != target:
                targets[source].add(target)
        return {node for node in waiting if node in _reached(targets, node)}


@dataclass(frozen=True)
class Judged:
    """What came of one graph, and how long it took from the request to the end."""

    graph: Graph
    outcome: str
    seconds: float


async def judged(stack: RunningStack, graph: Graph) -> Judged:
    """The graph run, or refused. Raises: AssertionError where it was not as it must be."""
    async with stack.client() as client, stack.http() as http:
        key = uuid4().hex
        began = perf_counter()
        if bad := graph.broken():
            problems = await _refused(client, graph, key)
            return Judged(graph, _judge_refusal(bad, problems), perf_counter() - began)
        accepted = await client.runs.create(
            flow=drawing(graph, key), input=GO, wait=LONGEST_SECONDS
        )
        seconds = perf_counter() - began
        assert accepted.status == "completed", accepted
        steps = await _steps(http, accepted.run_id)
        outputs = {str(step["node"]): str(step["output"]) for step in steps}
        assert list(outputs) == graph.ordered(), "numbered in topological order, each once"
        assert {(step["status"], step["attempt"]) for step in steps} == {("completed", 1)}
        _judge_order(graph, await history(http, accepted.run_id))
        await _judge_inputs(stack, graph, key, outputs)
        return Judged(graph, "completed", seconds)


def drawing(graph: Graph, key: str) -> Drawn:
    """The graph as a flow; `key` makes its calls of the model distinct from all others."""
    nodes = [_node(graph, key, place) for place in range(len(graph.nodes))]
    edges = [{"source": source, "target": target} for source, target in graph.edges]
    return {"nodes": nodes, "edges": edges}


async def _steps(http: httpx2.AsyncClient, run: str) -> list[dict[str, object]]:
    """All steps of a run, in the largest pages there are."""
    steps: list[dict[str, object]] = []
    cursor: str | None = "0"
    while cursor is not None:
        answer = await http.get(f"runs/{run}/steps", params={"cursor": cursor, "limit": 1000})
        page = answer.raise_for_status().json()
        steps += page["items"]
        cursor = page["next_cursor"]
    return steps


async def history(http: httpx2.AsyncClient, run: str) -> list[dict[str, object]]:
    """All lifecycle facts of a run, in order."""
    facts: list[dict[str, object]] = []
    after: int | None = 0
    while after is not None:
        query = {"after": after, "limit": 1000}
        headers = {"Accept": "application/json"}
        answer = await http.get(f"runs/{run}/events", params=query, headers=headers)
        page = answer.raise_for_status().json()
        facts += [item["data"] for item in page["items"]]
        after = page["next_after"]
    return facts


def are_agents(graph: Graph) -> bool:
    """Its nodes are agents rather than templates."""
    return len(graph.nodes) <= MOST_AGENTS


def _reached(targets: Mapping[str, set[str]], start: str) -> set[str]:
    """The nodes that a path of one edge or more leads to."""
    found: set[str] = set()
    ahead = list(targets[start])
    while ahead:
        node = ahead.pop()
        if node not in found:
            found.add(node)
            ahead += targets[node]
    return found


def _node(graph: Graph, key: str, place: int) -> Drawn:
    node = graph.nodes[place]
    if not are_agents(graph):
        return {"id": node, "type": "template", "data": {"template": node}}
    said = json.dumps(f"{node} speaks {place}", ensure_ascii=False)
    instructions = f"{key}.{place} [[sim: text={said} rate=0]]"
    return {"id": node, "type": "agent", "data": {"instructions": instructions}}


async def _refused(client: Penstock, graph: Graph, key: str) -> Iterable[str]:
    """The nodes named when the graph is refused."""
    with pytest.raises(RejectedError) as refused:
        await client.runs.create(flow=drawing(graph, key), input=GO)
    assert refused.value.status == 422
    return [node for problem in refused.value.problems for node in problem.nodes]


def _judge_refusal(bad: set[str], named: Iterable[str]) -> str:
    assert set(named) == bad, "every node that is at fault is named, and no other"
    return f"refused, naming {len(bad)}"


def _judge_order(graph: Graph, facts: Sequence[Mapping[str, object]]) -> None:
    """Each node ready once and completed once, ready after all it waits for was completed."""
    places: dict[tuple[object, object], list[int]] = {}
    for place, fact in enumerate(facts):
        if "node" in fact:
            places.setdefault((fact["type"], fact["node"]), []).append(place)
    for node, sources in graph.predecessors().items():
        [ready] = places["step.ready", node]
        [completed] = places["step.completed", node]
        assert ready < completed
        for source in sources:
            assert places["step.completed", source][0] < ready, (source, node)


async def _judge_inputs(
    stack: RunningStack, graph: Graph, key: str, outputs: Mapping[str, str]
) -> None:
    """The model was asked once for each node, with the outputs its predecessors recorded."""
    if not are_agents(graph):
        assert outputs == {node: node for node in graph.nodes}
        return
    calls = await stack.calls(key)
    asked = {str(call["system"]).partition(" ")[0]: _prompt(call) for call in calls}
    assert len(calls) == len(asked) == len(graph.nodes), "every node is asked for once"
    numbers = {node: number for number, node in enumerate(graph.ordered())}
    predecessors = graph.predecessors()
    for place, node in enumerate(graph.nodes):
        sources = sorted(predecessors[node], key=numbers.__getitem__)
        expected = "\n\n".join(outputs[source] for source in sources) if sources else GO
        assert asked[f"{key}.{place}"] == expected, node
        assert outputs[node] == f"{node} speaks {place}"


def _prompt(call: Mapping[str, object]) -> str:
    [message] = cast("list[dict[str, str]]", call["messages"])
    return message["content"]


async def _run_all(stack: RunningStack, paths: Sequence[Path]) -> Table:
    table = Table("graph", "nodes", "edges", "kind", "outcome", "seconds")
    for path in paths:
        graph = Graph.of(path.name, json.loads(path.read_text()))
        found = await judged(stack, graph)
        kind = "agents" if are_agents(graph) else "templates"
        size = (str(len(graph.nodes)), str(len(graph.edges)))
        table.add_row(path.name, *size, kind, found.outcome, f"{found.seconds:.2f}")
    return table


def main() -> None:
    """Run every graph of a directory on a stack of its own, and print what came of each."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tests.acceptance.graphs DIRECTORY")
    paths = sorted(Path(sys.argv[1]).glob("*.json"))
    with running_stack() as stack:
        Console(width=100).print(asyncio.run(_run_all(stack, paths)))


if __name__ == "__main__":
    main()
