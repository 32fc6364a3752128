"""A live feed: facts pass by once, and may be lost."""

from __future__ import annotations

import re

from shared.log.memory.arrivals import Arrivals
from shared.log.memory.faults import Chance
from shared.log.port import Entry, Gap, Live
from shared.log.subjects import live_filter


class Feed:
    """See the port. `wanted` matches subjects of `live.>`."""

    def __init__(
        self, wanted: re.Pattern[str], arrivals: Arrivals[Live | Gap], chance: Chance
    ) -> None:
        self._wanted = wanted
        self._arrivals = arrivals
        self._chance = chance

    async def next(self) -> list[Live | Gap]:
        return await self._arrivals.take()

    def pass_by(self, entry: Entry) -> None:
        """Let the reader hear of it, if it is for this feed and chance has it so."""
        workspace, run = entry.address.workspace, entry.address.run
        if not self._wanted.fullmatch(live_filter(workspace, run, entry.rest)):
            return
        faults = self._chance.faults
        if self._chance.happens(faults.live_lost):
            return
        if self._chance.happens(faults.live_gap):
            self.disturb("a live fact was lost on purpose")
            return
        live = Live(
            sequence=entry.sequence, workspace=workspace, run=run, rest=entry.rest, data=entry.data
        )
        self._arrivals.send(live)

    def disturb(self, reason: str) -> None:
        """Tell the reader that facts may have been lost."""
        self._arrivals.send(Gap(reason))
