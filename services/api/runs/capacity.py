"""Room in the log: new runs are refused before it is full, so that those begun can end."""

from __future__ import annotations

import asyncio

from shared.errors import Unavailable
from shared.log.port import Log
from shared.runtime.metrics import gauge

FULL_AT = 0.85
LOOK_SECONDS = 2.0

FULLNESS = gauge("log_fullness_ratio", "How much of its size limit the log takes.")


class LogNearlyFull(Unavailable):
    """The log takes no new runs until finished ones have left it."""

    code = "log_full"
    status = 507


class Capacity:
    """Looks at the log every two seconds while `watch` runs."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._fullness = 0.0

    async def watch(self) -> None:
        """Keeps looking, for ever."""
        while True:
            try:
                self._fullness = (await self._log.about()).fullness
                FULLNESS.set(self._fullness)
            except Unavailable:
                pass  # an append will tell
            await asyncio.sleep(LOOK_SECONDS)

    def require_room(self) -> None:
        """Raises: LogNearlyFull."""
        if self._fullness >= FULL_AT:
            raise LogNearlyFull(
                f"The log is {self._fullness:.0%} full and takes no new runs from {FULL_AT:.0%} on:"
                " wait for finished runs to leave it, or raise PENSTOCK_MAX_LOG_BYTES."
            )
