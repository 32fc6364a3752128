"""Reads through another node than the leader's, right after an append was acknowledged."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from shared.log import connect
from shared.log.port import Appended, Entry, Log
from tests.cluster import NAMES, NatsCluster, leader_of, provisioned
from tests.contract.story import Story
from tests.servers import connected

TIMES = 300


@dataclass(frozen=True)
class Places:
    """The log through the leader's node, and through the two others."""

    leading: Log
    following: tuple[Log, ...]


@pytest.fixture
async def places(cluster: NatsCluster) -> AsyncIterator[Places]:
    await provisioned(cluster)
    client = await connected(cluster.nodes["n1"].url)
    leader = await leader_of(client, "STREAM.INFO.RUNS")
    await client.close()
    async with AsyncExitStack() as stack:
        opened = {
            name: await stack.enter_async_context(connect(cluster.nodes[name].url, name="test"))
            for name in NAMES
        }
        yield Places(opened.pop(leader), tuple(opened.values()))


async def _missed(
    places: Places, read: Callable[[Log, Story, int], Awaitable[tuple[Entry, ...]]]
) -> list[int]:
    """The steps whose outcome a read right after its acknowledgement lacks."""
    story = Story("acme", read.__name__, 0)
    assert isinstance(await places.leading.append(story.requested()), Appended)
    missed = []
    for step in range(TIMES):
        assert isinstance(await places.leading.append(story.completed(step)), Appended)
        entries = await read(places.following[step % 2], story, step)
        if not any(entry.rest == f"step.{step}.1.finished" for entry in entries):
            missed.append(step)
    return missed


async def test_reading_on_ends_where_the_leader_does(places: Places) -> None:
    async def read_on(log: Log, story: Story, step: int) -> tuple[Entry, ...]:
        return await log.read_on("acme", story.run, after=0)

    assert await _missed(places, read_on) == []


async def test_a_selection_has_what_the_leader_has(places: Places) -> None:
    async def select(log: Log, story: Story, step: int) -> tuple[Entry, ...]:
        rests = ["requested", f"step.{step}.1.finished"]
        return (await log.select(story.address, rests, at_least=0)).entries

    assert await _missed(places, select) == []


async def test_a_history_has_what_the_leader_has(places: Places) -> None:
    async def history(log: Log, story: Story, step: int) -> tuple[Entry, ...]:
        return (await log.history("acme", story.run)).entries

    assert await _missed(places, history) == []
