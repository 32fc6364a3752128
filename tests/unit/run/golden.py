"""Golden histories: runs as the log kept them, with what they meant when they were recorded.

    {"flow": {...}}                                                       the drawing
    {"flow": {...}, "kept": [...]}                     of a fork, with what it has from another run
    {"sequence", "time", "fact": {the bytes of the log}, "status", "owed"}   one line a fact

`status` and `owed` are what the run was and required after that fact. Whoever changes a line that
stands here changes what recorded runs mean: that needs a new version of the fact, not a new line.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from shared.flow import Flow
from shared.log.subjects import rest_of
from shared.run import (
    NOTHING_KEPT,
    Kept,
    Recorded,
    RunState,
    Timer,
    body_of,
    decode,
    encode,
    kept_in,
    owed,
    status_of,
)
from shared.run.owed import Owed
from tests.unit.flow.drawing import Drawn, flow_of

FOLDER = Path(__file__).parent / "golden"


@dataclass(frozen=True)
class Golden:
    """A history as it was recorded: `lines` are the raw lines behind the drawing's."""

    flow: Flow
    lines: tuple[str, ...]
    kept: Kept = field(default_factory=dict)

    def recorded(self) -> list[Recorded]:
        return [_recorded(line) for line in self.lines]


def read(path: Path) -> Golden:
    """The golden history of this file."""
    first, *lines = path.read_text().splitlines()
    said = json.loads(first)
    kept = kept_in(json.dumps(said.get("kept", [])).encode())
    return Golden(flow_of(said["flow"]), tuple(lines), kept)


def line_of(recorded: Recorded, after: RunState) -> str:
    """The line of a fact, with the state after it."""
    at = recorded.time.isoformat(timespec="microseconds")
    head = json.dumps({"sequence": recorded.sequence, "time": at})
    tail = json.dumps({"status": status_of(after), "owed": [_named(one) for one in owed(after)]})
    fact = encode(recorded.fact, recorded.fact.at or at).decode()
    return f'{head[:-1]}, "fact": {fact}, {tail[1:]}'


def fact_in(line: str) -> tuple[int, int]:
    """Where the fact's bytes begin and end in a line."""
    return line.index('"fact": ') + len('"fact": '), line.rindex(', "status": ')


def first_line(raw: Drawn, kept: Kept = NOTHING_KEPT) -> str:
    """The line of the drawing."""
    listed = {"kept": json.loads(body_of(kept.values()))} if kept else {}
    return json.dumps({"flow": raw, **listed})


def _recorded(line: str) -> Recorded:
    said = json.loads(line)
    start, end = fact_in(line)
    fact = decode(line[start:end].encode())
    time = datetime.fromisoformat(said["time"])
    return Recorded(fact=fact, sequence=said["sequence"], time=time)


def _named(one: Owed) -> str:
    if isinstance(one, Timer):
        return f"{rest_of(one.fact)} at {one.fires_at.isoformat(timespec='milliseconds')}"
    return rest_of(one)
