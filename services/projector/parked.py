"""Parked runs: those with a fact this version does not understand.

Their facts are stored on; the read model stays as it was before that fact. A projector that
begins looks whether it understands them now, and so does one that is asked to; it takes up those
it does. One that a person ended is shown with its end, and parked no more.
"""

from __future__ import annotations

from collections.abc import Collection

import asyncpg

from services.projector.batch import Batch, read
from services.projector.bodies import copy_bodies
from services.projector.flow_versions import FlowVersions
from services.projector.lingering import linger
from services.projector.refused import apply_or_park
from shared.ledger.parked import parked_run
from shared.log.parked import Look
from shared.log.port import Entry, Log
from shared.log.subjects import Address
from shared.runtime.logging import logger

log = logger()


async def parked_runs(connection: asyncpg.Connection) -> set[str]:
    """The ids of the runs that are parked."""
    rows = await connection.fetch("select run_id::text from parked_runs")
    return {row["run_id"] for row in rows}


async def park(connection: asyncpg.Connection, source: Log, batch: Batch) -> None:
    """Remember those of the batch, which must have been applied.

    One that is parked keeps its first reason. What was over before is not parked: those go from
    `parked`. Runs that a person ended are parked no more, unless their beginning is not understood:
    then there is nothing to show. `ended` are those that no longer are, afterwards.
    """
    await connection.executemany(
        "insert into parked_runs (run_id, workspace, partition, seq, reason) "
        "values ($1, $2, $3, $4, $5) on conflict do nothing",
        [(p.run, p.workspace, p.partition, p.sequence, p.reason) for p in batch.parked.values()],
    )
    if not (batch.parked or batch.ended):
        return
    rows = await connection.fetch(
        "delete from parked_runs p using runs r where p.run_id = any($1::uuid[]) "
        "and r.run_id = p.run_id and (r.finished_seq < p.seq or r.run_id = any($2::uuid[]) "
        "and r.finished_seq is not null) returning p.run_id::text",
        [*batch.parked, *batch.ended],
        list(batch.ended),
    )
    over = {row["run_id"] for row in rows}
    over |= await _shown_with_their_ends(connection, source, batch.ended - over)
    batch.ended &= over
    for run in over:
        batch.parked.pop(run, None)


async def _shown_with_their_ends(
    connection: asyncpg.Connection, source: Log, ended: Collection[str]
) -> set[str]:
    """Those of these runs that were parked before anything of them was shown, and now are not."""
    query = "select partition, workspace, run_id::text from parked_runs where run_id = any($1)"
    rows = await connection.fetch(query, list(ended)) if ended else ()
    addresses = [Address(*row) for row in rows]
    return {each.run for each in addresses if await _taken_up(connection, source, each)}


async def take_up(connection: asyncpg.Connection, source: Log, partitions: Collection[int]) -> None:
    """Apply the runs parked in these partitions whose facts are all understood by now."""
    rows = await connection.fetch(
        "select run_id::text, workspace, partition from parked_runs where partition = any($1)",
        list(partitions),
    )
    for row in rows:
        address = Address(row["partition"], row["workspace"], row["run_id"])
        async with connection.transaction():
            if await _taken_up(connection, source, address):
                log.info("run.taken_up", run=address.run)


async def look_again(connection: asyncpg.Connection, source: Log, address: Address) -> Look:
    """Take this run up if it is parked and all its facts are understood by now."""
    parked = await parked_run(connection, address.run)
    if parked is None:
        return Look(instance=None, outcome="not_parked")
    async with connection.transaction():
        if await _taken_up(connection, source, address):
            log.info("run.taken_up", run=address.run)
            return Look(instance=None, outcome="released")
    return Look(instance=None, outcome="parked", parked=parked)


async def _taken_up(connection: asyncpg.Connection, source: Log, address: Address) -> bool:
    held = "select from positions where partition = $1 for update"
    await connection.execute(held, address.partition)
    rows = await connection.fetch(
        "select seq, rest, data, time from facts where run_id = $1 order by seq", address.run
    )
    entries = [Entry(r["seq"], address, r["rest"], r["data"], r["time"]) for r in rows]
    batch = read(entries, parked=())
    if not _can_be_shown(batch, address.run):
        return False
    await copy_bodies(connection, source, batch.blobs)
    await FlowVersions(connection, source).copy(batch.flows)
    applied = await apply_or_park(connection, batch, carefully=True)
    if not _can_be_shown(batch, address.run):
        return False
    await linger(connection, batch.told.values())
    await connection.execute("delete from parked_runs where run_id = $1", address.run)
    await applied.spent.write(connection)
    return True


def _can_be_shown(batch: Batch, run: str) -> bool:
    """All of the run is understood, or at least its beginning, and that a person ended it."""
    if run not in batch.parked:
        return True
    return run in batch.ended and run in batch.told and batch.told[run].born
