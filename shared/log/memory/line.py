"""The way to the log and back: requests may get lost, answers take their time."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from shared.errors import Unavailable
from shared.log.memory.clock import Clock
from shared.log.memory.faults import Chance

T = TypeVar("T")


class Line:
    """What every client shares: the answers that are under way."""

    def __init__(self, clock: Clock, chance: Chance) -> None:
        self._clock = clock
        self._chance = chance

    def answered(self, answer: T | Unavailable) -> asyncio.Future[T]:
        """The answer, after this turn of the loop at the earliest. Raises: Unavailable."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def arrive() -> None:
            if future.done():
                return
            if isinstance(answer, Unavailable):
                future.set_exception(answer)
            else:
                future.set_result(answer)

        if delay := self._chance.delay_seconds():
            self._clock.after(delay, arrive)
        else:
            loop.call_soon(arrive)
        return future

    async def reach(self, asked: str) -> None:
        """Get a request through. Raises: Unavailable."""
        lost = self._chance.happens(self._chance.faults.unavailable)
        await self.answered(unanswered(asked) if lost else None)


def unanswered(asked: str) -> Unavailable:
    """What a caller gets instead of an answer."""
    return Unavailable(f"expected an answer to {asked} from the log, got none; try again")
