"""What was deleted: told with how to have it back, and forgotten after its time."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime

import asyncpg

from services.api.definitions.deletable import KEPT
from shared.errors import NotFound, Unavailable
from shared.ledger.pool import translated

LOOK_SECONDS = 600.0


def missing(what: str, key: str, deleted_at: datetime | None, path: str) -> NotFound:
    """What to raise where there is no such pipeline or agent, or no longer."""
    if deleted_at is None:
        return NotFound(f"There is no {what} {key!r} in this workspace.")
    until = deleted_at + KEPT
    return NotFound(
        f"The {what} {key!r} was deleted on {deleted_at:%Y-%m-%d}. It can be restored until "
        f"{until:%Y-%m-%d}: POST {path}/{key}/restore."
    )


class Forgetting:
    """Deletes for good, while `watch` runs, what was deleted longer ago than it is kept."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def watch(self) -> None:
        """Goes on for ever; several at once are in nobody's way."""
        while True:
            with suppress(Unavailable):
                while await self.forget():
                    pass
            await asyncio.sleep(LOOK_SECONDS)

    async def forget(self) -> int:
        """How many pipelines and agents were deleted for good, a few hundred at most."""
        with translated():
            count: int = await self._pool.fetchval("select forget_deleted_definitions()")
        return count
