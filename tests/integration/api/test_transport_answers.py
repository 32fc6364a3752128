"""Bodies, places, and answers as each client can take them."""

import asyncio
from contextlib import AsyncExitStack

from starlette.types import Receive, Scope, Send

from services.api.server.limits import LIMITS
from services.api.server.server import Server
from services.api.server.uvicorn_internals import connection_of
from tests.eventually import eventually
from tests.integration.api.conftest import started
from tests.integration.api.raw_client import RawClient, connected, serving, trickle
from tests.integration.api.small_application import (
    GET,
    LAST,
    Application,
    head_of,
    problem,
)
from tests.integration.api.story import FLOW, TOKEN, Service

# Bodies


async def test_a_body_for_which_there_is_no_room_is_refused_unread_and_room_comes_back(
    app: Application, server: Server
) -> None:
    size = 150_000
    head = b"POST /body HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size
    async with connected(server.url) as first, connected(server.url) as second:
        await first.send(head + b"x")
        await eventually(lambda: server.bodies.held_bytes == size)
        answer = await second.ask(head + b"x" * size)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"connection: close\r\n" in answer
        await first.send(b"x" * (size - 1))
        assert (await first.read_until(b"%d" % size)).startswith(b"HTTP/1.1 200 ")
    await eventually(lambda: server.bodies.held_bytes == 0)
    assert max(app.sizes) == size


async def test_who_asks_before_it_sends_its_body_is_not_asked_to_go_on_without_room(
    server: Server,
) -> None:
    head = b"POST /body HTTP/1.1\r\nContent-Length: 150000\r\nExpect: 100-continue\r\n\r\n"
    async with connected(server.url) as first, connected(server.url) as second:
        await first.send(head)
        assert await first.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert (await second.ask(head)).startswith(b"HTTP/1.1 503 ")


async def test_what_a_chunked_body_takes_is_counted_as_it_comes(server: Server) -> None:
    head = b"POST /body HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"fa00\r\n" + b"x" * 64_000 + b"\r\n"
    async with connected(server.url) as client:
        sending = asyncio.gather(*(client.send(piece) for piece in [head, *[chunk] * 4]))
        assert (await client.read_to_end()).startswith(b"HTTP/1.1 503 ")
        await sending
    assert server.bodies.held_bytes == 0


async def test_a_small_body_is_never_refused(server: Server) -> None:
    async with connected(server.url) as first, connected(server.url) as second:
        await first.send(b"POST /body HTTP/1.1\r\nContent-Length: 200000\r\n\r\nx")
        await eventually(lambda: server.bodies.held_bytes == 200_000)
        await second.send(b"POST /body HTTP/1.1\r\nContent-Length: 60000\r\n\r\nx")
        await second.send(b"x" * 59_999)
        assert (await second.read_until(b"\r\n\r\n60000")).startswith(b"HTTP/1.1 200 ")


async def test_a_client_that_hangs_up_gives_its_room_back(app: Application, server: Server) -> None:
    async with connected(server.url) as client:
        await client.send(b"POST /body HTTP/1.1\r\nContent-Length: 150000\r\n\r\nx")
        await eventually(lambda: server.bodies.held_bytes == 150_000)
    await eventually(lambda: server.bodies.held_bytes == 0)
    assert app.outcomes == ["gone"]


