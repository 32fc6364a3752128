"""Agents and pipelines deleted for a while: the row stays, and can be restored."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg

from services.api.people.deeds import Deed, noted
from shared.ledger.pool import translated

KEPT = timedelta(days=30)
"""What is deleted can be restored for so long; forget_deleted_definitions() in SQL has it too."""


class Deletable:
    """Rows of one table, of one workspace each. All raise Unavailable when Postgres is away."""

    table: str

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def delete(self, workspace: str, key: str, by: Deed) -> bool:
        """Whether there was such a one; runs that began with it are not changed."""
        with translated():
            count: int = await self._pool.fetchval(
                f"with ended as (update {self.table} set deleted_at = now() "
                "where workspace = $1 and id = $2 and deleted_at is null returning workspace, id), "
                f"noted as ({noted('ended', 'id', 3)}) select count(*) from ended",
                workspace, key, *by,
            )  # fmt: skip
        return count > 0

    async def deleted_at(self, workspace: str, key: str) -> datetime | None:
        """When it was deleted, if it was and can be restored."""
        with translated():
            found: datetime | None = await self._pool.fetchval(
                f"select deleted_at from {self.table} where workspace = $1 and id = $2 "
                "and deleted_at > now() - $3::interval",
                workspace, key, KEPT,
            )  # fmt: skip
        return found
