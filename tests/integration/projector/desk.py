"""Writing entries down as a projector does, without a log; and looking at what stands there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from random import Random

import asyncpg

from services.projector.parked import parked_runs
from services.projector.positions import read_positions
from services.projector.projector import Writer
from services.projector.upserts import READ_MODEL
from services.projector.usage_sums import COUNTS, SUMS
from shared.log.memory import MemoryLog
from shared.log.port import Entry
from tests.integration.projector.histories import BEGAN, PARTITIONS, by_partition

TABLES = ("facts", "parked_runs", *(table.name for table in READ_MODEL), *SUMS)


async def writer(connection: asyncpg.Connection, log: MemoryLog | None = None) -> Writer:
    """A writer that goes on from the positions."""
    positions = await read_positions(connection, range(PARTITIONS), BEGAN)
    source = log or MemoryLog(partitions=PARTITIONS)
    return Writer(connection, source, positions, await parked_runs(connection))


async def write(connection: asyncpg.Connection, batches: Iterable[Sequence[Entry]]) -> None:
    """Each batch in a transaction of its own, from the positions on."""
    desk = await writer(connection)
    for batch in batches:
        if batch:
            await desk.write(by_partition(batch))


def cut(entries: Sequence[Entry], chance: Random) -> Iterator[Sequence[Entry]]:
    """The entries in batches of any size."""
    start = 0
    while start < len(entries):
        end = start + chance.choice((1, 2, 3, 10, 40))
        yield entries[start:end]
        start = end


async def tables(connection: asyncpg.Connection) -> dict[str, list[asyncpg.Record]]:
    """All that was written but positions, in one order; parked runs without their times."""
    columns = {
        "parked_runs": "run_id, workspace, partition, seq, reason",
        # The days are a bound, and what orders pipelines is added up in any order.
        "usage_spans": "workspace, hours, since, pipeline_id, model, price_day, above_tokens, "
        f"pipeline_name, {', '.join(COUNTS)}",
        "usage_ranking": "workspace, hours, since, pipeline_id, round(micro_dollars::numeric, 3), "
        "unpriced, tokens, counted",
    }
    # A sum that was corrected to nothing is none.
    parts = {
        "usage_sums": "where output_tokens + input_tokens + cache_read_tokens > 0",
        "usage_spans": "where output_tokens + input_tokens + cache_read_tokens > 0",
        "usage_ranking": "where tokens > 0",
    }
    return {
        name: await connection.fetch(
            f"select * from (select {columns.get(name, '*')} from {name} {parts.get(name, '')}) t "
            "order by t::text"
        )
        for name in TABLES
    }


async def wipe(connection: asyncpg.Connection) -> None:
    """Forget everything, positions too."""
    await connection.execute(f"truncate {', '.join(TABLES)}, positions, blobs")
