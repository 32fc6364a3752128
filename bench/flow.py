"""The flows that are measured most.

three steps   `template` steps, one after the other
fan-out       a hundred `template` steps at once, and a `merge` of them
one agent     a model that says what the simulator's marker asks for
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Final

SUFFIXES: Final = ("-first", "-second", "-third")
PARTS: Final = 100
BLANK_LINE: Final = "\n\n"


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


def fan_out() -> dict[str, object]:
    """The flow as React Flow stores it."""
    parts = [f"part-{number}" for number in range(PARTS)]
    steps = [
        {"id": part, "type": "template", "data": {"template": "{{input}}-" + part}}
        for part in parts
    ]
    merge = {"id": "all", "type": "merge", "data": {"strategy": "concat"}}
    return {
        "nodes": [*steps, merge],
        "edges": [{"source": part, "target": "all"} for part in parts],
    }


def fan_out_output(text: str) -> str:
    """What a run of `fan_out` on `text` must give."""
    return BLANK_LINE.join(f"{text}-part-{number}" for number in range(PARTS))


def one_agent(marker: str) -> dict[str, object]:
    """The flow as React Flow stores it."""
    data = {"instructions": instructions(marker)}
    return {"nodes": [{"id": "agent", "type": "agent", "data": data}], "edges": []}


def instructions(marker: str) -> str:
    """What the agent is told, and the model's stand-in with it."""
    return f"Answer. [[sim: {marker}]]"


def run_body(pipeline_id: str, text: str) -> bytes:
    """The body of `POST /runs`."""
    return json.dumps({"pipeline_id": pipeline_id, "input": text}).encode()
