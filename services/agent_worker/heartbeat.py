"""Every second: tells the log that what is in hand is being worked on, and looks for orders.

The deliveries come first and wait for nothing: a slow look must not cost the ownership.
"""

import asyncio

from services.agent_worker.context import RUN_RESTS
from services.agent_worker.execution import Hands
from services.agent_worker.stop import stop
from shared.errors import Unavailable
from shared.log.port import Log
from shared.log.subjects import Address

EVERY_SECONDS = 1.0
ORDERS = tuple(rest for rest in RUN_RESTS if rest != "requested")


async def beat(store: Log, hands: Hands, every_seconds: float = EVERY_SECONDS) -> None:
    """Keep every delivery in hand alive; never returns."""
    looking: asyncio.Task[None] | None = None
    try:
        while True:
            await asyncio.sleep(every_seconds)
            for execution in hands:
                execution.delivery.in_progress()
            if looking is None or looking.done():
                looking = asyncio.create_task(_look(store, hands))
    finally:
        if looking is not None:
            looking.cancel()


async def _look(store: Log, hands: Hands) -> None:
    """Stop what the log knows is to stop, though nobody heard of it here."""
    for address in {e.delivery.entry.address for e in hands if e.is_executing}:
        await _look_at(store, hands, address)


async def _look_at(store: Log, hands: Hands, address: Address) -> None:
    try:
        found = await store.select(address, ORDERS, at_least=0)
    except Unavailable:
        return  # the next heartbeat looks again
    if found.entries:
        stop(hands, address.workspace, address.run)
