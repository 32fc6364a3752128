"""What the connection to NATS sends leaves together and in order, and is heard without delay."""

import asyncio
from collections.abc import Callable

import pytest
from nats.errors import MaxPayloadError

from cli.up.port import LOOPBACK
from shared.log.jetstream.connection import connection
from shared.log.jetstream.hearing import Message, hear
from shared.log.jetstream.lean import LeanClient, header_of
from tests.eventually import PATIENCE_SECONDS, eventually


def test_a_header_goes_over_the_wire_as_the_protocol_has_it() -> None:
    assert header_of({"A": "1", "B": "2"}) == b"NATS/1.0\r\nA: 1\r\nB: 2\r\n\r\n"


async def test_what_is_sent_at_once_arrives_in_order_with_its_headers(nats_url: str) -> None:
    heard: list[Message] = []
    header = header_of({"Kind": "odd"})
    async with connection(nats_url, "test") as opened:
        await hear(opened.client, "batch.*", heard.append)
        for at in range(9):
            opened.client.send(f"batch.{at}", b"%d" % at, "r", header if at % 2 else b"")
        await eventually(lambda: len(heard) == 9)
    assert [message.data for message in heard] == [b"%d" % at for at in range(9)]
    assert [message.subject for message in heard[:2]] == ["batch.0", "batch.1"]
    assert [message.reply for message in heard[:2]] == ["r", "r"]
    assert [message.headers for message in heard[:2]] == [{}, {"Kind": "odd"}]


async def test_a_message_too_large_is_refused_and_the_others_go_on(nats_url: str) -> None:
    heard: list[bytes] = []
    async with connection(nats_url, "test") as opened:
        await hear(opened.client, "batch", lambda message: heard.append(message.data))
        with pytest.raises(MaxPayloadError):
            opened.client.send("batch", b"x" * (opened.client.max_payload + 1))
        opened.client.send("batch", b"next")
        await eventually(lambda: heard == [b"next"])


async def test_nobody_answering_is_heard_as_a_status(nats_url: str) -> None:
    heard: asyncio.Queue[Message] = asyncio.Queue()
    async with connection(nats_url, "test") as opened:
        await hear(opened.client, "answers", heard.put_nowait)
        opened.client.send("nobody", b"?", "answers")
        message = await asyncio.wait_for(heard.get(), PATIENCE_SECONDS)
    assert message.status == "503"


def answer_of_a_request(client: LeanClient) -> "asyncio.Future[object]":
    [answer] = client._resp_map.values()
    return answer


def answer_of_a_flush(client: LeanClient) -> "asyncio.Future[object]":
    [answer] = client._pongs
    return answer


@pytest.mark.parametrize("answer_of", [answer_of_a_request, answer_of_a_flush])
async def test_a_cancel_that_comes_together_with_the_answer_is_not_forgotten(
    nats_url: str, answer_of: Callable[[LeanClient], "asyncio.Future[object]"]
) -> None:
    async with connection(nats_url, "test") as opened:
        client = opened.client
        is_request = answer_of is answer_of_a_request
        waiting = client.request("$JS.API.INFO", b"", 60) if is_request else client.flush(60)
        task = asyncio.ensure_future(waiting)
        await asyncio.sleep(0)
        answer_of(client).add_done_callback(lambda _: task.cancel())
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_flush_asks_behind_what_was_sent_before_it() -> None:
    said = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"s","version":"2.15.0","max_payload":1048576}\r\n')
        while line := await reader.readline():
            said.extend(line)
            if line == b"PING\r\n":
                writer.write(b"PONG\r\n")
        writer.close()

    server = await asyncio.start_server(serve, LOOPBACK, 0)
    port = server.sockets[0].getsockname()[1]
    async with connection(f"nats://{LOOPBACK}:{port}", "flushing") as opened:
        said.clear()
        await opened.client.subscribe("heard")
        await opened.client.flush()
        assert said.index(b"SUB heard") < said.index(b"PING")
    server.close()
    await server.wait_closed()
