"""Hears orders to stop as they are recorded, and interrupts what they concern.

Live may lose: whenever it may have, and at each heartbeat, the log is looked at too.
"""

import asyncio
from contextlib import AbstractAsyncContextManager, closing

from services.agent_worker.context import RUN_RESTS, STOPS
from services.agent_worker.execution import Hands
from shared.errors import Unavailable
from shared.log.port import Gap, LiveFeed, Log
from shared.log.subjects import REQUESTED, Address

ORDERS = tuple(rest for rest in RUN_RESTS if rest != REQUESTED)


def feeds(store: Log) -> list[AbstractAsyncContextManager[LiveFeed]]:
    """Where orders are heard; to be entered before anything is taken that they may concern."""
    return [store.live("*", "*", rest) for rest in STOPS]


async def obey(store: Log, feed: LiveFeed, hands: Hands) -> None:
    """Interrupt the executions of every run that is told to stop; never returns."""
    with closing(Look(store, hands)) as look:
        while True:
            for item in await feed.next():
                if isinstance(item, Gap):
                    look.begin()
                else:
                    hands.stop(item.workspace, item.run)


class Look:
    """Stops what the log knows is to stop, though nobody heard of it here; one look at a time."""

    def __init__(self, store: Log, hands: Hands) -> None:
        self._store = store
        self._hands = hands
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Look now, unless a look is under way."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._at_all())

    def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()

    async def _at_all(self) -> None:
        for address in {e.delivery.entry.address for e in self._hands if e.is_executing}:
            await self._at(address)

    async def _at(self, address: Address) -> None:
        try:
            found = await self._store.select(address, ORDERS, at_least=0)
        except Unavailable:
            return  # the next heartbeat looks again
        if found.entries:
            self._hands.stop(address.workspace, address.run)
