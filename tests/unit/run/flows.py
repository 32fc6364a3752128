"""Random drawings that are flows: every kind and branch, retries, timeouts, failures survived."""

from __future__ import annotations

from hypothesis import strategies as st

from shared.flow import JSON
from tests.unit.flow.drawing import Drawn, drawing, edge, node

KINDS = ("template", "template", "agent", "merge", "condition", "approval", "input", "output")
HANDLES: dict[str, tuple[str | None, ...]] = {
    "condition": ("yes", "else"),
    "approval": ("approved", "rejected"),
}


@st.composite
def drawings(draw: st.DrawFn, most: int = 7) -> Drawn:
    """One to `most` nodes, edges from earlier ones to later ones."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=most))
    edges: list[Drawn] = []
    for target in range(1, len(kinds)):
        sources = st.lists(st.integers(0, target - 1), max_size=3, unique=True)
        for source in draw(sources):
            handle = draw(st.sampled_from(HANDLES.get(kinds[source], (None,))))
            edges.append(edge(str(source), str(target), handle))
    entered = {one["target"] for one in edges}
    nodes = [
        draw(_node(str(n), "template" if kind == "output" and str(n) not in entered else kind))
        for n, kind in enumerate(kinds)
    ]
    return drawing(nodes, edges)


@st.composite
def _node(draw: st.DrawFn, name: str, kind: str) -> Drawn:
    data: dict[str, JSON] = {
        "on_error": draw(st.sampled_from(["fail", "continue", "continue"])),
        "retry": {"max_attempts": draw(st.integers(1, 3)), "initial_seconds": 1},
    }
    if draw(st.integers(0, 3)) == 0:
        data["queue_seconds"] = 30
    match kind:
        case "agent":
            data["instructions"] = "Work."
        case "condition":
            data["branches"] = [{"handle": "yes", "expression": "true"}]
        case "approval":
            timeout: JSON = draw(st.sampled_from([None, 60]))
            data["timeout_seconds"] = timeout
            data["default"] = draw(st.sampled_from([None, "approve", "reject"]))
    return node(name, kind, **data)
