"""What is to be gone for ever: runs one by one or by age, and whole workspaces.

    deletions -> [ the log: facts, deltas, bodies -> delete_runs ] -> done

Whoever breaks off leaves the row as it was, and all of it is done again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

import asyncpg

from services.projector import signals
from services.projector.counting import move_to_deleted
from shared.ledger.dump import may_leave
from shared.log.declared import DELTA_SECONDS
from shared.log.port import Entry, Log
from shared.log.subjects import FINISHED, REQUESTED
from shared.runtime.logging import logger

RUNS_AT_ONCE = 200
ENTRIES_AT_ONCE = 5_000
# The log may have deltas of a run for so long after its end, facts of its after that.
LEFT_FOR = timedelta(seconds=2 * DELTA_SECONDS)

_DUE = """
select d.workspace, d.run_id::text as run,
    r.run_id is null or l.run_id is not null or r.finished_at > now() - $2::interval,
    r.run_id is null
from deletions d
left join runs r on r.run_id = d.run_id
left join lingering_runs l on l.run_id = d.run_id
where d.run_id is not null and d.done_at is null
and (r.run_id is null or r.finished_seq is not null)
and not exists (select from parked_runs p where p.run_id = d.run_id)
order by d.id limit $1 for update of d skip locked"""
_HELD = "select from lingering_runs where run_id = any($1::uuid[]) for update"
_LATE = """
select delete_runs(array(
    select run_id from deletions where run_id = any($1::uuid[]) and done_at is not null))"""
_EXPIRED = """
insert into deletions (workspace, run_id)
select w.slug, old.run_id from workspaces w cross join lateral (
    select r.run_id from runs r where r.workspace = w.slug
    and r.created_at < now() - make_interval(days => w.retention_days)
    and r.finished_at < now() - make_interval(days => w.retention_days)
    order by r.created_at limit $1
) old where w.retention_days is not null on conflict do nothing"""
_LEFT_BEHIND = """
insert into deletions (workspace, run_id)
select d.workspace, r.run_id from deletions d cross join lateral (
    select r.run_id from runs r where r.workspace = d.workspace limit $1
) r where d.run_id is null and d.done_at is null on conflict do nothing"""
_EMPTY = """
select d.workspace from deletions d where d.run_id is null and d.done_at is null
and not exists (select from runs r where r.workspace = d.workspace)
and not exists (select from facts f where f.workspace = d.workspace) limit 10"""

log = logger()


class Due(NamedTuple):
    """A run that is to be deleted; unknown to Postgres it is only if the log has it."""

    workspace: str
    run: str
    may_be_in_log: bool
    is_unknown: bool


async def find_more(connection: asyncpg.Connection) -> None:
    """Write down, 200 a workspace: runs older than it keeps them; those of one that is to go."""
    await connection.execute(_EXPIRED, RUNS_AT_ONCE)
    await connection.execute(_LEFT_BEHIND, RUNS_AT_ONCE)


async def delete_due(connection: asyncpg.Connection, source: Log) -> int:
    """Delete runs that are due; how many, 200 at most. Raises: Unavailable."""
    async with connection.transaction():
        if not await may_leave(connection):
            return 0
        due = [Due(*row) for row in await connection.fetch(_DUE, RUNS_AT_ONCE, LEFT_FOR)]
        if not due:
            return 0
        # Whoever copies a late fact of one of them waits, and finds that it has left the log.
        await connection.execute(_HELD, [each.run for each in due])
        gone = [each.run for each in due if await _leave_log(connection, source, each)]
        await move_to_deleted(connection, gone)
        await connection.execute("select delete_runs($1::uuid[])", gone)
    signals.RUNS_DELETED.inc(len(gone))
    return len(gone)


async def delete_late(connection: asyncpg.Connection, runs: Iterable[str]) -> None:
    """Delete the copies of what came of these runs after they were deleted, if they were."""
    await connection.execute(_LATE, list(runs))


async def delete_workspaces(connection: asyncpg.Connection) -> None:
    """Delete what is left of workspaces whose runs are gone."""
    for row in await connection.fetch(_EMPTY):
        await connection.execute("select delete_workspace($1)", row["workspace"])
        log.info("workspace.deleted", workspace=row["workspace"])


async def _leave_log(connection: asyncpg.Connection, source: Log, due: Due) -> bool:
    """Delete the run from the log; False if Postgres has yet to learn of it."""
    if due.may_be_in_log:
        entries = await _entries(source, due)
        if entries and due.is_unknown:
            return False
        # In the order in which runs leave the log: none ever looks as if it lived.
        for place in (0, 1, 2):
            await source.delete([each.sequence for each in entries if _place(each) == place])
    bodies = await connection.fetch("select sha256 from blobs where run_id = $1", due.run)
    await source.delete_blobs(due.workspace, due.run, [row["sha256"] for row in bodies])
    return True


def _place(entry: Entry) -> int:
    return {REQUESTED: 0, FINISHED: 2}.get(entry.rest, 1)


async def _entries(source: Log, due: Due) -> Sequence[Entry]:
    found: list[Entry] = []
    while True:
        after = found[-1].sequence if found else 0
        page = await source.read_on(due.workspace, due.run, after=after, limit=ENTRIES_AT_ONCE)
        found += page
        if len(page) < ENTRIES_AT_ONCE:
            return found
