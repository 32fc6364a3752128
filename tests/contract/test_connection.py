"""The connection to NATS publishes in batches and hands over without delay."""

import asyncio
from collections import deque

import pytest
from nats.aio.msg import Msg
from nats.errors import MaxPayloadError

from shared.log.jetstream.connection import connection
from shared.log.jetstream.hearing import Outgoing, header_of, hear
from tests.eventually import eventually


def test_a_message_goes_over_the_wire_as_the_protocol_has_it() -> None:
    header = header_of({"A": "1", "B": "2"})
    assert header == b"NATS/1.0\r\nA: 1\r\nB: 2\r\n\r\n"
    assert Outgoing("s", b"data").command() == b"PUB s  4\r\ndata\r\n"
    assert Outgoing("s", b"data", "r").command() == b"PUB s r 4\r\ndata\r\n"
    told = b"HPUB s r %d %d\r\n" % (len(header), len(header) + 4)
    assert Outgoing("s", b"data", "r", header).command() == told + header + b"data\r\n"


async def test_a_batch_arrives_in_order_with_its_headers(nats_url: str) -> None:
    heard: list[Msg] = []
    async with connection(nats_url, "test") as opened:
        await hear(opened.client, "batch.*", heard.append)
        header = header_of({"Kind": "odd"})
        sent = [
            Outgoing(f"batch.{at}", b"%d" % at, "", header if at % 2 else b"") for at in range(9)
        ]
        await opened.client.publish_all(deque(sent))
        await eventually(lambda: len(heard) == len(sent))
    assert [message.data for message in heard] == [message.data for message in sent]
    assert [message.headers for message in heard[:2]] == [None, {"Kind": "odd"}]


async def test_a_message_too_large_is_left_out_and_the_others_go_on(nats_url: str) -> None:
    heard: list[bytes] = []
    async with connection(nats_url, "test") as opened:
        await hear(opened.client, "batch", lambda message: heard.append(message.data))
        large = b"x" * (opened.client.max_payload + 1)
        batch = deque([Outgoing("batch", large), Outgoing("batch", b"next")])
        with pytest.raises(MaxPayloadError):
            await opened.client.publish_all(batch)
        await opened.client.publish_all(batch)
        await eventually(lambda: heard == [b"next"])


async def test_nobody_answering_is_heard_as_a_status(nats_url: str) -> None:
    heard: asyncio.Queue[Msg] = asyncio.Queue()
    async with connection(nats_url, "test") as opened:
        await hear(opened.client, "answers", heard.put_nowait)
        await opened.client.publish_all(deque([Outgoing("nobody", b"?", "answers")]))
        message = await asyncio.wait_for(heard.get(), 5)
    assert (message.headers or {})["Status"] == "503"
