"""A NATS server that falls silent with its connections open is left, whatever was sent to it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlparse

import pytest
from nats.aio.client import Srv

from shared.log.jetstream.connection import (
    FAREWELL_SECONDS,
    LEFT_SECONDS,
    Connection,
    connection,
)
from tests.cost import Stopwatch
from tests.eventually import PATIENCE_SECONDS
from tests.servers import NatsServer, own_folder

# More than the sockets of both ends hold.
MORE_THAN_FITS = 16


@pytest.fixture
def other_nats_server() -> Iterator[NatsServer]:
    with own_folder() as folder:
        server = NatsServer(folder)
        server.start()
        yield server
        server.stop()


@asynccontextmanager
async def connected(first: NatsServer, second: NatsServer) -> AsyncIterator[Connection]:
    """A connection to the first that knows of the second."""
    async with connection(first.url, "test") as opened:
        opened.client._server_pool.append(Srv(urlparse(second.url)))
        yield opened


def send_much(opened: Connection) -> None:
    for _ in range(MORE_THAN_FITS):
        opened.client.send("nobody", b"x" * 1_000_000)


@pytest.mark.parametrize("is_busy", [False, True], ids=["idle", "busy"])
async def test_it_is_left_within_five_seconds_for_a_server_that_answers(
    own_nats_server: NatsServer, other_nats_server: NatsServer, is_busy: bool
) -> None:
    came_back = asyncio.Event()
    async with connected(own_nats_server, other_nats_server) as opened:
        opened.listen(lambda reason: came_back.set() if reason == "reconnected" else None)
        passing = Stopwatch()
        own_nats_server.freeze()
        if is_busy:
            send_much(opened)
        await asyncio.wait_for(came_back.wait(), PATIENCE_SECONDS)
        # Five seconds are promised; a busy machine may take twice as long.
        assert passing.elapsed() < 2 * LEFT_SECONDS
        connected_to = opened.client.connected_url
        assert connected_to is not None
        assert connected_to.port == urlparse(other_nats_server.url).port
        own_nats_server.thaw()


async def test_nobody_who_leaves_waits_for_it_to_read(own_nats_server: NatsServer) -> None:
    opened = Connection()
    await opened.open(own_nats_server.url, "test")
    own_nats_server.freeze()
    send_much(opened)
    passing = Stopwatch()
    await asyncio.wait_for(opened.close(), PATIENCE_SECONDS)
    assert passing.elapsed() < 5 * FAREWELL_SECONDS
    own_nats_server.thaw()
