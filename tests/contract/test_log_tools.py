"""Calls of tools that programs of users answer."""

import asyncio

import pytest

from shared.errors import Unavailable
from shared.log import connect
from tests.contract.world import World
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.servers import NatsServer

TOO_LARGE = b"x" * ((8 << 20) + 1)


async def echo(call: bytes) -> bytes:
    return b"came: " + call


async def silence(call: bytes) -> bytes:
    return await asyncio.Event().wait() and call


async def test_a_call_is_answered_by_who_serves_the_tool(world: World) -> None:
    async with world.serving("acme", "weather", echo):
        assert await world.log.tools.ask("acme", "weather", b"Oslo", 60) == b"came: Oslo"
        assert await world.log.tools.ask("acme", "weather", b"", 60) == b"came: "


async def test_a_tool_that_nobody_serves_has_no_answer_at_once(world: World) -> None:
    async with world.serving("acme", "weather", echo):
        assert await world.log.tools.ask("acme", "news", b"", 3600) == "nobody"
        assert await world.log.tools.ask("globex", "weather", b"", 3600) == "nobody"
    assert await world.log.tools.ask("acme", "weather", b"", 3600) == "nobody"


async def test_silence_ends_in_time(world: World) -> None:
    async with world.serving("acme", "weather", silence):
        ask = world.log.tools.ask("acme", "weather", b"", 1)
        assert await world.within(2, ask) == "silence"


async def test_a_call_that_no_message_holds_is_not_made(world: World) -> None:
    async with world.serving("acme", "weather", echo):
        assert await world.log.tools.ask("acme", "weather", TOO_LARGE, 60) == "too_large"


async def test_many_calls_at_once_have_each_its_own_answer(world: World) -> None:
    async with world.serving("acme", "weather", echo):
        calls = [b"%d" % number for number in range(200)]
        asked = [world.log.tools.ask("acme", "weather", call, 60) for call in calls]
        assert await asyncio.gather(*asked) == [b"came: " + call for call in calls]


async def test_a_call_that_is_cancelled_leaves_nothing_behind(world: World) -> None:
    came = asyncio.Event()

    async def slowly(call: bytes) -> bytes:
        came.set()
        return await silence(call)

    async with world.serving("acme", "weather", slowly):
        asking = asyncio.ensure_future(world.log.tools.ask("acme", "weather", b"", 3600))
        await asyncio.wait_for(came.wait(), PATIENCE_SECONDS)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    async with world.serving("acme", "weather", echo):
        assert await world.log.tools.ask("acme", "weather", b"x", 60) == b"came: x"


async def test_nobody_can_be_asked_while_nats_is_away(own_nats_server: NatsServer) -> None:
    async with connect(own_nats_server.url, name="contract") as log:
        own_nats_server.stop()

        async def is_away() -> bool:
            try:
                return not await log.tools.ask("acme", "weather", b"", 0.1)
            except Unavailable:
                return True

        await eventually(is_away)
