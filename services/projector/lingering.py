"""What is to be deleted from the log: a queue in Postgres, filled with the facts themselves.

A run joins in the transaction that stores its end, so all its facts are stored by then. It is
taken out in the transaction during which they are deleted from the log: whoever breaks off leaves
it in the queue, and deleting again does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from services.projector.rows import Story
from shared.log.port import Entry

# A reader who was told that a run lives has this long to read it from the log.
LEAST_SECONDS = 10
FACTS_BEHIND = 500_000
INERT_FOR = timedelta(days=1)
RUNS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Terms:
    """When a run is due: so long after its end, or with so many facts behind it."""

    linger_seconds: float
    facts_behind: int = FACTS_BEHIND
    least_seconds: float = LEAST_SECONDS


async def linger(connection: asyncpg.Connection, told: Iterable[Story]) -> None:
    """Those of these runs that have ended by these stories are to leave the log in time."""
    ended = [story.run.run_id for story in told if story.run.finished_seq is not None]
    if ended:
        await connection.execute(
            "insert into lingering_runs (run_id, finished_seq) select run_id, finished_seq "
            "from runs where run_id = any($1::uuid[]) and finished_seq is not null "
            "on conflict do nothing",
            ended,
        )


async def set_apart(connection: asyncpg.Connection, late: Sequence[Entry]) -> None:
    """Remember those of these entries that will not leave the log with their runs."""
    if not late:
        return
    # Waits for whoever is deleting one of the runs: these facts are not among what it deletes.
    rows = await connection.fetch(
        "select run_id::text from lingering_runs where run_id = any($1::uuid[]) for share",
        list({each.address.run for each in late}),
    )
    lingering = {row["run_id"] for row in rows}
    await connection.executemany(
        "insert into inert_facts (seq, run_id) values ($1, $2) on conflict do nothing",
        [(e.sequence, e.address.run) for e in late if e.address.run not in lingering],
    )


async def due_runs(connection: asyncpg.Connection, terms: Terms, last_sequence: int) -> list[str]:
    """The runs that are due, at most 500, nobody else's until the transaction ends."""
    rows = await connection.fetch(
        # Only the oldest are looked at, and only those that are due are locked.
        "with oldest as (select * from lingering_runs l where since <= now() - $1::interval "
        "and not exists (select from parked_runs p where p.run_id = l.run_id) "
        "order by since limit 4 * $2::integer) "
        "select run_id::text from lingering_runs where run_id in (select run_id from oldest "
        "where since <= now() - $3::interval or finished_seq <= $4) "
        "limit $2 for update skip locked",
        timedelta(seconds=terms.least_seconds),
        RUNS_AT_ONCE,
        timedelta(seconds=terms.linger_seconds),
        last_sequence - terms.facts_behind,
    )
    return [row["run_id"] for row in rows]


async def overdue_seconds(connection: asyncpg.Connection, terms: Terms) -> float:
    """For how long the oldest run that is due has been; 0 if none is."""
    found: float | None = await connection.fetchval(
        "select extract(epoch from now() - since)::float8 from lingering_runs l "
        "where not exists (select from parked_runs p where p.run_id = l.run_id) "
        "order by since limit 1"
    )
    return max((found or 0.0) - terms.linger_seconds, 0.0)


async def forgotten(connection: asyncpg.Connection, runs: Sequence[str]) -> None:
    """These runs are not in the log any more."""
    await connection.execute("delete from lingering_runs where run_id = any($1::uuid[])", runs)


async def take_inert(connection: asyncpg.Connection) -> dict[int, str]:
    """The runs, by sequence, of facts that are due though of no run in the log; taken out.

    Those whose run has begun after all are let go: they leave with it.
    """
    rows = await connection.fetch(
        "delete from inert_facts where seq in (select seq from inert_facts "
        "where since <= now() - $1::interval order by seq limit $2 for update skip locked) "
        "returning seq, run_id::text as run, "
        "exists (select from parked_runs p where p.run_id = inert_facts.run_id) "
        "or exists (select from runs r where r.run_id = inert_facts.run_id and "
        "(r.finished_seq is null or exists (select from lingering_runs l "
        "where l.run_id = r.run_id))) as is_kept",
        INERT_FOR,
        RUNS_AT_ONCE,
    )
    return {row["seq"]: row["run"] for row in rows if not row["is_kept"]}
