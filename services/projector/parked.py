"""Parked runs: those with a fact this version does not understand.

Their facts are stored on; the read model stays as it was before that fact. A projector that
begins looks whether it understands them now, and takes up those it does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import asyncpg

from services.projector.batch import Parked, read
from services.projector.bodies import copy_bodies
from services.projector.lingering import linger
from services.projector.refused import apply_or_park
from shared.log.port import Entry, Log
from shared.log.subjects import Address
from shared.runtime.logging import logger

log = logger()


async def parked_runs(connection: asyncpg.Connection) -> set[str]:
    """The ids of the runs that are parked."""
    rows = await connection.fetch("select run_id::text from parked_runs")
    return {row["run_id"] for row in rows}


async def park(connection: asyncpg.Connection, parked: Iterable[Parked]) -> None:
    """Remember these; one that is parked keeps its first reason."""
    await connection.executemany(
        "insert into parked_runs (run_id, workspace, partition, seq, reason) "
        "values ($1, $2, $3, $4, $5) on conflict do nothing",
        [(p.run, p.workspace, p.partition, p.sequence, p.reason) for p in parked],
    )


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


async def _taken_up(connection: asyncpg.Connection, source: Log, address: Address) -> bool:
    held = "select from positions where partition = $1 for update"
    await connection.execute(held, address.partition)
    rows = await connection.fetch(
        "select seq, rest, data, time from facts where run_id = $1 order by seq", address.run
    )
    entries = [Entry(r["seq"], address, r["rest"], r["data"], r["time"]) for r in rows]
    batch = read(entries, parked=())
    if batch.parked:
        return False
    await copy_bodies(connection, source, batch.blobs)
    await apply_or_park(connection, batch, carefully=True)
    if batch.parked:
        return False
    await linger(connection, batch.told.values())
    await connection.execute("delete from parked_runs where run_id = $1", address.run)
    return True
