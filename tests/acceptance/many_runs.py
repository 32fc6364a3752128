"""10,000 pipelines and a million runs as rows of Postgres, a fifth of them waiting for a person.

The same every time but for the day they end on. Runs are spread over 90 days and unevenly over
pipelines, callers, tags and metadata, so that what is looked for is now rare and now common.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from uuid import UUID

import asyncpg

from shared.log.subjects import rest_of
from shared.run import Recorded, evolve, facts_owed, initial
from shared.run import facts as f
from shared.run.wire import encode
from tests.unit.flow.drawing import drawing, edge, flow_of, node

PIPELINES, RUNS = 10_000, 1_000_000
DAYS = 90
PART = 20_000
HOME, OTHER = "default", "other"
NODES = ("researcher", "writer", "editor", "critic")
MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5")
THEMES = ("weekly", "invoice", "research", "support", "release", "legal", "onboarding", "audit")
_COUNTS = (
    *("input_tokens", "output_tokens", "thinking_tokens", "cache_read_tokens"),
    *("cache_creation_5m_tokens", "cache_creation_1h_tokens"),
    *("web_search_requests", "web_fetch_requests"),
)
COLUMNS = {
    "runs": (
        *("run_id", "workspace", "partition", "status", "flow", "pipeline_id", "pipeline_version"),
        *("pipeline_name", "input_preview", "input_sha256", "input_size_bytes", "metadata"),
        *("limits", "on_disconnect", "requested_by", "created_at", "started_at", "finished_at"),
        *("last_seq", "finished_seq", "tags", "waits"),
    ),
    "steps": (*("run_id", "step", "node", "kind", "status", "attempt", "standing", "changed_at"),),
    "attempts": (
        *("run_id", "step", "attempt", "executions", "started_at", "outcome", "finished_at"),
        *("model", "truncated"),
    ),
    "usage": ("run_id", "step", "attempt", "turn", "model", *_COUNTS),
    "facts": ("run_id", "seq", "workspace", "partition", "rest", "type", "time", "data"),
}
Rows = dict[str, list[tuple[object, ...]]]

DRAWING = drawing(
    [node("in", "input"), node("writer"), node("question", "approval"), node("out", "output")],
    [edge("in", "writer"), edge("writer", "question"), edge("question", "out", "approved")],
)
ASKING = flow_of(DRAWING)
NOBODY = str(UUID(int=0))
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
SPAN = 16
"""Places in the log that a run takes at most."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is made."""

    pipelines: int = PIPELINES
    runs: int = RUNS
    until: datetime = field(default_factory=lambda: datetime.now(UTC))


async def fill(connection: asyncpg.Connection, size: Size) -> None:
    """Make the rows, by COPY, and tell Postgres to look at them."""
    await connection.copy_records_to_table(
        "pipelines",
        records=list(_pipelines(size)),
        columns=("id", "workspace", "name", "flow", "version", "created_at"),
    )
    for rows in parts(size):
        for table, records in rows.items():
            await connection.copy_records_to_table(table, records=records, columns=COLUMNS[table])
    await connection.execute("vacuum analyze")


def parts(size: Size) -> Iterator[Rows]:
    """The rows of so many runs at a time, oldest first."""
    chance = Random(7)
    for start in range(0, size.runs, PART):
        rows: Rows = {table: [] for table in COLUMNS}
        for number in range(start, min(start + PART, size.runs)):
            _add_run(rows, number, size, chance)
        yield rows


def pipeline_id(number: int) -> str:
    return str(UUID(int=(1 << 100) + number))


def pipeline_name(number: int) -> str:
    return f"{THEMES[number % len(THEMES)].title()} {number}"


def _pipelines(size: Size) -> Iterator[tuple[object, ...]]:
    for number in range(size.pipelines):
        name = pipeline_name(number)
        yield pipeline_id(number), HOME, name, "{}", f"{number:064x}", size.until


