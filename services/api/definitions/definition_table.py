"""Agents and tools as rows: `spec` holds all but the name; each that was saved is a version.

The tables of both have the same columns; those of their versions have, too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Self

import asyncpg
import pydantic_core

from services.api.definitions.deletable import KEPT, Deletable
from services.api.definitions.listing import Listing
from services.api.people.deeds import Deed, noted
from shared.flow import JSON
from shared.ledger.pool import translated

COLUMNS = "id, name, tags, spec, version_number, created_at, updated_at, deleted_at"


class Statements(NamedTuple):
    """The SQL that writes rows of one table, each with its deed."""

    create: str
    replace: str
    restore: str

    @classmethod
    def of(cls, table: str, versions: str, owner: str) -> Self:
        """Those of a table, whose versions name their `owner` by that column."""
        create = f"""
            with made as (
                insert into {table} (workspace, id, name, spec, tags)
                values ($1, $2, $3, $4, coalesce($5, '{{}}'::text[])) returning workspace, {COLUMNS}
            ), kept as (
                insert into {versions} ({owner}, number, spec, note, made_by)
                select id, version_number, spec, $6, $8 from made
            ), noted as ({noted("made", "id", 7)})
            select * from made
        """
        replace = f"""
            with saved as (
                update {table} set name = $3, spec = $4, tags = coalesce($5, tags),
                    version_number = version_number + (spec <> $4)::integer,
                    updated_at = clock_timestamp()
                where workspace = $1 and id = $2 and deleted_at is null
                    and ($12::timestamptz is null or updated_at = $12)
                returning workspace, {COLUMNS}
            ), kept as (
                insert into {versions} ({owner}, number, spec, note, made_by)
                select id, version_number, spec, $6, $8 from saved
                on conflict ({owner}, number)
                    do update set note = coalesce(excluded.note, {versions}.note)
            ), noted as ({noted("saved", "id", 7)})
            select * from saved
        """
        restore = f"""
            with back as (
                update {table} set deleted_at = null, updated_at = clock_timestamp()
                where workspace = $1 and id = $2 and deleted_at > now() - $8::interval
                returning workspace, {COLUMNS}
            ), noted as ({noted("back", "id", 3)})
            select * from back
        """
        return cls(create, replace, restore)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDefinition:
    """What is saved of one; tags of None stay as they are."""

    name: str
    spec: Mapping[str, JSON]
    tags: Sequence[str] | None = None
    note: str | None = None

    @property
    def written(self) -> tuple[str, str, Sequence[str] | None, str | None]:
        """As the statements have it, from $3 on."""
        return self.name, pydantic_core.to_json(self.spec).decode(), self.tags, self.note


@dataclass(frozen=True, slots=True)
class Definition:
    """One agent or tool as it is kept."""

    id: str
    name: str
    tags: Sequence[str]
    spec: Mapping[str, JSON]
    version_number: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None

    @property
    def named_spec(self) -> dict[str, JSON]:
        """Everything that a run may read of it."""
        return {"name": self.name, **self.spec}

    @property
    def told(self) -> dict[str, object]:
        """Everything that callers are told of it."""
        beside = {name: getattr(self, name) for name in COLUMNS.split(", ") if name != "spec"}
        return {**self.spec, **beside}


class Definitions(Deletable):
    """Every call is about one workspace. All raise Unavailable when Postgres is away."""

    statements: Statements

    async def create(self, workspace: str, key: str, new: NewDefinition, by: Deed) -> Definition:
        """The new one. Raises: UniqueViolationError, where another must not have the name."""
        with translated():
            row = await self._pool.fetchrow(
                self.statements.create, workspace, key, *new.written, *by
            )
        return definition_of(row)

    async def get(self, workspace: str, key: str) -> Definition | None:
        """The one of this id, or None."""
        with translated():
            row = await self._pool.fetchrow(
                f"select {COLUMNS} from {self.table} "
                "where workspace = $1 and id = $2 and deleted_at is null",
                workspace, key,
            )  # fmt: skip
        return definition_of(row) if row else None

    async def list(self, workspace: str, wanted: Listing, limit: int) -> list[Definition]:
        """Newest first."""
        with translated():
            rows = await self._pool.fetch(
                f"select {COLUMNS} from {self.table} "
                f"where workspace = $1 and {wanted.condition(3)} "
                "order by created_at desc, id desc limit $2",
                workspace, limit, *wanted.values,
            )  # fmt: skip
        return [definition_of(row) for row in rows]

    async def replace(
        self, workspace: str, key: str, new: NewDefinition, match: datetime | None, by: Deed
    ) -> Definition | None:
        """It as it is now, or None if it is not there (or changed since `match`).

        Raises: UniqueViolationError, where another must not have the name.
        """
        with translated():
            row = await self._pool.fetchrow(
                self.statements.replace, workspace, key, *new.written, *by, match
            )
        return definition_of(row) if row else None

    async def restore(self, workspace: str, key: str, by: Deed) -> Definition | None:
        """The one that was deleted, or None if none was that can be restored.

        Raises: UniqueViolationError, where another has the name by now, and must not.
        """
        with translated():
            row = await self._pool.fetchrow(self.statements.restore, workspace, key, *by, KEPT)
        return definition_of(row) if row else None

    async def note(self, workspace: str, key: str, by: Deed) -> None:
        """That something was done with it that changes nothing of it."""
        with translated():
            await self._pool.execute(
                f"with meant as (select workspace, id from {self.table} "
                "where workspace = $1 and id = $2), "
                f"noted as ({noted('meant', 'id', 3)}) select",
                workspace, key, *by,
            )  # fmt: skip

    async def _by(
        self, column: Literal["id", "name"], workspace: str, values: Collection[str]
    ) -> dict[str, Definition]:
        """Those that there are, by what that column has."""
        with translated():
            rows = await self._pool.fetch(
                f"select {COLUMNS} from {self.table} "
                f"where workspace = $1 and {column} = any($2) and deleted_at is null",
                workspace, list(values),
            )  # fmt: skip
        return {row[column]: definition_of(row) for row in rows}


class Agents(Definitions):
    """Several may have one name."""

    table = "agents"
    statements = Statements.of("agents", "agent_versions", "agent_id")

    async def named(self, workspace: str, ids: Collection[str]) -> dict[str, Definition]:
        """Those of the agents that there are, by id."""
        return await self._by("id", workspace, ids)


class Tools(Definitions):
    """No two that are there have one name: agents name them by it."""

    table = "tools"
    statements = Statements.of("tools", "tool_versions", "tool_id")

    async def named(self, workspace: str, names: Collection[str]) -> dict[str, Definition]:
        """Those of the tools that there are, by name."""
        return await self._by("name", workspace, names) if names else {}


def definition_of(row: asyncpg.Record) -> Definition:
    """A row of the columns above."""
    spec = pydantic_core.from_json(row["spec"])
    named = {name: row[name] for name in COLUMNS.split(", ") if name != "spec"}
    return Definition(**named, spec=spec)
