"""More partitions while services run: they are worked and copied without a restart."""

from __future__ import annotations

import asyncio
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from uuid import uuid4

import asyncpg

from shared.flow.version import content, version_of
from shared.log import connect
from shared.log.port import Log
from shared.log.provision import provision
from tests.contract.story import Story
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.test_stopping import begin, records_until
from tests.servers import NatsServer

POOLS = ("default", "local")
BEFORE, AFTER = 1, 4
WAITS = {"id": "ask", "type": "approval", "data": {}}
FLOW = {"nodes": [WAITS], "edges": []}


@asynccontextmanager
async def running(name: str, nats_url: str, database_url: str) -> AsyncIterator[Process]:
    process = await begin(name, nats_url, database_url)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await records_until(process, "service.started")
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        await process.communicate()


async def _begun(log: Log, partition: int) -> Story:
    """A run in that partition, once its scheduler has begun it."""
    story = Story("acme", str(uuid4()), partition)
    await log.append(story.requested().model_copy(update={"flow": version_of(FLOW)}))
    await eventually(partial(log.last_sequence, "acme", story.run, "started"))
    return story


async def test_partitions_that_are_added_are_worked_and_copied_without_a_restart(
    own_nats_server: NatsServer, database_url: str
) -> None:
    url = own_nats_server.url
    await provision(url, partitions=BEFORE, pools=POOLS)
    async with AsyncExitStack() as stack:
        for name in ("scheduler", "scheduler", "projector", "projector"):
            await stack.enter_async_context(running(name, url, database_url))
        log = await stack.enter_async_context(connect(url, name="test"))
        await log.put_flow(version_of(FLOW), content(FLOW))
        connection = await asyncpg.connect(database_url)
        stack.push_async_callback(connection.close)
        first = await _begun(log, 0)
        grown = await provision(url, partitions=AFTER, pools=POOLS)
        assert grown.partitions == AFTER
        for partition in range(AFTER):
            await _begun(log, partition)
        await log.append(first.cancel())
        await eventually(partial(log.last_sequence, "acme", first.run, "finished"))
        told = await log.history("acme", first.run)
        assert {entry.address.partition for entry in told.entries} == {0}

        async def copied() -> bool:
            query = "select partition from positions where seq > 0"
            found = {row["partition"] for row in await connection.fetch(query)}
            assert found == set(range(AFTER))
            return True

        await eventually(copied)
