"""The projector as a process, on real servers."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import asyncpg

from shared.ledger.listing import Wanted, list_runs
from shared.log import Log, connect
from shared.log.provision import provision
from shared.run import facts as f
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.projector.comparison import differences
from tests.integration.projector.histories import PARTITIONS, Life, flow_with_everything


@asynccontextmanager
async def service(
    nats_url: str, database_url: str, **more: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A projector process, killed in the end if it still runs; `more` are settings."""
    environment = {**os.environ, "NATS_URL": nats_url, "DATABASE_URL": database_url, **more}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.projector", env=environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def provisioned(nats_url: str) -> AsyncIterator[Log]:
    """A log with what it needs."""
    await provision(nats_url, partitions=PARTITIONS, pools=("default", "local"))
    async with connect(nats_url, name="test") as log:
        yield log


async def append(log: Log, facts: list[f.Lifecycle]) -> None:
    """The facts in order."""
    for answer in [log.append(fact) for fact in facts]:
        await answer


async def test_a_projector_killed_in_the_middle_leaves_rows_that_equal_the_fold(
    connection: asyncpg.Connection, nats_url: str, database_url: str
) -> None:
    flow, chance = flow_with_everything(), Random(11)
    lives = [Life(flow, chance) for _ in range(40)]

    async def seen(count: int) -> bool:
        return len(await list_runs(connection, Wanted(workspace="acme"), limit=100)) >= count

    async with provisioned(nats_url) as log:
        async with service(nats_url, database_url) as first:
            for life in lives[:20]:
                await append(log, life.lived())
            await eventually(lambda: seen(1))
            first.kill()
        for life in lives[20:]:
            await append(log, life.lived())
        async with service(nats_url, database_url) as second:
            for life in lives:
                run = life.requested.run
                history = (await log.history("acme", run)).entries

                async def copied(run: str = run, last: int = history[-1].sequence) -> bool:
                    query = "select max(seq) from facts where run_id = $1"
                    return bool(await connection.fetchval(query, run) == last)

                await eventually(copied)
                assert await differences(connection, "acme", run, flow, history) == []
            second.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert await second.wait() == 0


async def test_a_projector_waits_for_its_servers_and_says_what_is_missing(
    empty_database_url: str, nats_url: str
) -> None:
    environment = {
        **os.environ,
        "NATS_URL": nats_url,
        "DATABASE_URL": empty_database_url,
        "PENSTOCK_WAIT_SECONDS": "0.5",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.projector",
        env=environment,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 1
    assert b"penstock migrate" in said
    assert b"Traceback" not in said
