"""Keys and secrets as rows: sealed, each change in one statement with the record of it.

A revision only grows, and is later than any of a row of that name which was here before: it is the
time, or one more than the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from services.api.people.deeds import Deed, noted
from shared.credentials.names import CredentialName, Kind
from shared.credentials.published import Published
from shared.ledger.pool import translated

MOST = 200
"""Secrets of one workspace; of what was deleted lately there may be more."""
_MOST_NAMES = 1_000
AT_ONCE = 100

_NOW = "(extract(epoch from clock_timestamp()) * 1000000)::bigint"
_NEXT = f"greatest(c.revision + 1, {_NOW})"
_PUT = f"""
    with changed as (
        insert into credentials as c (workspace, kind, name, sealed, sealed_by, hint,
            default_model, updated_by, revision)
        select $1, $2, $3, $4, $5, $6, $7, $8, {_NOW} where (
            select count(*) filter (where sealed is not null) < {MOST} and count(*) < {_MOST_NAMES}
            from credentials where workspace = $1 and kind = $2 and name <> $3)
        on conflict (workspace, kind, name) do update set sealed = excluded.sealed,
            sealed_by = excluded.sealed_by, hint = excluded.hint,
            default_model = excluded.default_model, updated_at = clock_timestamp(),
            updated_by = excluded.updated_by, revision = {_NEXT}
        returning *
    ), noted as ({noted("changed", "name", 9)})
    select * from changed
"""
_DELETE = f"""
    with changed as (
        update credentials as c set sealed = null, sealed_by = null, hint = '',
            default_model = null, updated_at = clock_timestamp(), updated_by = $4,
            revision = {_NEXT}
        where workspace = $1 and kind = $2 and name = $3 and sealed is not null
        returning *
    ), noted as ({noted("changed", "name", 5)})
    select * from changed
"""
_RESEAL = f"""
    with changed as (
        update credentials as c set sealed = n.sealed, sealed_by = $6, revision = {_NEXT}
        from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[])
            as n (workspace, kind, name, revision, sealed)
        where (c.workspace, c.kind, c.name, c.revision)
            = (n.workspace, n.kind, n.name, n.revision)
        returning c.*
    ), noted as ({noted("changed", "name", 7)})
    select * from changed
"""
_PUBLISHED = (
    "update credentials set published = $4 "
    "where workspace = $1 and kind = $2 and name = $3 and published < $4"
)
_LATER = (
    f"update credentials as c set revision = greatest($5, {_NEXT}) "
    "where workspace = $1 and kind = $2 and name = $3 and revision = $4"
)
_IN_DELETED = (
    "exists (select from workspaces w where w.slug = c.workspace and w.deleted_at is not null)"
)
_BURY = f"""
    update credentials as c set sealed = null, sealed_by = null, hint = '', default_model = null,
        updated_at = clock_timestamp(), revision = {_NEXT}
    where sealed is not null and {_IN_DELETED}
"""
_FORGET = f"""
    delete from credentials as c where sealed is null and published = revision
        and (updated_at < now() - interval '1 day' or {_IN_DELETED})
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A value to be set, sealed by the secret key of this id."""

    name: CredentialName
    sealed: str
    sealed_by: str
    hint: str = ""
    default_model: str | None = None
    updated_by: str


def name_of(row: asyncpg.Record) -> CredentialName:
    """Whose row it is."""
    return CredentialName(row["workspace"], row["kind"], row["name"])


def published_of(row: asyncpg.Record) -> Published:
    """What workers are to have of it."""
    return Published(row["revision"], row["sealed"])


class CredentialTable:
    """All raise Unavailable when Postgres is away."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def put(self, new: Change, by: Deed) -> asyncpg.Record | None:
        """The row as it is now; None where the workspace has the most there may be."""
        with translated():
            return await self._pool.fetchrow(
                _PUT, *new.name, new.sealed, new.sealed_by, new.hint, new.default_model,
                new.updated_by, *by,
            )  # fmt: skip

    async def delete(
        self, name: CredentialName, updated_by: str, by: Deed
    ) -> asyncpg.Record | None:
        """The row without its value; None where there was none."""
        with translated():
            return await self._pool.fetchrow(_DELETE, *name, updated_by, *by)

    async def get(self, name: CredentialName) -> asyncpg.Record | None:
        """The row, if it has a value."""
        with translated():
            return await self._pool.fetchrow(
                "select * from credentials where (workspace, kind, name) = ($1, $2, $3) "
                "and sealed is not null",
                *name,
            )

    async def list(
        self, workspace: str, kind: Kind, after: str = "", limit: int = MOST
    ) -> Sequence[asyncpg.Record]:
        """By name, those behind this one."""
        return await self._rows(
            "workspace = $1 and kind = $2 and name > $3 and sealed is not null "
            "order by name limit $4",
            workspace, kind, after, limit,
        )  # fmt: skip

    async def unpublished(self) -> Sequence[asyncpg.Record]:
        """Some of those that workers have yet to be given."""
        return await self._rows(f"published < revision limit {AT_ONCE}")

    async def behind(self, name: CredentialName | None) -> Sequence[asyncpg.Record]:
        """The next of all rows, in the order of their names."""
        return await self._rows(
            "(workspace, kind, name) > ($1, $2, $3) "
            f"order by workspace, kind, name limit {AT_ONCE}",
            *(name or ("", "", "")),
        )

    async def sealed_before(
        self, newest: str, after: CredentialName | None
    ) -> Sequence[asyncpg.Record]:
        """The next of those that are sealed under another secret key."""
        return await self._rows(
            "(workspace, kind, name) > ($1, $2, $3) and sealed_by <> $4 "
            f"order by workspace, kind, name limit {AT_ONCE}",
            *(after or ("", "", "")), newest,
        )  # fmt: skip

    async def reseal(
        self, rows: Sequence[asyncpg.Record], sealed: Sequence[str], newest: str, by: Deed
    ) -> Sequence[asyncpg.Record]:
        """Those of the rows that nobody changed meanwhile, with these values."""
        columns = [
            [row[each] for row in rows] for each in ("workspace", "kind", "name", "revision")
        ]
        with translated():
            found: Sequence[asyncpg.Record] = await self._pool.fetch(
                _RESEAL, *columns, list(sealed), newest, *by
            )
        return found

    async def remaining(self, newest: str) -> int:
        """How many are sealed under another secret key, or not given to workers yet."""
        with translated():
            found: int = await self._pool.fetchval(
                "select count(*) from credentials where sealed_by <> $1 or published < revision",
                newest,
            )
        return found

    async def mark_published(self, name: CredentialName, revision: int) -> None:
        """Workers have it up to this revision."""
        with translated():
            await self._pool.execute(_PUBLISHED, *name, revision)

    async def make_later(self, name: CredentialName, revision: int, than: int) -> None:
        """What workers have is of a later row that is not here any more: this one comes after it.

        Nothing is done to a row that is not of `revision` any more.
        """
        with translated():
            await self._pool.execute(_LATER, *name, revision, than + 1)

    async def bury(self) -> None:
        """Deletes the values of workspaces that are deleted."""
        with translated():
            await self._pool.execute(_BURY)

    async def forget_deleted(self) -> None:
        """Rows go whose values, or workspaces, were deleted: a day ago, or with the workspace."""
        with translated():
            await self._pool.execute(_FORGET)

    async def _rows(self, where: str, *values: object) -> Sequence[asyncpg.Record]:
        with translated():
            found: Sequence[asyncpg.Record] = await self._pool.fetch(
                f"select * from credentials where {where}", *values
            )
        return found
