"""Whether Postgres is kept up to date, judged by what comes of it: whatever holds the projector up,
no partition may be without one, nor have facts that wait while its position stands still.
"""

from __future__ import annotations

import asyncio

import asyncpg

from shared.errors import Unavailable
from shared.ledger import facts
from shared.ledger.following import followed_partitions
from shared.log.oversight import Backlog
from shared.log.port import Log
from shared.runtime.monitor import Health

PART = "projector"
LOOK_SECONDS = 1.0
# Partitions change hands, and a batch takes its time.
TOLERATED_SECONDS = 2.0
# One that ends and begins again and again is there for moments.
WELL_LOOKS = 2


class ProjectorWatch:
    """Looks every second while `watch` runs. Says nothing while NATS or Postgres is away."""

    def __init__(self, log: Log, pool: asyncpg.Pool, health: Health) -> None:
        self._log = log
        self._pool = pool
        self._health = health
        self._positions: dict[int, int] = {}
        self._followed_to: dict[int, int] = {}
        self._troubled_since: float | None = None
        self._well_looks = 0

    async def watch(self) -> None:
        """Keeps looking, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                reason = await self._reason()
            except Unavailable:
                continue  # those are reasons of their own
            self._well_looks = 0 if reason else self._well_looks + 1
            if self._well_looks >= WELL_LOOKS:
                self._troubled_since = None
                self._health.ready(PART)
            elif not reason:
                continue
            elif self._troubled_since is None:
                self._troubled_since = loop.time()
            elif loop.time() - self._troubled_since >= TOLERATED_SECONDS:
                self._health.unready(PART, reason)

    async def _reason(self) -> str:
        """What is wrong, or nothing. Raises: Unavailable."""
        about = await self._log.about()
        followed = await followed_partitions(self._pool)
        positions = await facts.positions(self._pool)
        before, self._positions = self._positions, positions
        reasons = []
        for number in range(about.partitions):
            position = positions.get(number, 0)
            if number not in followed:
                reasons.append(f"no projector follows partition {number}")
            elif position == before.get(number, 0):
                behind = await self._behind(number, position, about.last)
                if behind.waiting:
                    reasons.append(
                        f"partition {number} stands still at {position}, and {behind.words}"
                    )
        return "; ".join(reasons[:3])

    async def _behind(self, number: int, position: int, last: int) -> Backlog:
        """What the partition has behind its position; asked once while the log is idle."""
        if self._followed_to.get(number) == last:
            return Backlog(0)
        behind = await self._log.oversight.behind(number, position)
        if not behind.waiting:
            self._followed_to[number] = last
        return behind
