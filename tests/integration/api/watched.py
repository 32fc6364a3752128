"""One run on real servers: told, listened to, troubled by mishaps, and in the end forgotten.

All that befalls it comes at a beat, which is just before a fact is recorded: so it comes for
certain while the run is told, however fast the machine is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from services.projector.forgetter import Forgetter
from services.projector.lingering import Terms
from shared.ledger import runs
from shared.ledger.pool import connect as connect_ledger
from shared.ledger.pool import opened
from shared.log import Log
from shared.log.port import Entry
from tests.eventually import eventually
from tests.integration.api.caller import Caller
from tests.integration.api.troubled import Troubled
from tests.simulation.audience import LASTING
from tests.simulation.listener import Heard, Listener, Tale
from tests.simulation.telling import Telling
from tests.simulation.verdict import objections
from tests.simulation.virtual import passes

RUN = "019e0000-0000-7000-8000-000000000001"
PATH = f"/api/v1/runs/{RUN}/events"
SLOWNESS = 0.02
PACES = (0.0, 0.003, 0.015)
AT_ONCE = Terms(linger_seconds=0, least_seconds=0)

# Its request is recorded by the first; the shortest run, of one step without a word, has six.
FIRST, FEWEST, LATE, END, GONE = 2, 6, 40, 10_000, 10_001


class Watched:
    """The run of a seed. `live`, then ask what was `wrong`."""

    def __init__(self, seed: int, log: Log, troubled: Troubled, database_url: str) -> None:
        self.stored: tuple[Entry, ...] = ()
        self.tales: list[Tale] = []
        self._chance = Random(seed)
        self._log = log
        self._troubled = troubled
        self._database_url = database_url
        self._pace = self._chance.choice(PACES)
        self._mishaps = self._planned()
        self._beat = 0

    def _planned(self) -> dict[int, Callable[[], Awaitable[None]]]:
        """What befalls it at which beat: both mishaps while any run is told, and again later."""
        certain = self._chance.sample(range(FIRST, FEWEST + 1), 2)
        later = self._chance.sample(range(FEWEST + 1, LATE), 2)
        mishaps = (self._troubled.lose_nats, self._troubled.lose_api)
        return dict(zip((*certain, *later), mishaps * 2, strict=True))

    async def live(self) -> None:
        """From its request until it has left the log and every listener was sent away."""
        some, late = self._chance.randint(FIRST, FEWEST), self._chance.randint(FEWEST, LATE)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tell())
            for beat in (FIRST, some, late, END, GONE):
                group.create_task(self._listen(beat))

    async def _tell(self) -> None:
        await Telling(self._log, RUN, self._chance, self._pause).tell()
        self.stored = await self._log.read_on("default", RUN, after=0)
        self._beat = END
        async with connect_ledger(self._database_url) as pool:
            await eventually(lambda: runs.end_of(pool, "default", RUN))
        async with opened(self._database_url) as connection:
            await Forgetter(self._log, self._database_url, AT_ONCE).forget(connection)
        assert not await self._log.has_run("default", RUN)
        self._beat = GONE

    async def _pause(self) -> None:
        self._beat += 1
        if (befall := self._mishaps.get(self._beat)) is not None:
            await befall()
        await passes(self._chance.uniform(0, 2 * self._pace))

    async def _listen(self, beat: int) -> None:
        await eventually(lambda: self._beat >= beat)
        types = self._chance.choice((None, None, None, LASTING))
        tale = Tale(self._chance.choice((None, None, 0)), types)
        self.tales.append(tale)
        await Listener(tale, self._chance, _now, SLOWNESS).listen(self)

    async def ask(self, query: str, last_event_id: str) -> Caller | None:
        """See `Door`."""
        return await self._troubled.ask(f"{PATH}?{query}", last_event_id)

    def wrong(self) -> list[str]:
        """Everything that was wrong with what its listeners were told."""
        for tale in self.tales:
            tale.heard = [self._placed(heard) for heard in tale.heard]
        told = [objections(self.stored, tale) for tale in self.tales]
        return [f"listener {n}: {each}" for n, wrong in enumerate(told) for each in wrong]

    def _placed(self, heard: Heard) -> Heard:
        """How far the log was when this was heard: servers and listeners share a clock."""
        last = max(entry.sequence for entry in self.stored if entry.time <= heard.at)
        return replace(heard, last=last)

    def __str__(self) -> str:
        listeners = [
            "sent away" if tale.was_sent_away else f"at {[h.id for h in tale.heard][-1:]}"
            for tale in self.tales
        ]
        return f"beat {self._beat}; {self._troubled}; listeners {listeners}"


def _now() -> tuple[datetime, int]:
    return datetime.now(UTC), 0
