"""The projector's loop, against a log in memory and a real Postgres."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256
from random import Random

import asyncpg
import pytest

from services.projector.positions import StreamYounger
from services.projector.projector import Projector
from shared.ledger.facts import body_of, facts_of
from shared.ledger.following import PARTITION
from shared.ledger.runs import end_of, get_run
from shared.log.memory import MemoryLog
from shared.log.port import Log
from shared.run import facts as f
from shared.run.content import Blob
from shared.runtime.monitor import Health
from tests.contract.story import Story
from tests.eventually import eventually
from tests.integration.projector.comparison import differences
from tests.integration.projector.histories import PARTITIONS, Life, flow_with_everything

RUN = "019e0000-0000-7000-8000-000000000001"
CLAIMS = (
    "select count(distinct pid) projectors, count(*) claims from pg_locks "
    f"where locktype = 'advisory' and classid = {PARTITION} and granted "
    "and database = (select oid from pg_database where datname = current_database())"
)


@asynccontextmanager
async def projecting(log: Log, database_url: str) -> AsyncIterator[asyncio.Task[None]]:
    """A projector at work."""
    task = asyncio.create_task(Projector(log, database_url, Health()).run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


async def recorded(log: MemoryLog, *facts: f.Lifecycle) -> None:
    """The facts, appended."""
    for fact in facts:
        await log.append(fact)


async def test_a_run_is_copied_and_read_back_as_it_stood_in_the_log(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, run = MemoryLog(partitions=PARTITIONS), Story("acme", RUN, partition=2)
    async with projecting(log, database_url):
        await recorded(log, run.requested("hello"), run.started(), run.finished())
        await eventually(lambda: end_of(connection, "acme", RUN))
        history = await log.history("acme", RUN)
        assert await facts_of(connection, "acme", RUN) == history.entries
        assert await facts_of(connection, "acme", RUN, after=1, limit=1) == history.entries[1:2]
        assert await facts_of(connection, "other", RUN) == ()


async def test_two_projectors_share_the_partitions_and_apply_each_fact_once(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, flow, chance = MemoryLog(partitions=PARTITIONS), flow_with_everything(), Random(3)
    lives = [Life(flow, chance) for _ in range(12)]
    async with projecting(log, database_url), projecting(log, database_url):
        for life in lives:
            await recorded(log, *life.lived())
        for life in lives:
            run = life.requested.run
            history = (await log.history("acme", run)).entries

            async def stored(run: str = run, count: int = len(history)) -> bool:
                return len(await facts_of(connection, "acme", run)) == count

            await eventually(stored)
            assert await differences(connection, "acme", run, flow, history) == []

        async def shared() -> bool:
            return tuple(await connection.fetchrow(CLAIMS)) == (2, PARTITIONS)

        await eventually(shared)


async def test_a_projector_that_dies_is_replaced(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, run = MemoryLog(partitions=PARTITIONS), Story("acme", RUN)
    async with projecting(log, database_url) as first:
        await recorded(log, run.requested())
        await eventually(lambda: get_run(connection, "acme", RUN))
        async with projecting(log, database_url):
            first.cancel()
            await asyncio.wait({first})
            await recorded(log, run.started(), run.finished())
            await eventually(lambda: end_of(connection, "acme", RUN))


async def test_a_lost_connection_is_made_again_and_nothing_is_missed(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, run = MemoryLog(partitions=PARTITIONS), Story("acme", RUN)
    cut = (
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )
    async with projecting(log, database_url):
        await recorded(log, run.requested())
        await eventually(lambda: get_run(connection, "acme", RUN))
        await connection.fetch(cut)
        await recorded(log, run.started())
        await connection.fetch(cut)
        await recorded(log, run.finished())
        await eventually(lambda: end_of(connection, "acme", RUN))


async def test_a_large_body_is_copied_with_the_fact_that_names_it(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, run, body = MemoryLog(partitions=PARTITIONS), Story("acme", RUN), b"words " * 20_000
    name = await log.put_blob("acme", RUN, body)
    assert name == sha256(body).hexdigest()
    blob = Blob(blob=name, size_bytes=len(body))
    async with projecting(log, database_url):
        await recorded(log, run.requested().model_copy(update={"input": blob}), run.finished())
        await eventually(lambda: end_of(connection, "acme", RUN))
    assert await body_of(connection, "acme", RUN, name) == body
    assert await body_of(connection, "other", RUN, name) is None


async def test_a_body_found_nowhere_does_not_hold_the_others_up(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log, run = MemoryLog(partitions=PARTITIONS), Story("acme", RUN)
    lost = run.requested().model_copy(update={"input": Blob(blob="0" * 64, size_bytes=9)})
    async with projecting(log, database_url):
        await recorded(log, lost, run.finished())
        await eventually(lambda: end_of(connection, "acme", RUN))


async def test_a_log_younger_than_the_read_model_is_refused_with_what_to_do(
    connection: asyncpg.Connection, database_url: str
) -> None:
    log = MemoryLog(partitions=PARTITIONS)
    created = (await log.about()).created
    await connection.execute(
        "insert into positions values (0, 7, $1)", created - timedelta(hours=1)
    )
    projector = Projector(log, database_url, Health())
    with pytest.raises(StreamYounger, match="penstock rebuild --new-log"):
        await projector.run()
    assert await connection.fetchval("select count(*) from positions") == 1
