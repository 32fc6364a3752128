"""Steps of a run as rows, with their attempts and inputs; every question is about one workspace.

Only steps of which something is recorded have rows; of the others the flow knows. A step without
an outcome is cancelled with its run's end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import pydantic_core
from pydantic import JsonValue

from shared.ledger.facts import Source
from shared.ledger.pool import translated
from shared.run.status import StepStatus

_STEPS = """select s.step, s.node, s.kind, s.attempt, s.changed_at, a.pool, a.ready_at,
    a.started_at, a.finished_at, a.error, a.output_sha256, a.output_size_bytes,
    case when r.finished_seq is null or s.status in ('completed', 'failed', 'skipped', 'cancelled')
    then s.status else 'cancelled' end as status,
    (select coalesce(array_agg(i.source order by i.source), '{}') from step_inputs i
     where i.run_id = s.run_id and i.step = s.step) as sources
    from runs r join steps s using (run_id)
    left join attempts a on (a.run_id, a.step, a.attempt) = (s.run_id, s.step, s.attempt)
    where r.run_id = $1 and r.workspace = $2"""
_ATTEMPTS = """select a.step, a.attempt, a.pool, a.queue, a.ready_at, a.executions, a.worker,
    a.started_at, a.outcome, a.finished_at, a.error, a.model, a.stop_reason, a.truncated,
    a.output_sha256, a.output_size_bytes, a.aborted_after_ms
    from runs r join attempts a using (run_id) where r.run_id = $1 and r.workspace = $2"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step; pool, times, error and output are those of its latest attempt.

    `kind` is None if no fact names it (input and output nodes). `sources` are the steps whose
    outputs it was given.
    """

    step: int
    node: str
    kind: str | None
    status: StepStatus
    attempt: int
    changed_at: datetime
    pool: str | None
    ready_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    error: dict[str, JsonValue] | None
    output_sha256: str | None
    output_size_bytes: int | None
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a step; `outcome` is completed, failed, cancelled or None."""

    step: int
    attempt: int
    pool: str | None
    queue: str | None
    ready_at: datetime | None
    executions: int
    worker: str | None
    started_at: datetime | None
    outcome: str | None
    finished_at: datetime | None
    error: dict[str, JsonValue] | None
    model: str | None
    stop_reason: str | None
    truncated: bool
    output_sha256: str | None
    output_size_bytes: int | None
    aborted_after_ms: float | None


async def steps_of(source: Source, workspace: str, run: str) -> list[Step]:
    """The run's steps that have begun or were skipped, by number. Raises: Unavailable."""
    with translated():
        rows = await source.fetch(f"{_STEPS} order by s.step", run, workspace)
    return [Step(**_values(row) | {"sources": tuple(row["sources"])}) for row in rows]


async def attempts_of(
    source: Source, workspace: str, run: str, step: int | None = None
) -> list[Attempt]:
    """The attempts of one step, or of all, in order. Raises: Unavailable."""
    with translated():
        rows = await source.fetch(
            f"{_ATTEMPTS} and ($3::integer is null or a.step = $3) order by a.step, a.attempt",
            run,
            workspace,
            step,
        )
    return [Attempt(**_values(row)) for row in rows]


def _values(row: asyncpg.Record) -> dict[str, Any]:
    values = dict(row)
    if values["error"] is not None:
        values["error"] = pydantic_core.from_json(values["error"])
    return values
