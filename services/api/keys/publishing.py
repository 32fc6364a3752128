"""Rows into the store that workers read: at once, and again by whoever finds one that was not.

An api that begins compares all rows with the store, and then from time to time: a log that was lost
or restored has what Postgres has, soon after.
"""

from __future__ import annotations

import asyncio
from time import monotonic

import asyncpg

from services.api.keys.credential_table import CredentialTable, name_of, published_of
from shared.errors import PenstockError, Unavailable
from shared.log.port import Log
from shared.runtime.logging import logger

UNPUBLISHED_SECONDS = 2.0
COMPARE_SECONDS = 600.0

log = logger()


class Publishing:
    """See the module."""

    def __init__(self, table: CredentialTable, store: Log) -> None:
        self._table = table
        self._store = store

    async def publish(self, row: asyncpg.Record) -> None:
        """Workers have this row. Raises: Unavailable, saying that the change is kept."""
        try:
            await self._publish(row)
        except Unavailable as error:
            raise Unavailable(
                f"The change is kept, and workers go on with what was before: {error}. They are "
                "given it as soon as that is mended; nothing has to be sent again."
            ) from error

    async def watch(self) -> None:
        """Publish what was not, without end."""
        compares_at = monotonic()
        while True:
            try:
                await self._table.bury()
                if monotonic() >= compares_at:
                    await self.compare_all()
                    compares_at = monotonic() + COMPARE_SECONDS
                for row in await self._table.unpublished():
                    await self._publish(row)
                    log.info("credential.published_late", workspace=row["workspace"])
                await self._table.forget_deleted()
            except PenstockError as error:
                log.warning("credentials.not_published", error=str(error))
            await asyncio.sleep(UNPUBLISHED_SECONDS)

    async def compare_all(self) -> None:
        """Every row is what workers have. Raises: Unavailable."""
        last = None
        while rows := await self._table.behind(last):
            await asyncio.gather(*map(self._compare, rows))
            last = name_of(rows[-1])

    async def _compare(self, row: asyncpg.Record) -> None:
        there = await self._store.credentials.latest(name_of(row))
        if there != published_of(row) and (there is not None or row["sealed"] is not None):
            await self._publish(row)

    async def _publish(self, row: asyncpg.Record) -> None:
        name, wanted = name_of(row), published_of(row)
        there = await self._store.credentials.publish(name, wanted)
        if there.revision > wanted.revision or there.sealed != wanted.sealed:
            # Of a row that was read a moment ago, or of one that Postgres lost.
            await self._table.make_later(name, wanted.revision, there.revision)
            return
        await self._table.mark_published(name, wanted.revision)
