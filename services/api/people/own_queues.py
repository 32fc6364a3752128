"""Which queue a new run names: that of its workspace if its steps are limited, or its lane's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import asyncpg

from services.api.history.capacity import Capacity
from shared.errors import Unavailable
from shared.ledger.pool import translated
from shared.log.queues import Priority, named_in, queue_for

LOOK_SECONDS = 1.0
# The provisioner gives a queue away only after twice that.
BELIEVED_SECONDS = 60.0
_READY = """
    select workspace, queue from work_queues where ready_at is not null and leaving_at is null
"""


class OwnQueues:
    """The queues of limited workspaces, read once a second while `watch` runs."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._queues: Mapping[str, str] = {}
        self._loop = asyncio.get_running_loop()
        self._read_at = self._loop.time()

    async def watch(self) -> None:
        """Keeps looking, for ever."""
        while True:
            with suppress(Unavailable):  # what was read last is believed for a while
                await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Look at Postgres once. Raises: Unavailable."""
        began = self._loop.time()
        with translated():
            rows = await self._pool.fetch(_READY)
        self._queues, self._read_at = {row["workspace"]: row["queue"] for row in rows}, began

    def of(self, workspace: str) -> str | None:
        """The queue that new runs of the workspace name; None if it has none of its own."""
        return self._queues.get(workspace)

    def choose(self, workspace: str, priority: Priority, capacity: Capacity) -> str:
        """Where the steps of a new run are to wait.

        Raises: Unavailable, for a limited workspace when Postgres has been silent for a minute.
        """
        queue = self._queues.get(workspace)
        if queue is None:
            return queue_for(workspace, priority, capacity.lanes)
        if self._loop.time() - self._read_at > BELIEVED_SECONDS:
            raise Unavailable(
                f"expected to hear from Postgres which queue {workspace} has, heard nothing for "
                f"{BELIEVED_SECONDS:.0f} s: ask again once it answers"
            )
        return named_in(queue, priority)
