"""The process to oneself: a step that may kill workers is tried with nothing else beside it.

open      attempts come and go beside each other
closed    a suspect waits for those under way to end, or is at work: whoever else asks for a
          place gets none, and further suspects take their turns
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

TURN_SECONDS = 2.0


class ExclusiveSlot:
    """Gives attempts their places; `on_open` is told whenever ordinary ones are let in again."""

    def __init__(
        self, on_open: Callable[[], None] = lambda: None, turn_seconds: float = TURN_SECONDS
    ) -> None:
        self._on_open = on_open
        self._turn_seconds = turn_seconds
        self._turn = asyncio.Lock()
        self._suspects = 0
        self._beside = 0
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def is_closed(self) -> bool:
        """A suspect is at work here, or waits to be."""
        return self._suspects > 0

    @asynccontextmanager
    async def place(self, *, alone: bool) -> AsyncIterator[bool]:
        """A place among the others, or all of them; False if there is none to be had now."""
        if alone:
            async with self._alone() as has_place:
                yield has_place
            return
        if self.is_closed:
            yield False
            return
        self._beside += 1
        self._empty.clear()
        try:
            yield True
        finally:
            self._beside -= 1
            if self._beside == 0:
                self._empty.set()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[bool]:
        self._suspects += 1
        try:
            if not await self._got_turn():
                yield False
                return
            try:
                await self._empty.wait()
                yield True
            finally:
                self._turn.release()
        finally:
            self._suspects -= 1
            if not self.is_closed:
                self._on_open()

    async def _got_turn(self) -> bool:
        """It is this suspect's turn; False if others took too long, so that it goes elsewhere."""
        try:
            async with asyncio.timeout(self._turn_seconds):
                return await self._turn.acquire()
        except TimeoutError:
            return False
