"""What Postgres tells a sweep, and what a sweep does without Postgres."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from services.scheduler.scheduler import Scheduler
from services.scheduler.sweep import sweep
from shared.ledger.pool import opened
from shared.ledger.runs import unfinished_runs
from shared.log.memory import MemoryLog
from shared.log.subjects import Address

INSERT = """insert into runs (run_id, workspace, partition, status, flow, input_preview,
    input_sha256, input_size_bytes, metadata, limits, on_disconnect, created_at, last_seq,
    finished_seq) values ($1, 'acme', 3, $2, 'f', '', '', 0, '{}', '{}', 'continue', $3, 7, $4)"""


async def insert(connection: asyncpg.Connection, number: int, finished: int | None) -> str:
    run = UUID(int=number)
    status = "running" if finished is None else "completed"
    created = datetime.now(UTC) - timedelta(days=number)
    await connection.execute(INSERT, run, status, created, finished)
    return str(run)


async def test_postgres_names_the_runs_that_have_not_ended_page_by_page(database_url: str) -> None:
    async with opened(database_url) as connection:
        runs = [await insert(connection, number, None) for number in (1, 2, 3)]
        await insert(connection, 4, 99)
        first = await unfinished_runs(connection, limit=2)
        rest = await unfinished_runs(connection, after=first[-1].address.run, limit=2)
    assert [each.address for each in first + rest] == [Address(3, "acme", run) for run in runs]
    ages = [each.seen_at - each.requested_at for each in first + rest]
    assert [age.days for age in ages] == [1, 2, 3]


async def test_a_sweep_leaves_runs_alone_that_others_work(database_url: str) -> None:
    log = MemoryLog(partitions=8)
    async with opened(database_url) as connection:
        await insert(connection, 1, None)
        assert await sweep(log, Scheduler(log, 8, "idle"), connection) == 0
