"""One question a key at a time; all who ask meanwhile share the next.

An answer is never older than the question: a query that was under way when someone asked may have
missed what they know of, so they wait for the one that begins after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Sharing(Generic[K, V]):
    """Questions under way, and those that will be asked next."""

    def __init__(self) -> None:
        self._running: dict[K, asyncio.Task[V]] = {}
        self._coming: dict[K, asyncio.Task[V]] = {}

    async def answer(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        """What `ask` answers, begun no earlier than now. Raises what `ask` raises."""
        task = self._coming.get(key)
        if task is None:
            running = self._running.get(key)
            task = asyncio.create_task(self._asked(key, ask, running))
            (self._running if running is None else self._coming)[key] = task
        return await asyncio.shield(task)

    async def _asked(
        self, key: K, ask: Callable[[], Awaitable[V]], running: asyncio.Task[V] | None
    ) -> V:
        if running is not None:
            await asyncio.wait({running})
            self._running[key] = self._coming.pop(key)
        try:
            return await ask()
        finally:
            if key not in self._coming:
                self._running.pop(key, None)
