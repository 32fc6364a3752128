"""Runs as rows, with the statuses people read; every question is about one workspace.

A run shows `waiting` while it runs, a person is asked and nothing else is under way: the projector
says so of each (`waits`), so that no list has to look at steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import pydantic_core
from pydantic import JsonValue

from shared.ledger.facts import Source
from shared.ledger.pool import translated
from shared.run.status import RunStatus

SELECT = """select r.run_id::text as run, r.workspace, r.partition, r.status::text as status,
    r.flow, r.pipeline_id, r.pipeline_version, r.pipeline_name, r.input_preview, r.input_sha256,
    r.input_size_bytes, r.metadata, r.limits, r.on_disconnect, r.start_at, r.forked_from,
    r.from_steps, r.requested_by, r.created_at, r.started_at, r.cancel_requested_at, r.stopping,
    r.finished_at, r.result, r.error, r.last_seq as last_sequence,
    r.finished_seq as finished_sequence, r.tags, r.waits from runs r"""
_JSON = ("metadata", "limits", "result", "error", "from_steps", "tags")


class Cursor(NamedTuple):
    """The place of a run in a list ordered by time and id."""

    created_at: datetime
    run: str


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
    tags: list[str]

    @property
    def is_finished(self) -> bool:
        """The run has ended, and all its facts that count are in Postgres."""
        return self.finished_sequence is not None

    @property
    def cursor(self) -> Cursor:
        """Where the next page after this run begins."""
        return Cursor(self.created_at, self.run)


async def get_run(source: Source, workspace: str, run: str) -> Run | None:
    """The run, or None. Raises: Unavailable."""
    with translated():
        row = await source.fetchrow(
            f"{SELECT} where r.run_id = $1 and r.workspace = $2", run, workspace
        )
    return run_of(row) if row else None


async def workspace_of(source: Source, run: str) -> str | None:
    """Whose run it is, or None if it is not known. Raises: Unavailable."""
    with translated():
        found: str | None = await source.fetchval(
            "select workspace from runs where run_id = $1", run
        )
    return found


async def is_deleted(source: Source, workspace: str, run: str) -> bool:
    """Whether the run was there and was deleted. Raises: Unavailable."""
    with translated():
        found: bool = await source.fetchval(
            "select exists (select from deletions where run_id = $1 and workspace = $2 "
            "and done_at is not null)",
            run,
            workspace,
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
            "select status::text as status, waits, count(*) as number from runs "
            "where finished_seq is null group by status, waits"
        )
    return {"waiting" if row["waits"] else row["status"]: row["number"] for row in rows}


def run_of(row: asyncpg.Record) -> Run:
    """The run of a row of SELECT."""
    values: dict[str, Any] = dict(row)
    for name in _JSON:
        if values[name] is not None:
            values[name] = pydantic_core.from_json(values[name])
    if values.pop("waits"):
        values["status"] = "waiting"
    return Run(**values)
