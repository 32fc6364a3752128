"""What the faults of a drawing leave open: which ids are steps, and which ways are meant.

A node whose type nobody executes may be the step that a template names; an edge to a node that is
not there may be meant for any. To tell of that template too would be to tell one fault twice.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from shared.flow.graph import Graph
from shared.flow.order import Targets
from shared.flow.rules import DECORATION, connected_ids


class Drawn(NamedTuple):
    """All that edges join, be it a step or not: vertices by id, and where their edges lead.

    `below` are the vertices to which a lost way may lead, `above` those from which one may.
    """

    vertices: dict[str, int]
    targets: Targets
    above: frozenset[int]
    below: frozenset[int]


def doubtful_ids(graph: Graph) -> frozenset[str]:
    """The ids of nodes that are no steps only because of a problem told elsewhere."""
    connected = connected_ids(graph)
    meant = {
        node.id
        for node in graph.nodes
        if node.type is None
        or (node.kind is None and node.type not in DECORATION and node.id in connected)
    }
    return frozenset(meant | graph.lost_ids)


def drawn(graph: Graph) -> Drawn:
    """The drawing as its edges have it, with what is missing from it. O(V + E)."""
    lost = graph.lost_links
    links = [(link.source, link.target) for link in graph.links]
    links += [(source, target) for source, target in lost if source and target]
    ids = dict.fromkeys(node.id for node in graph.nodes)
    vertices = {node: n for n, node in enumerate(dict.fromkeys([*ids, *_ends(links)]))}
    pairs = {(vertices[s], vertices[t]) for s, t in links if s != t}
    onward = _joined(len(vertices), pairs)
    holes = {vertex for node, vertex in vertices.items() if node not in ids}
    if (None, None) in lost:
        holes = set(vertices.values())
    entered = holes | {vertices[t] for s, t in lost if s is None and t in vertices}
    left = holes | {vertices[s] for s, t in lost if t is None and s in vertices}
    backward = _joined(len(vertices), {(target, source) for source, target in pairs})
    return Drawn(vertices, onward, _reached(left, backward), _reached(entered, onward))


def _ends(links: Iterable[tuple[str, str]]) -> list[str]:
    return [end for link in links for end in link]


def _joined(count: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    targets: list[list[int]] = [[] for _ in range(count)]
    for source, target in pairs:
        targets[source].append(target)
    return targets


def _reached(starts: Collection[int], targets: Targets) -> frozenset[int]:
    reached = set(starts)
    pending = list(starts)
    while pending:
        for target in targets[pending.pop()]:
            if target not in reached:
                reached.add(target)
                pending.append(target)
    return frozenset(reached)
