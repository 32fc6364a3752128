"""Steps that have begun and are not over, of many runs at one look: what lists tell of waiting.

Of the steps of a run that are alike (status, stage, pool) the first stands for all: a run may have
a thousand that wait in one queue. `standing` is as the projector ranks steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import asyncpg

from shared.ledger.facts import Source, entry_of
from shared.ledger.pool import translated
from shared.run import facts as f
from shared.run.state import Stage
from shared.run.wire import UnknownFact

_STAGE_BITS, _STAGES = 32, 16

# A run at work waits for nothing: its other steps are not asked for. Facts are found one by one, by
# the index of their run, whatever is believed of how many there are.
_PENDING = """
select s.run_id::text as run, s.step, s.node, s.standing, s.pool, s.queue,
    s.error ->> 'code' as error, fact.*
from (
    select distinct on (p.run_id, p.status, p.standing >> 32 & 15, a.pool) p.run_id, p.step, p.node,
        p.status, p.attempt, p.standing, a.pool, a.queue, a.error
    from steps p left join attempts a using (run_id, step, attempt)
    where p.run_id = any($1::uuid[]) and p.status in ('ready', 'waiting', 'retrying')
        and not exists (
            select from steps w where w.run_id = p.run_id and w.status = 'running'
        )
    order by p.run_id, p.status, p.standing >> 32 & 15, a.pool, p.step
) s
left join lateral (
    select f.partition, f.workspace, f.seq, f.rest, f.data, f.time from facts f
    where f.run_id = s.run_id and f.rest = concat_ws('.', 'step', s.step, s.attempt,
        case s.status when 'waiting' then 'waiting' else 'retry' end)
        and s.status <> 'ready'
    limit 1
) fact on true
order by s.run_id, s.step
"""


class Pending(NamedTuple):
    """Such a step; `until` is when its question ends, or it is tried again, if that is known."""

    step: int
    node: str
    stage: Stage
    pool: str | None
    queue: str | None
    error: str | None
    until: datetime | None


async def pending_steps(source: Source, runs: Sequence[str]) -> dict[str, list[Pending]]:
    """By run, in the order of their numbers; none of runs a step of which is worked on.

    Raises: Unavailable.
    """
    found: dict[str, list[Pending]] = {}
    if not runs:
        return found
    with translated():
        rows = await source.fetch(_PENDING, runs)
    for row in rows:
        found.setdefault(row["run"], []).append(_pending(row))
    return found


def _pending(row: asyncpg.Record) -> Pending:
    stage = Stage((row["standing"] >> _STAGE_BITS) % _STAGES)
    until = None if row["data"] is None else _until(row)
    named = (row["pool"], row["queue"], row["error"])
    return Pending(row["step"], row["node"], stage, *named, until)


def _until(row: asyncpg.Record) -> datetime | None:
    """When the question ends, or the next attempt begins."""
    try:
        recorded = entry_of(row, row["workspace"], row["run"]).recorded()
    except UnknownFact:
        return None  # of a later version
    match recorded.fact:
        case f.StepRetryScheduled(delay_seconds=seconds):
            return recorded.time + timedelta(seconds=seconds)
        case f.StepWaiting(timeout_seconds=int(seconds)):
            return recorded.time + timedelta(seconds=seconds)
        case _:
            return None