async def test_an_answer_before_the_end_of_the_body_reaches_a_client_that_goes_on_sending(
    app: Application, server: Server
) -> None:
    size = 4 << 20
    async with connected(server.url) as client:
        await client.send(b"POST /early HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size)
        await client.send(b"x" * size)
        answer = await client.read_to_end()
    assert answer.endswith(b"\r\n\r\n/early")
    assert b"connection: close\r\n" in answer


async def test_a_client_that_never_stops_sending_behind_its_answer_is_closed(
    server: Server,
) -> None:
    async with connected(server.url) as client:
        await client.send(b"POST /early HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        sending = asyncio.create_task(trickle(client, b"1\r\na\r\n"))
        await eventually(lambda: not len(server.connections))
        sending.cancel()


# Connections


async def test_who_was_silent_longest_makes_room_for_another(
    app: Application, server: Server
) -> None:
    async with AsyncExitStack() as stack:
        held, silent, *_ = [
            await stack.enter_async_context(connected(server.url)) for _ in range(4)
        ]
        await held.send(GET % b"held")
        await eventually(lambda: app.asked == ["/held"])
        another = await stack.enter_async_context(connected(server.url))
        assert await silent.read_to_end() == b""
        await another.send(GET % b"a")
        assert await another.read_until(b"/a")
        app.release.set()
        assert await held.read_until(b"/held")


async def test_where_everyone_is_served_another_is_told_to_come_back(
    app: Application, server: Server
) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(4):
            each = await stack.enter_async_context(connected(server.url))
            await each.send(GET % b"held")
        await eventually(lambda: len(app.asked) == 4)
        late = await stack.enter_async_context(connected(server.url))
        answer = await late.read_to_end()
        assert problem(answer) == (503, "too_many_connections")
        assert b"retry-after: 2\r\n" in answer
    await eventually(lambda: not len(server.connections))


# HTTP/1.0 and HEAD


async def test_http_1_0_gets_a_stream_without_chunks_up_to_the_close(
    app: Application, client: RawClient
) -> None:
    await client.send(b"GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    head = await client.read_until(b"\r\n\r\n")
    assert b"transfer-encoding" not in head
    assert await client.read_exactly(8) == b"one,two,"
    app.release.set()
    assert await client.read_to_end() == b"three"


async def test_head_of_a_stream_ends_at_once_and_so_does_the_application(
    app: Application, client: RawClient
) -> None:
    answer = await client.ask(b"HEAD /stream HTTP/1.1\r\nConnection: close\r\n\r\n")
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert not rest
    assert app.outcomes == ["ended"]


async def test_head_tells_the_length_and_the_connection_goes_on(client: RawClient) -> None:
    await client.send(b"HEAD /abc HTTP/1.1\r\n\r\n" + LAST)
    answer = await client.read_to_end()
    assert b"content-length: 4\r\n" in answer
    assert answer.count(b"HTTP/1.1 200 ") == 2
    assert b"/abc" not in answer


# Proxies


async def test_a_trusted_proxy_is_believed(app: Application, server: Server) -> None:
    forwarded = b"X-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n"
    async with connected(server.url) as client:
        await client.ask(LAST[:-2] + forwarded)
    assert app.schemes == [("https", "192.0.2.7")]


async def test_a_stranger_is_not_believed(app: Application) -> None:
    async with serving(app, proxies=("192.0.2.0/24",)) as server, connected(server.url) as client:
        await client.ask(LAST[:-2] + b"X-Forwarded-Proto: https\r\n\r\n")
    assert app.schemes == [("http", "127.0.0.1")]


# The application's own view


async def test_a_connection_says_what_it_holds_and_can_be_cut() -> None:
    async def cuts(scope: Scope, receive: Receive, send: Send) -> None:
        connection = connection_of(scope)
        assert not connection.is_lost
        assert connection.unsent_bytes == 0
        connection.abort()
        assert connection.is_lost
        await receive()

    async with serving(cuts) as server, connected(server.url) as client:
        assert await client.ask(LAST) == b""


# The whole api


async def test_the_api_refuses_large_headers_and_serves_http_1_0(service: Service) -> None:
    async with connected(service.url) as client:
        answer = await client.ask(head_of(2 * LIMITS.head_bytes))
    assert problem(answer) == (431, "headers_too_large")
    run = await service.run()
    async with connected(service.url) as client:
        wanted = f"GET /api/v1/runs/{run}/events HTTP/1.0\r\nAuthorization: Bearer {TOKEN}\r\n"
        await client.send(wanted.encode() + b"\r\n")
        head = await client.read_until(b"\r\n\r\n")
        assert b"transfer-encoding" not in head
        assert (await client.read_until(b"\n\n")).startswith(b"retry: ")


async def test_urls_that_are_handed_out_have_the_scheme_a_proxy_tells(service: Service) -> None:
    run = await service.run()
    answer = await service.http.get(f"/api/v1/runs/{run}", headers={"X-Forwarded-Proto": "https"})
    assert answer.json()["events_url"].startswith("https://127.0.0.1:")


async def test_urls_that_are_handed_out_begin_with_the_public_url(
    service: Service, nats_url: str, database_url: str
) -> None:
    public = "https://penstock.example/runs"
    async with started(nats_url, database_url, PENSTOCK_PUBLIC_URL=public) as other:
        answer = await other.http.post("/api/v1/runs", json={"flow": FLOW})
    told = answer.json()
    assert told["events_url"].startswith(f"{public}/api/v1/runs/{told['run_id']}/events?ticket=")
    assert answer.headers["location"] == f"{public}/api/v1/runs/{told['run_id']}"
