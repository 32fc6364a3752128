"""The simulator as a server: its port, its start and its stop."""

import asyncio
from time import monotonic

import httpx2
import pytest

from simulator.server import running, serve
from tests.integration.simulator.talk import HEADERS, MODEL

ENDLESS = {
    "model": MODEL,
    "max_tokens": 9,
    "stream": True,
    "messages": [{"role": "user", "content": "[[sim: forever]]"}],
}


async def test_it_says_where_it_listens_and_stops_with_streams_open() -> None:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    stopping = asyncio.Event()
    serving = asyncio.create_task(serve(port=0, stopping=stopping, on_ready=ready.set_result))
    url = await ready
    assert url.startswith("http://127.0.0.1:")
    async with httpx2.AsyncClient(base_url=url) as http:
        async with http.stream("POST", "/v1/messages", json=ENDLESS, headers=HEADERS) as answer:
            assert answer.status_code == 200
            began = monotonic()
            stopping.set()
            await serving
            assert monotonic() - began < 1
            with pytest.raises((httpx2.ReadError, httpx2.RemoteProtocolError)):
                await answer.aread()
        with pytest.raises(httpx2.ConnectError):
            await http.get("/health")


async def test_it_stops_when_its_task_is_cancelled() -> None:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(port=0, on_ready=ready.set_result))
    await ready
    serving.cancel()
    await asyncio.wait({serving})
    assert serving.cancelled()


async def test_a_port_that_is_taken_is_an_os_error() -> None:
    async with running() as url:
        with pytest.raises(OSError, match="address already in use"):
            await serve(port=int(url.rpartition(":")[2]))


async def test_two_simulators_share_nothing() -> None:
    async with running() as one, running() as other, httpx2.AsyncClient() as http:
        asked = ENDLESS | {"messages": [{"role": "user", "content": "[[sim: text=x]]"}]}
        await http.post(f"{one}/v1/messages", json=asked, headers=HEADERS)
        logs = [(await http.get(f"{url}/_simulator/requests")).json() for url in (one, other)]
        assert [len(log["requests"]) for log in logs] == [1, 0]
