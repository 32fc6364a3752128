"""The contract's worlds: every test runs in memory and against a real server."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from shared.log import connect
from shared.log.provision import provision
from tests.contract.world import PARTITIONS, POOLS, JetStreamWorld, MemoryWorld, World
from tests.servers import NatsServer


@asynccontextmanager
async def jetstream(server: NatsServer) -> AsyncIterator[World]:
    await server.wipe()
    await provision(server.url, partitions=PARTITIONS, pools=POOLS)
    async with AsyncExitStack() as connections:
        log = await connections.enter_async_context(connect(server.url, name="contract"))
        yield JetStreamWorld(server, log, connections)


@pytest.fixture(params=["memory", "jetstream"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A log server with nothing in it, of one kind and then of the other."""
    if request.param == "memory":
        yield MemoryWorld()
        return
    async with jetstream(request.getfixturevalue("nats_server")) as real:
        yield real


@pytest.fixture
async def worlds(nats_server: NatsServer) -> AsyncIterator[tuple[World, World]]:
    """A log in memory and a real one, to be compared."""
    async with jetstream(nats_server) as real:
        yield MemoryWorld(), real
