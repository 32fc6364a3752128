"""What is published, and is heard by somebody who does not answer."""

import asyncio

import pytest
from nats.aio.msg import Msg

from shared.log.jetstream.connection import NatsUnavailable, connection
from shared.log.jetstream.publisher import ANSWER_SECONDS, DELTA_SECONDS, Publisher
from tests.cost import Stopwatch
from tests.eventually import PATIENCE_SECONDS


async def test_a_delta_without_an_answer_is_given_up_soon(nats_url: str) -> None:
    async with connection(nats_url, "silent") as silent, connection(nats_url, "test") as opened:

        async def hear(_: Msg) -> None:
            return

        await silent.client.subscribe("deltas", cb=hear)
        await silent.client.flush()
        publisher = Publisher(opened)
        await publisher.start()
        passing = Stopwatch()
        with pytest.raises(NatsUnavailable):
            await asyncio.wait_for(publisher.store("deltas", b"x", b""), PATIENCE_SECONDS)
        assert DELTA_SECONDS <= passing.elapsed() < ANSWER_SECONDS - DELTA_SECONDS
        await publisher.stop()
