"""Every second: tells the log that what is in hand is being worked on, and looks for orders.

The deliveries come first and wait for nothing: a slow look must not cost the ownership.
"""

import asyncio
from contextlib import closing

from services.agent_worker.execution import Hands
from services.agent_worker.stop import Look
from shared.log.port import Log

EVERY_SECONDS = 1.0


async def beat(store: Log, hands: Hands, every_seconds: float = EVERY_SECONDS) -> None:
    """Keep every delivery in hand alive; never returns."""
    with closing(Look(store, hands)) as look:
        while True:
            await asyncio.sleep(every_seconds)
            for execution in hands:
                execution.delivery.in_progress()
            look.begin()
