"""Runs as rows, with the statuses people read; every question is about one workspace.

A run shows `waiting` while it runs, a person is asked and nothing else is under way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import asyncpg
import pydantic_core
from pydantic import JsonValue

from shared.ledger.facts import Source
from shared.ledger.pool import translated
from shared.log.subjects import Address
from shared.run.status import RunStatus

_WAITING = """(r.status = 'running'
    and exists (select from steps s where s.run_id = r.run_id and s.status = 'waiting')
    and not exists (select from steps s where s.run_id = r.run_id
                    and s.status in ('ready', 'running', 'retrying')))"""
_SELECT = f"""select r.run_id::text as run, r.workspace, r.partition, r.status::text as status,
    r.flow, r.pipeline_id, r.pipeline_version, r.pipeline_name, r.input_preview, r.input_sha256,
    r.input_size_bytes, r.metadata, r.limits, r.on_disconnect, r.start_at, r.forked_from,
    r.from_steps, r.requested_by, r.created_at, r.started_at, r.cancel_requested_at, r.stopping,
    r.finished_at, r.result, r.error, r.last_seq as last_sequence,
    r.finished_seq as finished_sequence, {_WAITING} as is_waiting from runs r"""
_JSON = ("metadata", "limits", "result", "error", "from_steps")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_LEAST, _GREATEST = ("-".join(digit * n for n in (8, 4, 4, 4, 12)) for digit in "0f")


class Cursor(NamedTuple):
    """The place of a run in a list ordered by time and id."""

    created_at: datetime
    run: str


START = Cursor(datetime(9999, 1, 1, tzinfo=UTC), _GREATEST)
"""Before every run, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run without its texts: those are in its facts (`requested`, and the facts of `result`).

    `result` and `error` are as in run.completed and run.failed; `sequence`s are of the log.
    """

    run: str
    workspace: str
    partition: int
    status: RunStatus
    flow: str
    pipeline_id: str | None
    pipeline_version: str | None
    pipeline_name: str | None
    input_preview: str
    input_sha256: str
    input_size_bytes: int
    metadata: dict[str, JsonValue]
    limits: dict[str, JsonValue]
    on_disconnect: str
    start_at: str | None
    forked_from: str | None
    from_steps: list[int] | None
    requested_by: str | None
    created_at: datetime
    started_at: datetime | None
    cancel_requested_at: datetime | None
    stopping: str | None
    finished_at: datetime | None
    result: list[dict[str, JsonValue]] | None
    error: dict[str, JsonValue] | None
    last_sequence: int
    finished_sequence: int | None

    @property
    def is_finished(self) -> bool:
        """The run has ended, and all its facts that count are in Postgres."""
        return self.finished_sequence is not None

    @property
    def cursor(self) -> Cursor:
        """Where the next page after this run begins."""
        return Cursor(self.created_at, self.run)


class IdRange(NamedTuple):
    """Ids from the first to the last, both of them among these."""

    first: str
    last: str

    @classmethod
    def beginning(cls, prefix: str) -> IdRange:
        """All ids that begin with `prefix`, hex digits and dashes. Raises: ValueError."""
        filled = [prefix + rest[len(prefix) :] for rest in (_LEAST, _GREATEST)]
        if not prefix or not all(map(_ID.fullmatch, filled)):
            raise ValueError("expected the beginning of a run's id")
        return cls(*filled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which runs a list is about; None leaves a question out. `workspace` None means all."""

    workspace: str | None
    status: RunStatus | None = None
    pipeline_id: str | None = None
    created_after: datetime | None = None
    forked_from: str | None = None
    ids: IdRange | None = None


async def get_run(source: Source, workspace: str, run: str) -> Run | None:
    """The run, or None. Raises: Unavailable."""
    with translated():
        row = await source.fetchrow(
            f"{_SELECT} where r.run_id = $1 and r.workspace = $2", run, workspace
        )
    return _run(row) if row else None


async def list_runs(
    source: Source, wanted: Wanted, *, cursor: Cursor = START, limit: int = 50
) -> list[Run]:
    """At most `limit` runs behind the cursor, newest first. Raises: Unavailable."""
    query = _Query(f"{_SELECT} where (r.created_at, r.run_id) < ($1, $2)", [*cursor])
    if wanted.workspace is not None:
        query.add("r.workspace = {}", wanted.workspace)
    if wanted.pipeline_id is not None:
        query.add("r.pipeline_id = {}", wanted.pipeline_id)
    if wanted.created_after is not None:
        query.add("r.created_at > {}", wanted.created_after)
    if wanted.forked_from is not None:
        query.add("r.forked_from = {}", wanted.forked_from)
    if wanted.ids is not None:
        query.add("r.run_id >= {}", wanted.ids.first)
        query.add("r.run_id <= {}", wanted.ids.last)
    if wanted.status is not None:
        is_waiting = wanted.status == "waiting"
        query.add("r.status = {}::run_status", "running" if is_waiting else wanted.status)
        if wanted.status in ("running", "waiting"):
            query.text += f" and {'' if is_waiting else 'not '}{_WAITING}"
    query.text += f" order by r.created_at desc, r.run_id desc limit {int(limit)}"
    with translated():
        rows = await source.fetch(query.text, *query.arguments)
    return [_run(row) for row in rows]


async def workspace_of(source: Source, run: str) -> str | None:
    """Whose run it is, or None if it is not known. Raises: Unavailable."""
    with translated():
        found: str | None = await source.fetchval(
            "select workspace from runs where run_id = $1", run
        )
    return found


async def end_of(source: Source, workspace: str, run: str) -> int | None:
    """The sequence of the run's terminal fact; None while it lives or if it is not known.

    Raises: Unavailable.
    """
    with translated():
        sequence: int | None = await source.fetchval(
            "select finished_seq from runs where run_id = $1 and workspace = $2", run, workspace
        )
    return sequence


async def living_by_status(source: Source) -> dict[RunStatus, int]:
    """How many runs have not ended, of all workspaces, by status. Raises: Unavailable."""
    with translated():
        rows = await source.fetch(
            f"select case when {_WAITING} then 'waiting' else r.status::text end as status, "
            "count(*) from runs r where r.finished_seq is null group by 1"
        )
    return dict(rows)


class Unfinished(NamedTuple):
    """A run that has not ended, as far as Postgres knew at `seen_at` (its clock)."""

    address: Address
    requested_at: datetime
    seen_at: datetime


async def unfinished_runs(
    source: Source, *, after: str = "00000000-0000-0000-0000-000000000000", limit: int = 1000
) -> list[Unfinished]:
    """At most `limit` runs that have not ended, of all workspaces, by id. Raises: Unavailable."""
    with translated():
        rows = await source.fetch(
            "select partition, workspace, run_id::text, created_at, clock_timestamp() as seen_at "
            "from runs where finished_seq is null and run_id > $1 order by run_id limit $2",
            after,
            limit,
        )
    return [
        Unfinished(
            Address(row["partition"], row["workspace"], row["run_id"]),
            row["created_at"],
            row["seen_at"],
        )
        for row in rows
    ]


class _Query:
    def __init__(self, text: str, arguments: list[object]) -> None:
        self.text = text
        self.arguments = arguments

    def add(self, condition: str, argument: object) -> None:
        self.arguments.append(argument)
        self.text += " and " + condition.format(f"${len(self.arguments)}")


def _run(row: asyncpg.Record) -> Run:
    values: dict[str, Any] = dict(row)
    for name in _JSON:
        if values[name] is not None:
            values[name] = pydantic_core.from_json(values[name])
    if values.pop("is_waiting"):
        values["status"] = "waiting"
    return Run(**values)
