"""Errands in memory: carried out by whoever has the fewest in hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.log.errands import LONGEST_SECONDS, Answered, Came, Carry, NotTaken, Unanswered


class _Carrier:
    """One who carries out errands, so many at once."""

    def __init__(self, carry: Carry, most: int) -> None:
        self.carry = carry
        self.most = most
        self.tasks: set[asyncio.Task[bytes]] = set()


class Errands:
    """See `shared.log.errands`; one for all clients of a log."""

    def __init__(self) -> None:
        self._carriers: list[_Carrier] = []

    async def ask(self, question: bytes, seconds: float = LONGEST_SECONDS) -> Came:
        if not self._carriers:
            return NotTaken("nobody")
        carrier = min(self._carriers, key=lambda each: len(each.tasks))
        if len(carrier.tasks) >= carrier.most:
            return NotTaken("busy")
        task = asyncio.ensure_future(carrier.carry(question))
        carrier.tasks.add(task)
        task.add_done_callback(carrier.tasks.discard)
        await asyncio.wait({task}, timeout=seconds)
        return Answered(task.result()) if task.done() and not task.cancelled() else Unanswered()

    @asynccontextmanager
    async def carrying_out(self, carry: Carry, most: int) -> AsyncIterator[None]:
        carrier = _Carrier(carry, most)
        self._carriers.append(carrier)
        try:
            yield
        finally:
            self._carriers.remove(carrier)
            for task in carrier.tasks:
                task.cancel()
