"""How the server ends: what is under way is answered, and nothing else is waited for."""

import asyncio

import pytest

from services.api.server.server import Server
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.api.raw_client import connected, serving
from tests.integration.api.small_application import GET, QUICK, Application


async def _stopped(server: Server) -> None:
    await asyncio.wait_for(server.stop(), PATIENCE_SECONDS)


async def test_a_request_under_way_is_answered_and_who_asks_nothing_is_let_go(
    app: Application,
) -> None:
    async with serving(app) as server, connected(server.url) as asks, connected(server.url) as idle:
        await idle.send(GET % b"first")
        await idle.read_until(b"/first")
        await asks.send(GET % b"held")
        await eventually(lambda: "/held" in app.asked)
        stopping = asyncio.create_task(_stopped(server))
        assert await idle.read_to_end() == b""
        assert not stopping.done()
        app.release.set()
        answer = await asks.read_to_end()
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"/held")
        await stopping
        assert len(server.connections) == 0


async def test_a_stream_under_way_is_told_to_its_end(app: Application) -> None:
    async with serving(app) as server, connected(server.url) as reads:
        await reads.send(GET % b"stream")
        await reads.read_until(b"two,")
        stopping = asyncio.create_task(_stopped(server))
        await eventually(lambda: server.should_exit)
        app.release.set()
        assert b"three" in await reads.read_to_end()
        await stopping


async def test_what_does_not_end_within_the_grace_is_cut(app: Application) -> None:
    async with serving(app, QUICK) as server, connected(server.url) as asks:
        await asks.send(GET % b"held")
        await eventually(lambda: "/held" in app.asked)
        await _stopped(server)
        assert not app.release.is_set()


async def test_it_takes_nobody_once_it_begins_to_stop(app: Application) -> None:
    async with serving(app) as server:
        url = server.url
        server.begin_stop()
        await _stopped(server)
        with pytest.raises(ConnectionRefusedError):
            async with connected(url):
                pass
