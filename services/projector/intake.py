"""The intake: what the log hands out of several partitions, gathered into batches.

A batch is what came within 50 ms of its first entry, or, when that was much, within 200 ms, or
2,000 entries: readers that need a run's newest state fold it from the log, so here a transaction
less is worth more than a millisecond.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from shared.errors import Unavailable
from shared.log.port import Entry, Log

ENTRIES_AT_ONCE = 2000
GATHER_SECONDS = 0.05
BUSY_ENTRIES, BUSY_SECONDS = 100, 0.15
BREATH_SECONDS = 0.01

Taken = dict[int, list[Entry]]


class Intake:
    """Entries by partition, each in the order of the log."""

    def __init__(self) -> None:
        self._waiting: Taken = {}
        self._count = 0
        self._failure: BaseException | None = None
        self._some = asyncio.Event()
        self._full = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def wake(self) -> None:
        """Whoever waits for a batch gets what there is, be it nothing."""
        self._some.set()
        self._full.set()

    async def take(self, patience_seconds: float) -> Taken:
        """The next batch; empty if nothing came in that time. Raises what the log raised."""
        if not await _within(self._some, patience_seconds):
            return {}
        await _within(self._full, GATHER_SECONDS)
        if self._count > BUSY_ENTRIES:
            await _within(self._full, BUSY_SECONDS)
        if self._failure is not None:
            raise self._failure
        taken, self._waiting, self._count = self._waiting, {}, 0
        self._some.clear()
        self._full.clear()
        self._room.set()
        return taken

    async def pump(self, log: Log, partition: int, after: int) -> None:
        """Gather a partition's entries behind a sequence, without end. Raises: Unavailable."""
        replay = log.replay(partition, after=after)
        try:
            async for entries in replay:
                await self._room.wait()
                self._put(partition, entries)
                await asyncio.sleep(BREATH_SECONDS)  # more comes meanwhile, for one waking
        finally:
            if isinstance(replay, AsyncGenerator):
                await replay.aclose()

    def ended(self, pump: asyncio.Task[None]) -> None:
        """A pump stopped: whoever takes next is told why."""
        if not pump.cancelled():
            self._failure = pump.exception() or Unavailable("the log's replay ended by itself")
            self._some.set()
            self._full.set()

    def _put(self, partition: int, entries: list[Entry]) -> None:
        self._waiting.setdefault(partition, []).extend(entries)
        self._count += len(entries)
        self._some.set()
        if self._count >= ENTRIES_AT_ONCE:
            self._full.set()
            self._room.clear()


@asynccontextmanager
async def intake(log: Log, positions: Mapping[int, int]) -> AsyncIterator[Intake]:
    """An intake that begins behind each partition's position."""
    gathered = Intake()
    async with AsyncExitStack() as stack:
        for partition, after in positions.items():
            task = asyncio.create_task(gathered.pump(log, partition, after))
            task.add_done_callback(gathered.ended)
            stack.push_async_callback(_ended, task)
        yield gathered


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


async def _within(event: asyncio.Event, seconds: float) -> bool:
    if event.is_set():
        return True
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
