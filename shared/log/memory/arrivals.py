"""What has arrived at one receiver and was not yet taken."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Generic, TypeVar

from shared.log.memory.clock import Clock
from shared.log.memory.faults import Chance

T = TypeVar("T")


class Arrivals(Generic[T]):
    """Items on their way to one receiver; delays differ, the order of sending stays."""

    def __init__(self, clock: Clock, chance: Chance) -> None:
        self._clock = clock
        self._chance = chance
        self._last = clock.now
        self._under_way = 0
        self._items: list[T] = []
        self._arrived = asyncio.Event()

    def send(self, item: T) -> None:
        """Let it arrive: at once, or after a delay that the seed decides."""
        delay = timedelta(seconds=self._chance.delay_seconds())
        self._last = max(self._last, self._clock.now + delay)
        if self._under_way or self._last > self._clock.now:
            self._under_way += 1
            self._clock.at(self._last, lambda: self._land(item))
        else:
            self._arrive(item)

    def _land(self, item: T) -> None:
        self._under_way -= 1
        self._arrive(item)

    def _arrive(self, item: T) -> None:
        self._items.append(item)
        self._arrived.set()

    async def take(self) -> list[T]:
        """All that is here, at least one, in order; waits for it."""
        while not self._items:
            self._arrived.clear()
            await self._arrived.wait()
        items, self._items = self._items, []
        return items
