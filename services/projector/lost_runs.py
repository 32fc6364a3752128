"""Runs that the lost log held alone: what Postgres knows of them is all there is, so they end.

Their end is recorded here, for there is no log to record it in: at the last moment known of the
run, behind its last fact. So a reader is told what became of each run that was ever copied.
"""

from __future__ import annotations

from collections.abc import Iterator

import asyncpg

from services.projector.batch import read
from services.projector.parked import park
from services.projector.refused import apply_or_park
from services.projector.upserts import store_facts
from shared.log.port import Entry, Log
from shared.log.subjects import FINISHED, Address
from shared.run.content import Cause
from shared.run.facts import RunFailed
from shared.run.wire import encode

LOG_LOST = "log_lost"
_WORDS = "The log was lost before the run had ended: start it again."
_AT_ONCE = 1000
_UNFINISHED = """
select r.partition, r.workspace, r.run_id::text, max(f.seq) as seq, max(f.time) as time
from runs r join facts f using (run_id)
where r.finished_seq is null and not exists (select from parked_runs p where p.run_id = r.run_id)
group by r.run_id order by r.run_id"""


async def end_lost_runs(connection: asyncpg.Connection, log: Log) -> int:
    """End the runs that have not ended and are not in this log; how many. Raises: Unavailable."""
    rows = await connection.fetch(_UNFINISHED)
    is_empty = not await log.last_sequence()
    lost = [
        row for row in rows if is_empty or not await log.has_run(row["workspace"], row["run_id"])
    ]
    for entries in _in_pages([_end_of(row) for row in lost]):
        batch = read(entries, parked=())
        await store_facts(connection, batch, carefully=True)
        applied = await apply_or_park(connection, batch, carefully=True)
        await park(connection, log, batch)
        await applied.spent.write(connection)
    return len(lost)


def _end_of(row: asyncpg.Record) -> Entry:
    address = Address(row["partition"], row["workspace"], row["run_id"])
    error = Cause(code=LOG_LOST, message=_WORDS)
    partition, workspace, run = address
    fact = RunFailed(workspace=workspace, run=run, partition=partition, error=error)
    data = encode(fact, row["time"].isoformat())
    return Entry(row["seq"] + 1, address, FINISHED, data, row["time"])


def _in_pages(entries: list[Entry]) -> Iterator[list[Entry]]:
    return (entries[n : n + _AT_ONCE] for n in range(0, len(entries), _AT_ONCE))
