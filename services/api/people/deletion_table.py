"""What is to be deleted, as rows: the projector deletes it, and the rows stay."""

from __future__ import annotations

import asyncpg

from services.api.people.deeds import Deed, noted
from shared.ledger.pool import translated

_RUN = f"""
    with asked as (
        insert into deletions (workspace, run_id) values ($1, $2) on conflict do nothing
        returning workspace, run_id::text as run
    ), noted as ({noted("asked", "run", 3)})
    select count(*) from asked
"""
# A run that began a moment ago may not be in Postgres yet: it is deleted once it is over.
_WORKSPACE = f"""
    with living as (
        select count(*) as runs from runs where workspace = $1 and finished_seq is null
    ), asked as (
        insert into deletions (workspace)
        select slug from workspaces where slug = $1 and (select runs from living) = 0
        on conflict do nothing returning workspace
    ), closed as (
        update workspaces set deleted_at = now() where slug in (select workspace from asked)
    ), ended as (
        update tokens set revoked_at = now()
        where workspace in (select workspace from asked) and revoked_at is null
    ), stopped as (
        update jobs set finished_at = clock_timestamp(), cancelled_by = 'deletion'
        where workspace in (select workspace from asked) and finished_at is null
    ), noted as ({noted("asked", "workspace", 2)})
    select runs from living
"""
_RETENTION = f"""
    with kept as (
        update workspaces set retention_days = $2 where slug = $1 and deleted_at is null
        returning slug as workspace, slug
    ), noted as ({noted("kept", "slug", 3)})
    select count(*) from kept
"""


class Deletions:
    """All raise Unavailable when Postgres is away."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def ask_for_run(self, workspace: str, run: str, by: Deed) -> None:
        """The run is to be deleted; asked again, nothing changes."""
        with translated():
            await self._pool.fetchval(_RUN, workspace, run, *by)

    async def ask_for_workspace(self, slug: str, by: Deed) -> int:
        """How many of its runs live: 0 if it is to be deleted, its tokens with it, from now on."""
        with translated():
            living: int = await self._pool.fetchval(_WORKSPACE, slug, *by)
        return living

    async def keep_for(self, slug: str, days: int | None, by: Deed) -> bool:
        """Runs of the workspace are kept so long after their end; whether there is one."""
        with translated():
            changed: int = await self._pool.fetchval(_RETENTION, slug, days, *by)
        return changed > 0

    async def kept_for(self, slug: str) -> asyncpg.Record | None:
        """The row that says for how many days; None where there is no such workspace."""
        with translated():
            return await self._pool.fetchrow(
                "select retention_days as days from workspaces "
                "where slug = $1 and deleted_at is null", slug
            )  # fmt: skip
