"""The deepest graph found in the wild, the history of a large repository, or one shaped like it.

Like the real one it has 13,019 nodes, 17,717 edges, a longest path of 9,854 nodes, one root, and
4,699 nodes where two lines meet; no node has more than two edges in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from shared.errors import Rejected

DEPTH: Final = 9_854
BRANCHES: Final = 3_165
SHORT_CUTS: Final = 1_534
SPREAD: Final = 40

Edge = tuple[str, str]


class Graph(NamedTuple):
    """Nodes, and edges by the ids of source and target."""

    nodes: Sequence[str]
    edges: Sequence[Edge]

    def flow(self) -> dict[str, object]:
        """React Flow JSON: every node a template that writes its own id."""
        return {
            "nodes": [
                {"id": node, "type": "template", "data": {"template": node}} for node in self.nodes
            ],
            "edges": [{"source": source, "target": target} for source, target in self.edges],
        }


class Meeting(NamedTuple):
    """Where a second line comes back to the trunk; `passes_node` unless it is a bare edge."""

    source: int
    target: int
    passes_node: bool


def deepest() -> Graph:
    """The generated graph, the same every time: a trunk, branches of one node, short cuts."""
    trunk = [f"trunk-{number}" for number in range(DEPTH)]
    nodes = list(trunk)
    edges = [(trunk[at - 1], trunk[at]) for at in range(1, DEPTH)]
    for meeting in _meetings():
        source, target = trunk[meeting.source], trunk[meeting.target]
        if meeting.passes_node:
            branch = f"branch-{meeting.target}"
            nodes.append(branch)
            edges += [(source, branch), (branch, target)]
        else:
            edges.append((source, target))
    return Graph(nodes, edges)


def read_graph(path: Path) -> Graph:
    """The graph of a React Flow file.

    Raises: Rejected, when the file holds no such graph.
    """
    try:
        drawn = json.loads(path.read_bytes())
        nodes = [str(node["id"]) for node in drawn["nodes"]]
        edges = [(str(edge["source"]), str(edge["target"])) for edge in drawn["edges"]]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise Rejected(f"expected React Flow JSON in {path}, found none: {error!r}") from error
    return Graph(nodes, edges)


def _meetings() -> Iterator[Meeting]:
    count = BRANCHES + SHORT_CUTS
    for number in range(count):
        target = 3 + number * (DEPTH - 3) // count
        source = max(0, target - 2 - number * 7 % SPREAD)
        passes_node = (number + 1) * BRANCHES // count > number * BRANCHES // count
        yield Meeting(source, target, passes_node)
