"""Workspaces as rows. A slug is never changed, and never used again."""

from __future__ import annotations

import asyncpg

from services.api.people.bounds import MOST_WORKSPACES
from services.api.people.deeds import Deed, noted
from shared.ledger.pool import translated

_CREATE = f"""
    with made as (
        insert into workspaces (slug, name) select $1, $2
        where (select count(*) from workspaces where deleted_at is null) < {MOST_WORKSPACES}
        on conflict do nothing returning slug, name, created_at
    ), noted as ({noted("(select slug, slug as workspace from made) as made", "slug", 3)})
    select * from made
"""


class Workspaces:
    """All raise Unavailable when Postgres is away."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.of_settings = ""

    async def ensure(self, slug: str) -> None:
        """There is one with this slug: that of the settings."""
        self.of_settings = slug
        with translated():
            await self._pool.execute(
                "insert into workspaces (slug, name) values ($1, $1) on conflict do nothing", slug
            )

    async def create(self, slug: str, name: str, by: Deed) -> asyncpg.Record | None:
        """The workspace; None where its slug is taken, or there are the most there may be."""
        with translated():
            return await self._pool.fetchrow(_CREATE, slug, name, *by)

    async def exists(self, slug: str) -> bool:
        """Whether there is one with this slug."""
        with translated():
            found = "select exists (select from workspaces where slug = $1 and deleted_at is null)"
            return bool(await self._pool.fetchval(found, slug))

    async def was_used(self, slug: str) -> bool:
        """Whether one has this slug, or had it."""
        with translated():
            found = "select exists (select from workspaces where slug = $1)"
            return bool(await self._pool.fetchval(found, slug))

    async def is_personal(self, slug: str) -> bool:
        """Whether it is the personal one of a user there is."""
        with translated():
            found = "select exists (select from users where workspace = $1)"
            return bool(await self._pool.fetchval(found, slug))

    async def list(self, after: str, limit: int) -> list[asyncpg.Record]:
        """By slug, those behind this one."""
        with translated():
            rows: list[asyncpg.Record] = await self._pool.fetch(
                "select slug, name, created_at from workspaces "
                "where slug > $1 and deleted_at is null order by slug limit $2",
                after, limit,
            )  # fmt: skip
        return rows
