"""Gathering: several partitions into one batch, in order, with an end to patience."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.projector import intake as module
from services.projector.intake import intake
from shared.errors import Unavailable
from shared.log.memory import MemoryLog
from shared.log.port import Entry
from tests.contract.story import Story

stories = [Story("acme", f"run-{n}", partition=n % 2) for n in range(4)]


class BrokenLog(MemoryLog):
    """A log whose replay fails."""

    async def replay(self, partition: int, *, after: int) -> AsyncIterator[list[Entry]]:
        raise Unavailable(f"no partition {partition}")
        yield []


async def test_what_comes_together_is_taken_together_each_partition_in_order() -> None:
    log = MemoryLog(partitions=2)
    for story in stories:
        await log.append(story.requested())
    async with intake(log, {0: 0, 1: 2}) as incoming:
        await log.append(stories[0].started())
        taken = await incoming.take(5)
    assert {p: [e.sequence for e in some] for p, some in taken.items()} == {0: [1, 3, 5], 1: [4]}


async def test_nothing_coming_ends_in_an_empty_batch() -> None:
    async with intake(MemoryLog(partitions=1), {0: 0}) as incoming:
        assert await incoming.take(0.01) == {}


async def test_the_log_s_failure_reaches_whoever_takes() -> None:
    async with intake(BrokenLog(partitions=1), {0: 0}) as incoming:
        with pytest.raises(Unavailable, match="no partition 0"):
            await incoming.take(5)


async def test_a_full_intake_waits_until_it_is_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENTRIES_AT_ONCE", 2)
    log = MemoryLog(partitions=1)
    async with intake(log, {0: 0}) as incoming:
        seen: list[int] = []
        for n in range(6):
            await log.append(Story("acme", f"run-{n}").requested())
            await asyncio.sleep(0)
        while len(seen) < 6:
            taken = await incoming.take(5)
            seen += [entry.sequence for entry in taken[0]]
    assert seen == [1, 2, 3, 4, 5, 6]
