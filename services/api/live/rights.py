"""Streams end with the right to read them: that of the token or session they were opened with."""

from __future__ import annotations

import asyncio

from services.api.identity.identity import SETTINGS
from services.api.identity.known import Known
from services.api.live.hub import Hub
from shared.errors import Unavailable
from shared.runtime.logging import logger
from shared.runtime.metrics import counter

EVERY_SECONDS = 1.0

ENDED = counter("event_readers_ended_total", "Readers cut off because their token is good no more.")

log = logger()


class RightsWatch:
    """Asks once a second which of the tokens and sessions that read here are good no more."""

    def __init__(self, hub: Hub, known: Known) -> None:
        self._hub = hub
        self._known = known

    async def watch(self) -> None:
        """Looks for as long as it is let."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.look()
            except Unavailable:
                continue  # who reads goes on reading; Postgres is watched elsewhere

    async def look(self) -> None:
        """Cuts off readers whose token or session is good no more. Raises: Unavailable."""
        readers = self._hub.readers()
        rights = {reader.right for reader in readers if reader.right.maker != SETTINGS}
        ended = await self._known.ended(rights) if rights else set()
        for reader in readers:
            if reader.right in ended:
                ENDED.inc()
                log.info("reader.ended", maker=reader.right.maker)
                reader.leave()
