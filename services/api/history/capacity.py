"""Room in the log: new runs are refused before it is full, so that those begun can end."""

from __future__ import annotations

import asyncio

from shared.errors import Unavailable
from shared.log.oversight import About
from shared.log.port import Log
from shared.runtime.metrics import gauge
from shared.runtime.monitor import Health

PART = "room"
FULL_AT = 0.85
LOOK_SECONDS = 2.0

FULLNESS = gauge("log_fullness_ratio", "How much of its size limit the log takes.")


class LogNearlyFull(Unavailable):
    """The log takes no new runs until finished ones have left it."""

    code = "log_full"
    status = 507


class Capacity:
    """Looks at the log every two seconds while `watch` runs: its room, and its partitions."""

    def __init__(self, log: Log, about: About, health: Health) -> None:
        self._log = log
        self._health = health
        self._fullness = 0.0
        self.partitions = about.partitions

    async def watch(self) -> None:
        """Keeps looking, for ever."""
        while True:
            try:
                about = await self._log.about()
                self._fullness, self.partitions = about.fullness, about.partitions
                FULLNESS.set(self._fullness)
                self._report()
            except Unavailable:
                pass  # an append will tell
            await asyncio.sleep(LOOK_SECONDS)

    def require_room(self) -> None:
        """Raises: LogNearlyFull."""
        if self._fullness >= FULL_AT:
            raise LogNearlyFull(self._words())

    def _report(self) -> None:
        if self._fullness >= FULL_AT:
            self._health.unready(PART, self._words())
        else:
            self._health.ready(PART)

    def _words(self) -> str:
        return (
            f"The log is {self._fullness:.0%} full and takes no new runs from {FULL_AT:.0%} on:"
            " wait for finished runs to leave it, or raise PENSTOCK_MAX_LOG_BYTES."
        )
