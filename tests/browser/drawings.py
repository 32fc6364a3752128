"""Flows that the pages are looked at with."""

from __future__ import annotations

from typing import Any

REVIEWERS = ("Facts", "Clarity", "Tone")
SAYS = "It is sound, and it is said twice where once would do; see the second part. " * 4
MARKDOWN = """## What holds

Tides come from the **Moon's** pull.

1. Spring tides
2. Neap tides

| Place | Range |
|---|---|
| Fundy | 16 m |

```python
print("a line of code that is much longer than a telephone is wide, and scrolls by itself")
```

See [the tables](https://example.org/t), not [this](javascript:alert(1)) ![a view](https://x.example/i.png).
"""


def agent(node: str, instructions: str, **data: object) -> dict[str, Any]:
    """One model call."""
    return {"id": node, "type": "agent", "data": {"instructions": instructions, **data}}


def review(rate: int = 0) -> dict[str, Any]:
    """Three agents side by side, a merge, a question, and two ways on from it."""
    said = f"[[sim: text='{SAYS}' rate={rate}]]"
    nodes = [{"id": "draft", "type": "input", "data": {"label": "Draft"}}]
    nodes += [agent(name.lower(), f"Review. {said}", label=name) for name in REVIEWERS]
    nodes += [
        {"id": "reviews", "type": "merge", "data": {"label": "All reviews"}},
        {"id": "ok", "type": "approval", "data": {"label": "Publish?", "prompt": "Publish it?"}},
        agent("author", "Rewrite it. [[sim: text=better rate=0]]", label="Author"),
        {"id": "no", "type": "template", "data": {"template": "Rejected.", "label": "Say no"}},
    ]
    ways = [(source, "reviews") for source in map(str.lower, REVIEWERS)]
    edges: list[dict[str, str]] = [
        *({"source": "draft", "target": source} for source, _ in ways),
        *({"source": source, "target": target} for source, target in ways),
        {"source": "reviews", "target": "ok"},
        {"source": "ok", "sourceHandle": "approved", "target": "author"},
        {"source": "ok", "sourceHandle": "rejected", "target": "no"},
    ]
    return {"nodes": nodes, "edges": edges}
