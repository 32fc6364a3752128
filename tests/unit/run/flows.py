"""Random drawings that are flows: every kind and branch, retries, timeouts, failures survived."""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

from shared.flow import JSON
from tests.unit.flow.drawing import Drawn, drawing, edge, node

KINDS = ("template", "template", "agent", "merge", "condition", "approval", "input", "output")
HANDLES: dict[str, tuple[str | None, ...]] = {
    "condition": ("yes", "else"),
    "approval": ("approved", "rejected"),
}


def drawn(chance: Random, most: int = 7) -> Drawn:
    """One to `most` nodes, edges from earlier ones to later ones."""
    kinds = [chance.choice(KINDS) for _ in range(chance.randint(1, most))]
    edges: list[Drawn] = []
    for target in range(1, len(kinds)):
        for source in chance.sample(range(target), min(target, chance.randint(0, 3))):
            handle = chance.choice(HANDLES.get(kinds[source], (None,)))
            edges.append(edge(str(source), str(target), handle))
    entered = {one["target"] for one in edges}
    nodes = [
        _node(chance, str(n), "template" if kind == "output" and str(n) not in entered else kind)
        for n, kind in enumerate(kinds)
    ]
    return drawing(nodes, edges)


def drawings(most: int = 7) -> st.SearchStrategy[Drawn]:
    """The same as a strategy."""
    return st.builds(drawn, st.randoms(use_true_random=False), st.just(most))


def _node(chance: Random, name: str, kind: str) -> Drawn:
    data: dict[str, JSON] = {
        "on_error": chance.choice(["fail", "continue", "continue"]),
        "retry": {"max_attempts": chance.randint(1, 3), "initial_seconds": 1},
    }
    if chance.random() < 0.25:
        data["queue_seconds"] = 30
    match kind:
        case "agent":
            data["instructions"] = "Work."
        case "condition":
            data["branches"] = [{"handle": "yes", "expression": "true"}]
        case "approval":
            data["timeout_seconds"] = chance.choice([None, 60])
            data["default"] = chance.choice([None, "approve", "reject"])
    return node(name, kind, **data)
