"""Rebuilding the read model: forgotten, and made again from every fact, in one transaction.

While it lasts, readers see the old one and projectors wait for the positions; if it breaks off,
nothing has changed. Then the log is read on until it is silent, if no projector does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import asyncpg

from services.projector.batch import read
from services.projector.claims import Claims
from services.projector.flow_versions import FlowVersions, restore_flow_versions
from services.projector.intake import intake
from services.projector.lost_runs import end_lost_runs
from services.projector.parked import park, parked_runs
from services.projector.positions import Overtaken, read_positions
from services.projector.projector import Writer
from services.projector.refused import apply_or_park
from services.projector.span_sums import span_different
from services.projector.upserts import READ_MODEL
from services.projector.usage_sums import SUMS
from shared.ledger.pool import opened, translated
from shared.ledger.version import check_version
from shared.log import Log, connect
from shared.log.port import Entry
from shared.log.subjects import Address
from shared.runtime.nats_addresses import user_of

FACTS_AT_ONCE = 5000
SILENCE_SECONDS = 1.0
MIGRATE = "migrate"


@dataclass(frozen=True, slots=True)
class Progress:
    """How many facts are done; `total` is None for those that come from the log."""

    done: int
    total: int | None


def client_name(nats_url: str) -> str:
    """The name under which a user of NATS hears answers to a rebuild: `migrate` hears its own."""
    return MIGRATE if user_of(nats_url) == MIGRATE else "rebuild"


Report = Callable[[Progress], None]


async def rebuild(
    database_url: str, nats_url: str, *, report: Report = lambda _: None, new_log: bool = False
) -> Progress:
    """Makes the read model anew; how many facts of the database went into it.

    With `new_log` the positions begin again with the log at `nats_url`, which is given all flow
    versions, and runs end that the old log held alone: for when that is lost.
    Raises: Unavailable, StreamYounger.
    """
    async with connect(nats_url, name=client_name(nats_url)) as log:
        return await rebuild_from(database_url, log, report=report, new_log=new_log)


async def rebuild_from(
    database_url: str, log: Log, *, report: Report = lambda _: None, new_log: bool = False
) -> Progress:
    """See `rebuild`."""
    with translated():
        async with opened(database_url) as writer, opened(database_url) as reader:
            await check_version(writer)
            async with writer.transaction():
                await writer.execute("select from positions order by partition for update")
                if new_log:
                    await _begin_anew(writer, log)
                done = await _from_facts(writer, reader, log, report)
                if new_log:
                    await end_lost_runs(writer, log)
            await _share_flow_versions(writer, log, new_log=new_log)
            await writer.execute(
                "analyze " + ", ".join([*(each.name for each in READ_MODEL), *SUMS])
            )
            await _from_log(writer, log, report)
    return done


async def _share_flow_versions(connection: asyncpg.Connection, log: Log, *, new_log: bool) -> None:
    """A new log is given what Postgres has; any other gives what Postgres lacks."""
    if new_log:
        await restore_flow_versions(connection, log)
    else:
        await FlowVersions(connection, log).copy_missing()


async def _begin_anew(connection: asyncpg.Connection, log: Log) -> None:
    created = (await log.about()).created
    await connection.execute("update positions set seq = 0, stream_created = $1", created)
    # Their sequences were the lost log's: in the new one they are other runs'.
    await connection.execute("delete from lingering_runs")
    await connection.execute("delete from inert_facts")


async def _from_facts(
    writer: asyncpg.Connection, reader: asyncpg.Connection, log: Log, report: Report
) -> Progress:
    total = await reader.fetchval("select count(*) from facts")
    done = 0
    for name in ("parked_runs", "deciders", *(table.name for table in READ_MODEL)):
        await writer.execute(f"delete from {name}")
    # Of runs that were deleted there are no facts, and what they used was used.
    await writer.execute("delete from usage_sums where not of_deleted")
    await writer.execute("delete from usage_spans")
    await writer.execute("delete from usage_ranking")
    await span_different(writer)
    parked: set[str] = set()
    async for entries in _pages(reader):
        batch = read(entries, parked)
        applied = await apply_or_park(writer, batch, carefully=False)
        await park(writer, log, batch)
        await applied.spent.write(writer)
        parked |= batch.parked.keys()
        parked -= batch.ended
        done += len(entries)
        report(Progress(done, total))
    return Progress(done, total)


async def _pages(connection: asyncpg.Connection) -> AsyncIterator[list[Entry]]:
    """All facts, run by run, each run's in order."""
    query = "select f.*, run_id::text as run from facts f order by f.run_id, f.seq"
    async with connection.transaction(readonly=True):
        cursor = await connection.cursor(query)
        while rows := await cursor.fetch(FACTS_AT_ONCE):
            yield [
                Entry(
                    row["seq"],
                    Address(row["partition"], row["workspace"], row["run"]),
                    row["rest"],
                    row["data"],
                    row["time"],
                )
                for row in rows
            ]


async def _from_log(connection: asyncpg.Connection, log: Log, report: Report) -> None:
    about = await log.about()
    claims = Claims(connection, about.partitions)
    await claims.settle()
    positions = await read_positions(connection, claims.held, about.created)
    writer = Writer(connection, log, positions, await parked_runs(connection))
    done = 0
    async with intake(log, positions) as incoming:
        while taken := await incoming.take(SILENCE_SECONDS):
            try:
                await writer.write(taken)
            except Overtaken:
                return  # a projector is at it
            done += sum(map(len, taken.values()))
            report(Progress(done, None))
