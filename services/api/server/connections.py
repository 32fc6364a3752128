"""How many clients may be connected, and who has to go when there is no room for another."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, Protocol, TypeVar

from services.api.server.limits import Limits, connections_within

LOOK_SECONDS = 0.1


class Evictable(Protocol):
    """A connection that says since when nothing is done for it; `inf` while something is."""

    waiting_since: float

    def evict(self) -> None:
        """End: it is not serving a request."""
        ...


C = TypeVar("C", bound=Evictable)


class Connections(Generic[C]):
    """The places for clients.

    A request costs nothing here. Only when every place is taken is it looked who has been silent
    longest, for many newcomers at once and ten times a second at most.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._most = connections_within(limits.connections)
        self._taken: set[C] = set()
        self._line: deque[C] = deque()
        self._look_at = 0.0
        self._departure = asyncio.Event()

    def __len__(self) -> int:
        return len(self._taken)

    def admit(self, connection: C, now: float) -> bool:
        """Whether there is a place; the one that has been silent longest may lose its own.

        Who was heard a moment ago stays: it may be between two requests.
        """
        if len(self._taken) >= self._most and not self._make_room(now):
            return False
        self._taken.add(connection)
        return True

    def leave(self, connection: C) -> None:
        """It is gone."""
        self._taken.discard(connection)
        self._departure.set()

    async def next_departure(self) -> None:
        """Returns once one more is gone."""
        self._departure.clear()
        await self._departure.wait()

    def _make_room(self, now: float) -> bool:
        since = now - self.limits.evictable_after_seconds
        if not self._line and now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            silent = (each for each in self._taken if each.waiting_since <= since)
            self._line.extend(sorted(silent, key=lambda each: each.waiting_since))
        while self._line:
            oldest = self._line.popleft()
            if oldest in self._taken and oldest.waiting_since <= since:
                self._taken.discard(oldest)
                oldest.evict()
                return True
        return False
