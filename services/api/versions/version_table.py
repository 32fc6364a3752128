"""Versions of pipelines, agents and tools as rows: made by saves, changed in their words alone."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import asyncpg

from services.api.definitions.pipeline_table import flow_read
from services.api.http.pages import Cursor
from services.api.people.deeds import Deed, noted
from shared.flow import JSON
from shared.ledger.pool import translated

_COLUMNS = "v.number, v.name, v.note, v.made_by, v.created_at"


class _Kind(NamedTuple):
    """Whose versions: their tables, the column that says whose, and what is told besides.

    `listed` are columns that lists tell too, `is_meant` is of the number $3 and the hash $4.
    """

    owners: str
    versions: str
    owner: str
    listed: str
    body: str
    is_meant: str

    @property
    def meant(self) -> str:
        """SQL: the one version that is meant; of several with a content the newest."""
        return (
            f"from {self.owners} p join {self.versions} v on v.{self.owner} = p.id "
            f"where p.workspace = $1 and p.id = $2 and p.deleted_at is null and ({self.is_meant}) "
            "order by v.number desc limit 1"
        )

    @property
    def naming(self) -> str:
        """SQL: the name and the note of the version that is meant are changed, and it is noted."""
        return f"""
            with meant as (select p.workspace, v.{self.owner}, v.number {self.meant}),
            named as (
                update {self.versions} v set name = nullif(coalesce($5, v.name), ''),
                    note = nullif(coalesce($6, v.note), '')
                from meant where v.{self.owner} = meant.{self.owner} and v.number = meant.number
                returning meant.workspace, v.{self.owner}, {_COLUMNS}, {self.listed}
            ), noted as ({noted("named", self.owner, 7)})
            select * from named
        """


_PIPELINES = _Kind(
    owners="pipelines",
    versions="pipeline_versions",
    owner="pipeline_id",
    listed="v.version",
    body="v.flow as body",
    is_meant="v.number = $3::integer or v.version = $4::text",
)
_AGENTS = _Kind(
    owners="agents",
    versions="agent_versions",
    owner="agent_id",
    listed="v.spec as body",
    body="'' as version",
    is_meant="v.number = $3::integer and $4::text is null",
)
_TOOLS = _AGENTS._replace(owners="tools", versions="tool_versions", owner="tool_id")


@dataclass(frozen=True, slots=True)
class Meant:
    """A version as a caller names it: by its number, or by the hash of its content."""

    number: int | None = None
    content: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version a pipeline, an agent or a tool has, or had."""

    number: int
    name: str | None
    note: str | None
    made_by: str | None
    created_at: datetime
    version: str = ""
    body: Mapping[str, JSON] | None = None


class Versions:
    """Of pipelines. All raise Unavailable when Postgres is away."""

    _kind = _PIPELINES

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def list(
        self, workspace: str, key: str, after: Cursor, limit: int
    ) -> builtins.list[Version] | None:
        """Newest first, those behind the cursor's time; None if there is nobody to have any."""
        kind = self._kind
        with translated():
            rows = await self._pool.fetch(
                f"select {_COLUMNS}, {kind.listed} from {kind.owners} p "
                f"left join {kind.versions} v on v.{kind.owner} = p.id and v.created_at < $3 "
                "where p.workspace = $1 and p.id = $2 and p.deleted_at is null "
                "order by v.created_at desc limit $4",
                workspace, key, after.created_at, limit,
            )  # fmt: skip
        return [await _version(row) for row in rows if row["number"]] if rows else None

    async def get(self, workspace: str, key: str, meant: Meant) -> Version | None:
        """The version with its flow or its settings, or None if there never was one."""
        kind = self._kind
        with translated():
            row = await self._pool.fetchrow(
                f"select {_COLUMNS}, {kind.listed}, {kind.body} {kind.meant}",
                workspace, key, meant.number, meant.content,
            )  # fmt: skip
        return await _version(row) if row else None

    async def name(
        self, workspace: str, key: str, meant: Meant, words: tuple[str | None, str | None], by: Deed
    ) -> Version | None:
        """The version with its name and note as they are now; what is None of them stays."""
        with translated():
            row = await self._pool.fetchrow(
                self._kind.naming, workspace, key, meant.number, meant.content, *words, *by
            )
        return await _version(row) if row else None


class AgentVersions(Versions):
    """Of agents; a version of theirs is meant by its number alone."""

    _kind = _AGENTS


class ToolVersions(AgentVersions):
    """Of tools, meant as those of agents are."""

    _kind = _TOOLS


async def _version(row: asyncpg.Record) -> Version:
    body = row.get("body")
    return Version(
        number=row["number"],
        name=row["name"],
        note=row["note"],
        made_by=row["made_by"],
        created_at=row["created_at"],
        version=row.get("version", ""),
        body=None if body is None else await flow_read(body),
    )
