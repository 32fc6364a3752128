"""The flow that is measured most: three `template` steps, one after the other, no model."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Final

SUFFIXES: Final = ("-first", "-second", "-third")


def three_steps() -> dict[str, object]:
    """The flow as React Flow stores it."""
    names = [suffix[1:] for suffix in SUFFIXES]
    return {
        "nodes": [
            {"id": name, "type": "template", "data": {"template": "{{input}}" + suffix}}
            for name, suffix in zip(names, SUFFIXES, strict=True)
        ],
        "edges": [{"source": source, "target": target} for source, target in pairwise(names)],
    }


def three_steps_output(text: str) -> str:
    """What a run of `three_steps` on `text` must give."""
    return text + "".join(SUFFIXES)


def run_body(pipeline_id: str, text: str) -> bytes:
    """The body of `POST /runs`."""
    return json.dumps({"pipeline_id": pipeline_id, "input": text}).encode()
