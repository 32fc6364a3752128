"""The forgetter: finished runs leave the log, so that its memory follows the runs that live.

    due -> `requested` -> everything else -> `finished` -> large bodies -> out of the queue

A run is in the log if and only if its `requested` is, so that goes first: who finds it after
reading has read the whole. The end goes last: what is left of a run never looks as if it lived.
Each is awaited for all runs taken, before the next begins. Deltas are left to their time-to-live:
their sequences stand nowhere, and purging a run's subjects blocks the stream for 10 ms.

What somebody deletes is another matter: `deletions`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncpg

from services.projector import signals
from services.projector.deletions import delete_due, delete_late, delete_workspaces, find_more
from services.projector.flow_versions import FlowVersions
from services.projector.lingering import (
    RUNS_AT_ONCE,
    Terms,
    due_runs,
    forgotten,
    overdue_seconds,
    take_inert,
)
from services.projector.positions import known_positions
from shared.errors import Unavailable
from shared.ledger.dump import may_leave
from shared.ledger.pool import opened, translated
from shared.log.port import Log
from shared.runtime.logging import logger

IDLE_SECONDS = 1.0
AGAIN_SECONDS = 1.0
SEQUENCES_AT_ONCE = 20_000
DAY_SECONDS = 86_400.0
MONTHS_AHEAD = 12

log = logger()


class Forgetter:
    """Deletes what is due from the log until cancelled; any number may run at once."""

    def __init__(self, source: Log, database_url: str, terms: Terms) -> None:
        self._source = source
        self._database_url = database_url
        self._terms = terms

    async def run(self) -> None:
        """Never returns. Raises: StreamYounger."""
        while True:
            try:
                async with opened(self._database_url) as connection:
                    with translated():
                        await self._keep_forgetting(connection)
            except Unavailable as error:
                log.warning("forgetting.interrupted", error=str(error))
                await asyncio.sleep(AGAIN_SECONDS)

    async def _keep_forgetting(self, connection: asyncpg.Connection) -> None:
        loop = asyncio.get_running_loop()
        daily_at = loop.time()
        while True:
            if loop.time() >= daily_at:
                await connection.execute(f"select make_fact_partitions({MONTHS_AHEAD})")
                await FlowVersions(connection, self._source).copy_missing()
                daily_at += DAY_SECONDS
            if await self.forget(connection) == RUNS_AT_ONCE:
                continue
            if await delete_due(connection, self._source):
                continue
            await find_more(connection)
            await delete_workspaces(connection)
            await self.clear(connection)
            signals.OVERDUE.set(await overdue_seconds(connection, self._terms))
            await asyncio.sleep(IDLE_SECONDS)

    async def forget(self, connection: asyncpg.Connection) -> int:
        """Delete runs that are due; how many, 500 at most. Raises: StreamYounger, Unavailable."""
        about = await self._source.about()
        async with connection.transaction():
            if not await may_leave(connection):
                return 0
            runs = await due_runs(connection, self._terms, about.last)
            if not runs:
                return 0
            # Sequences mean something only in the log that gave them.
            await known_positions(connection, about.created)
            for condition in ("= 'requested'", "not in ('requested', 'finished')", "= 'finished'"):
                await self._delete_facts(connection, runs, f"rest {condition}")
            await self._delete_bodies(connection, runs)
            await forgotten(connection, runs)
        signals.FORGOTTEN.inc(len(runs))
        return len(runs)

    async def clear(self, connection: asyncpg.Connection) -> int:
        """Delete facts of no run that is in the log, a day after they came; how many.

        Raises: StreamYounger, Unavailable.
        """
        async with connection.transaction():
            late = await take_inert(connection)
            if late:
                await known_positions(connection, (await self._source.about()).created)
                await self._source.delete(list(late))
                await delete_late(connection, set(late.values()))
                log.warning("facts.cleared", facts=len(late))
        signals.INERT.inc(len(late))
        return len(late)

    async def _delete_facts(
        self, connection: asyncpg.Connection, runs: Sequence[str], condition: str
    ) -> None:
        query = f"select seq from facts where run_id = any($1::uuid[]) and {condition}"
        cursor = await connection.cursor(query, runs)
        while rows := await cursor.fetch(SEQUENCES_AT_ONCE):
            await self._source.delete([row["seq"] for row in rows])
            signals.DELETED.inc(len(rows))

    async def _delete_bodies(self, connection: asyncpg.Connection, runs: Sequence[str]) -> None:
        query = "select workspace, run_id::text, sha256 from blobs where run_id = any($1::uuid[])"
        for workspace, run, sha256 in await connection.fetch(query, runs):
            await self._source.delete_blobs(workspace, run, [sha256])
