"""Questions about parked runs, put to whoever writes their partition down, between two batches.

A writer keeps in memory which runs are parked, so nobody else may take one up beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

from shared.log.parked import Look, Question
from shared.log.subjects import Address


class Looks:
    """Questions that wait for the writer; `wake` is called when there is one."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Address, asyncio.Future[Look | None]]] = []
        self._partitions: frozenset[int] = frozenset()
        self._wake: Callable[[], None] = lambda: None

    def open(self, partitions: Collection[int], wake: Callable[[], None]) -> None:
        """Questions about these partitions are answered from now on."""
        self._partitions, self._wake = frozenset(partitions), wake

    def close(self) -> None:
        """Nobody answers any more: those that wait get silence."""
        self._partitions = frozenset()
        for _, answer in self._waiting:
            if not answer.done():
                answer.set_result(None)
        self._waiting = []

    async def answer(self, look: Callable[[Address], Awaitable[Look]]) -> None:
        """Answer the questions that wait, by such a look at each."""
        waiting, self._waiting = self._waiting, []
        for address, answer in waiting:
            found = await look(address)
            if not answer.done():
                answer.set_result(found)

    async def tell(self, address: Address, question: Question) -> Look | None:
        """What the writer finds when it looks at the run again; None if it is another's."""
        if address.partition not in self._partitions:
            return None
        answer: asyncio.Future[Look | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((address, answer))
        self._wake()
        return await answer
