"""The runs a partition has parked, as long as it works: told of, and looked at again when asked.

What is parked stays unacknowledged in the log and comes again every minute, to whoever works the
partition then: that is what is shared and survives. What is kept here only says why.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from services.scheduler import signals
from shared.errors import Corrupt
from shared.log.parked import ParkedRun, parked_by
from shared.log.subjects import Address


class Parking:
    """Why each parked run is parked, by run."""

    def __init__(self) -> None:
        self._runs: dict[str, ParkedRun] = {}

    @property
    def runs(self) -> Collection[ParkedRun]:
        """All that are parked."""
        return self._runs.values()

    def of(self, run: str) -> ParkedRun | None:
        """Why this one is parked; None if it is not."""
        return self._runs.get(run)

    def park(self, address: Address, error: Corrupt) -> None:
        """It cannot go on for this reason; one that is parked stays so since it was."""
        known = self._runs.get(address.run)
        since = known.since if known is not None else datetime.now(UTC)
        self._runs[address.run] = parked_by(error, address, since)
        signals.log.error("run.parked", run=address.run, code=error.code, error=str(error))

    def take_up(self, run: str) -> None:
        """It goes on, if it was parked."""
        if self._runs.pop(run, None) is not None:
            signals.log.info("run.taken_up", run=run)

    def let_go(self, run: str) -> None:
        """It is over, whatever was not understood of it."""
        if self._runs.pop(run, None) is not None:
            signals.log.info("run.unparked", run=run)

    def clear(self) -> None:
        """Somebody else works here: what is parked is that one's."""
        self._runs.clear()
