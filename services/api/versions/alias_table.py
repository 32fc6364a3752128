"""Aliases of pipelines as rows: each names one version, and moves in one statement."""

from __future__ import annotations

import builtins

import asyncpg

from services.api.people.deeds import Deed, noted
from services.api.versions.models import MOST_ALIASES
from services.api.versions.version_table import Meant
from shared.ledger.pool import translated

_COLUMNS = "alias, number, made_by, updated_at"
_SET = f"""
    with meant as (
        select p.workspace, v.pipeline_id, v.number, v.version
        from pipelines p join pipeline_versions v on v.pipeline_id = p.id
        where p.workspace = $1 and p.id = $2 and p.deleted_at is null
            and (v.number = $3::integer or v.version = $4::text)
            and (exists (select from pipeline_aliases where pipeline_id = $2 and alias = $5)
                or (select count(*) from pipeline_aliases where pipeline_id = $2) < {MOST_ALIASES})
        order by v.number desc limit 1
    ), moved as (
        insert into pipeline_aliases (pipeline_id, alias, number, made_by)
        select pipeline_id, $5, number, $7 from meant
        on conflict (pipeline_id, alias) do update set number = excluded.number,
            made_by = excluded.made_by, updated_at = clock_timestamp()
        returning pipeline_id, {_COLUMNS}
    ), told as (
        select workspace, version, moved.* from moved join meant using (pipeline_id, number)
    ), noted as ({noted("told", "pipeline_id", 6)})
    select * from told
"""
_REMOVE = f"""
    with removed as (
        delete from pipeline_aliases a using pipelines p
        where p.workspace = $1 and p.id = $2 and p.deleted_at is null
            and a.pipeline_id = p.id and a.alias = $3
        returning p.workspace, p.id
    ), noted as ({noted("removed", "id", 4)})
    select count(*) from removed
"""


class Aliases:
    """All raise Unavailable when Postgres is away."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def set(
        self, workspace: str, key: str, alias: str, meant: Meant, by: Deed
    ) -> asyncpg.Record | None:
        """The alias, which from now on names that version.

        None where there is no such pipeline or version, or the pipeline has its most aliases.
        """
        with translated():
            return await self._pool.fetchrow(
                _SET, workspace, key, meant.number, meant.content, alias, *by
            )

    async def list(self, workspace: str, key: str) -> builtins.list[asyncpg.Record]:
        """All of a pipeline, by their names."""
        with translated():
            rows: builtins.list[asyncpg.Record] = await self._pool.fetch(
                f"select v.version, a.{_COLUMNS.replace(', ', ', a.')} from pipelines p "
                "join pipeline_aliases a on a.pipeline_id = p.id "
                "join pipeline_versions v on v.pipeline_id = p.id and v.number = a.number "
                "where p.workspace = $1 and p.id = $2 and p.deleted_at is null order by a.alias",
                workspace, key,
            )  # fmt: skip
        return rows

    async def remove(self, workspace: str, key: str, alias: str, by: Deed) -> bool:
        """Whether there was such an alias."""
        with translated():
            count: int = await self._pool.fetchval(_REMOVE, workspace, key, alias, *by)
        return count > 0
