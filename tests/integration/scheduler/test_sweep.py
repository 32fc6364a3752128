"""What Postgres tells a sweep, and what a sweep does about it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

import asyncpg
import pytest

from services.scheduler.scheduler import Scheduler
from services.scheduler.sweep import Sweeper
from shared.flow import content
from shared.ledger.pool import opened
from shared.ledger.unfinished import Moved, unfinished_runs
from shared.log.memory import Clock, MemoryLog
from shared.log.subjects import Address
from shared.run import facts as f
from tests.eventually import eventually
from tests.integration.projector.desk import writer
from tests.integration.projector.histories import by_partition
from tests.metered import metric
from tests.unit.flow.drawing import Drawn, drawing, flow_of, joined, node

INSERT = """insert into runs (run_id, workspace, partition, status, flow, input_preview,
    input_sha256, input_size_bytes, metadata, limits, on_disconnect, created_at, last_seq,
    finished_seq) values ($1, 'acme', 3, $2, 'f', '', '', 0, '{}', '{}', 'continue', $3, 7, $4)"""
NEVER = timedelta(days=10_000)
ASKING: Drawn = drawing([node("ask", "approval")])
READ = "penstock_scheduler_runs_read_total"


async def insert(connection: asyncpg.Connection, number: int, finished: int | None) -> str:
    run = UUID(int=number)
    status = "running" if finished is None else "completed"
    created = datetime.now(UTC) - timedelta(days=number)
    await connection.execute(INSERT, run, status, created, finished)
    return str(run)


async def test_postgres_names_the_runs_that_have_not_ended_page_by_page(database_url: str) -> None:
    wanted = Moved({3: 0}, NEVER)
    async with opened(database_url) as connection:
        runs = [await insert(connection, number, None) for number in (1, 2, 3)]
        await insert(connection, 4, 99)
        first = await unfinished_runs(connection, wanted, limit=2)
        rest = await unfinished_runs(connection, wanted, after=first[-1].address.run, limit=2)
        assert [each.address for each in first + rest] == [Address(3, "acme", run) for run in runs]
        ages = [each.seen_at - each.requested_at for each in first + rest]
        assert [age.days for age in ages] == [1, 2, 3]
        assert await unfinished_runs(connection, Moved({2: 0}, NEVER)) == []
        assert await unfinished_runs(connection, Moved({3: 7}, NEVER)) == []
        (old,) = await unfinished_runs(connection, Moved({3: 7}, timedelta(days=2, hours=12)))
        assert old.address.run == runs[2]


async def test_a_sweep_leaves_runs_alone_that_others_work(database_url: str) -> None:
    log = MemoryLog(partitions=8)
    async with opened(database_url) as connection:
        await insert(connection, 1, None)
        assert await Sweeper(log, Scheduler(log, 8, "idle")).sweep(connection) == 0


@pytest.fixture
async def log(connection: asyncpg.Connection) -> MemoryLog:
    """A log in which it was an hour ago, and stays so."""
    ago = await connection.fetchval("select now() - interval '1 hour'")
    return MemoryLog(partitions=1, clock=Clock(ago))


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    async with opened(database_url) as made:
        yield made


async def recorded(
    connection: asyncpg.Connection, log: MemoryLog, number: int, raw: Drawn, *facts: f.Lifecycle
) -> str:
    """A run of which this is in the log, acked by all, and in Postgres."""
    flow, run = flow_of(raw), str(UUID(int=number))
    await log.put_flow(flow.version, content(raw))
    named = {"workspace": "acme", "run": run, "partition": 0}
    asked = f.RunRequested.model_validate({**named, "flow": flow.version})
    for fact in (asked, f.RunStarted.model_validate(named), *facts):
        await log.append(fact.model_copy(update=named))
    async with log.partition(0) as deliveries:
        deliveries.credit(10)
        for delivery in await deliveries.next():
            delivery.ack()
    desk = await writer(connection, log)
    await desk.write(by_partition((await log.history("acme", run)).entries))
    return run


@asynccontextmanager
async def sweeping(log: MemoryLog) -> AsyncIterator[Sweeper]:
    """What sweeps for a scheduler that works the log."""
    scheduler, stopping = Scheduler(log, 1, "alone"), asyncio.Event()
    working = asyncio.create_task(scheduler.work(stopping))
    await eventually(lambda: scheduler.works(0))
    yield Sweeper(log, scheduler)
    stopping.set()
    await working


def step(of: type[f.StepFact], node_id: str, **more: object) -> f.Lifecycle:
    identity = {"workspace": "", "run": "", "partition": 0, "step": 0, "attempt": 1}
    return cast("f.Lifecycle", of.model_validate({**identity, "node": node_id, **more}))


async def test_a_run_that_waits_for_a_person_is_not_read_from_the_log(
    connection: asyncpg.Connection, log: MemoryLog
) -> None:
    await recorded(connection, log, 1, ASKING, step(f.StepWaiting, "ask"))
    async with sweeping(log) as sweeper:
        before = metric(READ)
        assert await sweeper.sweep(connection) == 0
        assert metric(READ) == before


async def test_a_run_that_was_left_behind_goes_on(
    connection: asyncpg.Connection, log: MemoryLog
) -> None:
    ready = step(f.StepReady, "a", kind="template", pool="local")
    run = await recorded(connection, log, 1, joined("a-b"), ready, step(f.StepCompleted, "a"))
    async with sweeping(log) as sweeper:
        assert await sweeper.sweep(connection) == 1
    rests = [entry.rest for entry in (await log.history("acme", run)).entries]
    assert rests[-1] == "step.1.1.ready.local.shared"


async def test_a_run_is_looked_at_once_until_it_moves(
    connection: asyncpg.Connection, log: MemoryLog
) -> None:
    run = await recorded(connection, log, 1, ASKING, step(f.StepWaiting, "ask"))
    # Of what Postgres has no facts the log is asked: so it shows that a run was looked at.
    await connection.execute("delete from facts")
    async with sweeping(log) as sweeper:
        for reads in (1, 0):
            before = metric(READ)
            assert await sweeper.sweep(connection) == 0
            assert metric(READ) == before + reads
        await connection.execute("update runs set last_seq = 1000 where run_id = $1", run)
        before = metric(READ)
        await sweeper.sweep(connection)
        assert metric(READ) == before + 1


async def test_a_run_something_just_happened_to_is_looked_at_the_next_time(
    connection: asyncpg.Connection, log: MemoryLog
) -> None:
    await recorded(connection, log, 1, joined("a-b"))
    await connection.execute("update facts set time = now()")
    async with sweeping(log) as sweeper:
        assert await sweeper.sweep(connection) == 0
        await connection.execute("update facts set time = now() - interval '2 minutes'")
        assert await sweeper.sweep(connection) == 1