def _add_run(rows: Rows, number: int, size: Size, chance: Random) -> None:
    age = timedelta(days=DAYS) * (1 - (number + chance.random()) / size.runs)
    at = size.until - age
    run = UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | number)
    status = _status(number, size, chance)
    is_over = status in ("completed", "failed")
    ended = at + timedelta(seconds=chance.expovariate(1 / 30)) if is_over else None
    pipeline = int(size.pipelines * chance.random() ** 3)
    customer = int(5_000 * chance.random() ** 2)
    metadata = {
        "ticket": f"A-{number}",
        "customer": f"c{customer}",
        "kind": chance.choice(("new", "repeat", "trial")),
    }
    tags = ["prod" if chance.random() < 0.6 else "test", f"team-{int(50 * chance.random() ** 2)}"]
    if chance.random() < 0.0002:
        tags.append("incident")
    waits = status == "waiting"
    workspace = OTHER if number % 10 == 9 else HOME
    rows["runs"].append((
        run, workspace, 0, "running" if waits else status,
        ASKING.version, pipeline_id(pipeline), f"{pipeline:064x}", pipeline_name(pipeline),
        f"Input number {number}: " + "a river at night " * 4, "0" * 64, 84, json.dumps(metadata),
        "{}", "continue", f"token-{int(20 * chance.random() ** 3)}", at, at, ended,
        number * SPAN + SPAN, number * SPAN + SPAN if is_over else None, json.dumps(tags), waits,
    ))  # fmt: skip
    _add_steps(rows, run, status, at, chance)
    if waits:
        rows["facts"] += _facts(run, number, workspace, at)


def _facts(run: UUID, number: int, workspace: str, at: datetime) -> Iterator[tuple[object, ...]]:
    """What was recorded until a person was asked."""
    first = number * SPAN + SPAN - len(_history()) + 1
    for sequence, (rest, kind, data) in enumerate(_history(), first):
        told = data.replace(NOBODY.encode(), str(run).encode())
        yield run, sequence, workspace, 0, rest, kind, at, told


@cache
def _history() -> list[tuple[str, str, bytes]]:
    """Of a run that waits: rest, type and bytes of each fact, in order."""
    state, facts = initial(ASKING), list[f.Lifecycle]()
    named = {"workspace": HOME, "run": NOBODY, "partition": 0}
    asked = f.RunRequested.model_validate({**named, "flow": ASKING.version})
    next_ones: list[f.Lifecycle] = [asked]
    while next_ones:
        for fact in next_ones:
            facts.append(fact)
            state = evolve(state, Recorded(fact=fact, sequence=len(facts), time=LONG_AGO))
            if isinstance(fact, f.StepReady):
                done = {**named, "step": fact.step, "node": fact.node, "attempt": 1, "output": "x"}
                next_ones.append(f.StepCompleted.model_validate(done))
        next_ones = [*facts_owed(state)]
    return [(rest_of(fact), fact.type, encode(fact, "")) for fact in facts]


def _status(number: int, size: Size, chance: Random) -> str:
    # No run waits for longer than 30 days.
    if number >= 0.68 * size.runs and number % 8 < 5:
        return "waiting"
    if number % 2_000 == 1:
        return "running"
    return "failed" if chance.random() < 0.02 else "completed"


def _add_steps(rows: Rows, run: UUID, status: str, at: datetime, chance: Random) -> None:
    node, model = chance.choice(NODES), chance.choice(MODELS)
    outcome = {"waiting": "completed", "running": None}.get(status, status)
    stands, height = outcome or "running", 1 << 36 | 9 << 32
    rows["steps"].append((run, 1, node, "agent", stands, 1, height, at))
    rows["attempts"].append((run, 1, 1, 1, at, outcome, at if outcome else None, model, False))
    if status == "waiting":
        asked = 1 << 36 | 4 << 32
        rows["steps"].append((run, 2, "question", "approval", "waiting", 1, asked, at))
    counts = (chance.randrange(200, 9_000), chance.randrange(50, 2_000), 0, 0, 0, 0, 0, 0)
    turns = (0, 1) if outcome == "completed" else (1,)
    rows["usage"] += [(run, 1, 1, turn, model, *counts) for turn in turns]
