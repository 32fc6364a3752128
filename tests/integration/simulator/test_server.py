"""The simulator as a server: its port, its start and its stop."""

import asyncio

import httpx2
import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from simulator.app import create_app
from simulator.http.connection import Connection, Connections
from simulator.server import running, serve
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.simulator.talk import HEADERS, MODEL

ENDLESS = {
    "model": MODEL,
    "max_tokens": 9,
    "stream": True,
    "messages": [{"role": "user", "content": "[[sim: forever]]"}],
}


async def test_it_says_where_it_listens_and_stops_with_streams_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # So that a stream it only waits for would be seen.
    monkeypatch.setattr("simulator.http.connection.STOP_SECONDS", 2 * PATIENCE_SECONDS)
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    stopping = asyncio.Event()
    serving = asyncio.create_task(serve(port=0, stopping=stopping, on_ready=ready.set_result))
    url = await ready
    assert url.startswith("http://127.0.0.1:")
    async with httpx2.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as http:
        async with http.stream("POST", "/v1/messages", json=ENDLESS, headers=HEADERS) as answer:
            assert answer.status_code == 200
            stopping.set()
            await asyncio.wait_for(serving, PATIENCE_SECONDS)
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
    async with (
        running() as one,
        running() as other,
        httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as http,
    ):
        asked = ENDLESS | {"messages": [{"role": "user", "content": "[[sim: text=x]]"}]}
        await http.post(f"{one}/v1/messages", json=asked, headers=HEADERS)
        logs = [(await http.get(f"{url}/_simulator/requests")).json() for url in (one, other)]
        assert [len(log["requests"]) for log in logs] == [1, 0]


async def test_uvicorn_has_the_names_that_the_simulator_builds_on() -> None:
    state = ServerState()
    assert (state.connections, state.tasks) == (set(), set())
    assert callable(HttpToolsProtocol.on_message_begin)
    connection = Connections(create_app())()
    assert isinstance(connection, Connection)
    assert hasattr(connection, "transport")
    connection.on_message_begin()
    assert connection.scope["extensions"] == {"simulator.transport": {"transport": None}}


async def test_a_client_that_goes_while_it_asks_is_recorded() -> None:
    async with running() as url, httpx2.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as http:
        host, port = url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /v1/messages HTTP/1.1\r\nContent-Length: 9\r\n\r\n{")
        await eventually(lambda: requests(http))
        writer.close()

        async def probe() -> bool:
            return (await requests(http))[0]["outcome"] == "client_gone"

        await eventually(probe)
        assert (await requests(http))[0]["status"] is None


async def requests(http: httpx2.AsyncClient) -> list[dict[str, object]]:
    found: list[dict[str, object]] = (await http.get("/_simulator/requests")).json()["requests"]
    return found


@pytest.mark.parametrize("marker", ["cut", "cut=before"])
async def test_another_server_breaks_a_cut_answer_off_itself(marker: str) -> None:
    transport = httpx2.ASGITransport(app=create_app())
    asked = ENDLESS | {"messages": [{"role": "user", "content": f"[[sim: {marker} rate=0]]"}]}
    async with httpx2.AsyncClient(transport=transport, base_url="http://simulator") as http:
        with pytest.raises(ConnectionAbortedError):
            await http.post("/v1/messages", json=asked, headers=HEADERS)
        assert [entry["outcome"] for entry in await requests(http)] == ["error"]


async def test_an_error_of_its_own_is_one_of_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("simulator.anthropic.dialect.plan_of")
    transport = httpx2.ASGITransport(app=create_app(), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://simulator") as http:
        answer = await http.post("/v1/messages", json=ENDLESS, headers=HEADERS)
    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "api_error")
    assert answer.json()["request_id"] == answer.headers["request-id"]
