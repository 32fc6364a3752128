"""How much of the stores each workspace has: one that has more than its share waits for room.

Counted from Postgres, so a few seconds late; what one run may add meanwhile is bounded for itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType

import asyncpg

from services.api.history.capacity import REFUSED
from services.api.http.problems import Refused
from shared.errors import Unavailable
from shared.ledger.held import held_bytes
from shared.runtime.metrics import gauge

LOOK_SECONDS = 2.0
# Under load there is more to count: counting takes at most a twentieth of the time.
PART_OF_TIME = 20

OVER = gauge("workspaces_over_share", "Workspaces that are refused new runs for what they hold.")


class WorkspaceFull(Refused):
    """The workspace's runs hold more than its share; others are not concerned."""

    code = "workspace_full"
    status = 429
    headers = MappingProxyType({"retry-after": "30"})


class Shares:
    """What workspaces hold, counted while `watch` runs."""

    def __init__(self, pool: asyncpg.Pool, most_bytes: int) -> None:
        self._pool = pool
        self._most = most_bytes
        self._held: Mapping[str, int] = {}

    async def watch(self) -> None:
        """Keeps counting, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            with suppress(Unavailable):  # what was counted last stands
                self._held = await held_bytes(self._pool)
            OVER.set(sum(held > self._most for held in self._held.values()))
            await asyncio.sleep(max(LOOK_SECONDS, PART_OF_TIME * (loop.time() - began)))

    def held_by(self, workspace: str) -> int:
        """How many bytes its runs hold, as was counted last."""
        return self._held.get(workspace, 0)

    def require_share(self, workspace: str, most: int | None = None) -> None:
        """Raises: WorkspaceFull, where its runs hold more than `most`, or than all may."""
        held, most = self._held.get(workspace, 0), min(most or self._most, self._most)
        if held > most:
            REFUSED.labels(WorkspaceFull.code).inc()
            raise WorkspaceFull(
                f"expected runs that hold at most {most:,} bytes, those of {workspace} hold "
                f"{held:,}: wait for finished runs to leave the log, or raise "
                "PENSTOCK_MAX_WORKSPACE_BYTES or its limit",
                held_bytes=held,
                most_bytes=most,
            )
