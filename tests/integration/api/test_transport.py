"""What the server does with what clients send, before the application hears of it."""

import asyncio

import pytest

from services.api.server.limits import LIMITS, Limits
from services.api.server.server import Server
from tests.eventually import eventually
from tests.integration.api.raw_client import RawClient, connected, serving, trickle
from tests.integration.api.small_application import (
    GET,
    LAST,
    QUICK,
    Application,
    head_of,
    problem,
)

# Heads


async def test_a_head_of_64_kib_is_taken_and_one_byte_more_is_not(
    app: Application, server: Server
) -> None:
    async with connected(server.url) as client:
        assert (await client.ask(head_of(LIMITS.head_bytes))).startswith(b"HTTP/1.1 200 ")
    async with connected(server.url) as client:
        answer = await client.ask(head_of(LIMITS.head_bytes + 1))
    assert problem(answer) == (431, "headers_too_large")
    assert app.asked == ["/"]


@pytest.mark.parametrize(
    "start",
    [b"GET / HTTP/1.1\r\nX: ", b"GET /", b"GET / HTTP/1.1\r\nX", b"\r\n" * 8],
    ids=["a value", "the path", "a name", "blank lines"],
)
async def test_what_never_ends_is_refused_after_64_kib(
    app: Application, client: RawClient, start: bytes
) -> None:
    await client.send(start)
    filler = b"\r\n" * 2048 if start.startswith(b"\r\n") else b"v" * 4096
    sending = asyncio.gather(*(client.send(filler) for _ in range(64)))
    assert problem(await client.read_to_end()) == (431, "headers_too_large")
    await sending
    assert not app.asked


async def test_trailers_are_bounded_too_and_are_not_headers(
    app: Application, client: RawClient
) -> None:
    await client.send(
        b"POST /body HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: "
    )
    await client.send(b"v" * 3 * LIMITS.head_bytes)
    assert problem(await client.read_to_end()) == (431, "headers_too_large")
    await eventually(lambda: app.outcomes == ["gone"])


async def test_more_than_a_hundred_headers_are_refused(server: Server) -> None:
    async with connected(server.url) as client:
        few = LAST[:-2] + b"a: b\r\n" * (LIMITS.headers - 2) + b"\r\n"
        assert (await client.ask(few)).startswith(b"HTTP/1.1 200 ")
    async with connected(server.url) as client:
        many = LAST[:-2] + b"a: b\r\n" * (LIMITS.headers - 1) + b"\r\n"
        assert problem(await client.ask(many)) == (431, "headers_too_large")


async def test_what_is_no_http_is_told_so(client: RawClient) -> None:
    assert problem(await client.ask(b"\x16\x03\x01 hello")) == (400, "malformed_request")


async def test_another_protocol_is_not_spoken_and_what_follows_its_offer_is_not_read(
    app: Application, client: RawClient
) -> None:
    offer = b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"
    answer = await client.ask(offer + GET % b"b")
    assert (answer.startswith(b"HTTP/1.1 200 "), b"connection: close" in answer) == (True, True)
    assert app.asked == ["/a"]


async def test_a_body_beside_the_offer_of_another_protocol_is_refused_not_lost(
    app: Application, client: RawClient
) -> None:
    offer = b"POST /body HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n"
    answer = await client.ask(offer + b"Content-Length: 2\r\n\r\nhi")
    assert problem(answer) == (400, "upgrade_with_body")
    assert not app.asked


# Time


async def test_who_says_nothing_is_closed_without_a_word(client: RawClient) -> None:
    assert await client.read_to_end() == b""


async def test_a_head_that_is_not_complete_in_time_is_told_so_however_it_trickles(
    app: Application, client: RawClient
) -> None:
    await client.send(b"GET / HTTP/1.1\r\n")
    trickling = asyncio.create_task(trickle(client, b"X: y\r\n"))
    assert problem(await client.read_to_end()) == (408, "request_timeout")
    trickling.cancel()
    assert not app.asked


async def test_the_next_head_of_a_connection_has_its_time_from_its_own_beginning(
    app: Application, client: RawClient
) -> None:
    await client.send(GET % b"a")
    await client.read_until(b"/a")
    await client.send(b"GET / HT")
    assert problem(await client.read_to_end()) == (408, "request_timeout")
    assert app.asked == ["/a"]


async def test_a_connection_at_rest_is_closed_after_its_time(client: RawClient) -> None:
    await client.send(GET % b"a")
    await client.read_until(b"/a")
    assert await client.read_to_end() == b""


async def test_an_answer_may_take_longer_than_all_bounds(
    app: Application, client: RawClient
) -> None:
    loop = asyncio.get_running_loop()
    loop.call_later(3 * QUICK.head_seconds, app.release.set)
    await client.send(GET % b"held")
    assert await client.read_until(b"/held")


async def test_a_body_that_stops_coming_is_told_so(app: Application, client: RawClient) -> None:
    answer = await client.ask(b"POST /body HTTP/1.1\r\nContent-Length: 100000\r\n\r\nhello")
    assert problem(answer) == (408, "request_timeout")
    await eventually(lambda: app.outcomes == ["gone"])


async def test_a_body_that_goes_on_arriving_may_take_its_time(client: RawClient) -> None:
    await client.send(b"POST /body HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    trickling = asyncio.create_task(trickle(client, b"1\r\na\r\n"))
    loop = asyncio.get_running_loop()
    loop.call_later(3 * QUICK.body_silent_seconds, trickling.cancel)
    await asyncio.wait({trickling})
    await client.send(b"0\r\n\r\n")
    assert (await client.read_until(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")


async def test_a_body_has_a_time_for_the_whole_of_it(app: Application) -> None:
    limits = Limits(body_seconds=0.3, discard_seconds=0.1)
    async with serving(app, limits) as server, connected(server.url) as client:
        await client.send(b"POST /body HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        trickling = asyncio.create_task(trickle(client, b"1\r\na\r\n"))
        assert problem(await client.read_to_end()) == (408, "request_timeout")
        trickling.cancel()


# Pipelining


async def test_requests_sent_before_their_answers_are_answered_in_order(
    app: Application, client: RawClient
) -> None:
    answer = await client.ask(GET % b"a" + GET % b"b" + LAST)
    assert app.asked == ["/a", "/b", "/"]
    assert answer.count(b"HTTP/1.1 200 ") == 3


async def test_too_many_requests_before_their_answers_are_dropped_behind_those_that_fit(
    app: Application, client: RawClient
) -> None:
    await client.send(GET % b"held" + GET % b"x" * 5_000)
    await eventually(lambda: app.asked == ["/held"])
    app.release.set()
    answer = await client.read_to_end()
    assert answer.count(b"HTTP/1.1 200 ") == 1 + QUICK.pipelined == len(app.asked)


async def test_nonsense_behind_a_request_does_not_get_into_its_answer(
    app: Application, client: RawClient
) -> None:
    await client.send(GET % b"stream" + b"\x00nonsense\r\n\r\n")
    await eventually(lambda: app.asked == ["/stream"])
    app.release.set()
    answer = await client.read_to_end()
    assert answer.endswith(b"5\r\nthree\r\n0\r\n\r\n")
    assert answer.count(b"HTTP/1.1") == 1
