"""Agents as rows: `spec` holds all but the name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import pydantic_core

from services.api.definitions.deletable import KEPT, Deletable
from services.api.definitions.listing import Listing
from services.api.people.deeds import Deed, noted
from shared.flow import JSON
from shared.ledger.pool import translated

COLUMNS = "id, name, tags, spec, version_number, created_at, updated_at, deleted_at"
_CREATE = f"""
    with made as (
        insert into agents (workspace, id, name, spec, tags)
        values ($1, $2, $3, $4, coalesce($5, '{{}}'::text[])) returning workspace, {COLUMNS}
    ), kept as (
        insert into agent_versions (agent_id, number, spec, note, made_by)
        select id, version_number, spec, $6, $8 from made
    ), noted as ({noted("made", "id", 7)})
    select * from made
"""
_REPLACE = f"""
    with saved as (
        update agents set name = $3, spec = $4, tags = coalesce($5, tags),
            version_number = version_number + (spec <> $4)::integer,
            updated_at = clock_timestamp()
        where workspace = $1 and id = $2 and deleted_at is null
            and ($12::timestamptz is null or updated_at = $12)
        returning workspace, {COLUMNS}
    ), kept as (
        insert into agent_versions (agent_id, number, spec, note, made_by)
        select id, version_number, spec, $6, $8 from saved
        on conflict (agent_id, number)
            do update set note = coalesce(excluded.note, agent_versions.note)
    ), noted as ({noted("saved", "id", 7)})
    select * from saved
"""
_RESTORE = f"""
    with back as (
        update agents set deleted_at = null, updated_at = clock_timestamp()
        where workspace = $1 and id = $2 and deleted_at > now() - $8::interval
        returning workspace, {COLUMNS}
    ), noted as ({noted("back", "id", 3)})
    select * from back
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgent:
    """What is saved of an agent; tags of None stay as they are."""

    name: str
    spec: Mapping[str, JSON]
    tags: Sequence[str] | None = None
    note: str | None = None

    @property
    def written(self) -> tuple[str, str, Sequence[str] | None, str | None]:
        """As the statements have it, from $3 on."""
        return self.name, pydantic_core.to_json(self.spec).decode(), self.tags, self.note


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent as it is kept."""

    id: str
    name: str
    tags: Sequence[str]
    spec: Mapping[str, JSON]
    version_number: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class Agents(Deletable):
    """Every call is about one workspace. All raise Unavailable when Postgres is away."""

    table = "agents"

    async def create(self, workspace: str, key: str, new: NewAgent, by: Deed) -> Agent:
        """The new agent."""
        with translated():
            row = await self._pool.fetchrow(_CREATE, workspace, key, *new.written, *by)
        return agent_of(row)

    async def get(self, workspace: str, key: str) -> Agent | None:
        """The agent, or None."""
        with translated():
            row = await self._pool.fetchrow(
                f"select {COLUMNS} from agents "
                "where workspace = $1 and id = $2 and deleted_at is null",
                workspace, key,
            )  # fmt: skip
        return agent_of(row) if row else None

    async def list(self, workspace: str, wanted: Listing, limit: int) -> list[Agent]:
        """Newest first."""
        with translated():
            rows = await self._pool.fetch(
                f"select {COLUMNS} from agents where workspace = $1 and {wanted.condition(3)} "
                "order by created_at desc, id desc limit $2",
                workspace, limit, *wanted.values,
            )  # fmt: skip
        return [agent_of(row) for row in rows]

    async def replace(
        self, workspace: str, key: str, new: NewAgent, match: datetime | None, by: Deed
    ) -> Agent | None:
        """The agent as it is now, or None if it is not there (or changed since `match`)."""
        with translated():
            row = await self._pool.fetchrow(_REPLACE, workspace, key, *new.written, *by, match)
        return agent_of(row) if row else None

    async def restore(self, workspace: str, key: str, by: Deed) -> Agent | None:
        """The agent that was deleted, or None if none was that can be restored."""
        with translated():
            row = await self._pool.fetchrow(_RESTORE, workspace, key, *by, KEPT)
        return agent_of(row) if row else None

    async def named(self, workspace: str, ids: Collection[str]) -> dict[str, Agent]:
        """Those of the agents that there are, by id."""
        with translated():
            rows = await self._pool.fetch(
                f"select {COLUMNS} from agents "
                "where workspace = $1 and id = any($2) and deleted_at is null",
                workspace, list(ids),
            )  # fmt: skip
        return {row["id"]: agent_of(row) for row in rows}


def agent_of(row: asyncpg.Record) -> Agent:
    """A row of the columns above."""
    spec = pydantic_core.from_json(row["spec"])
    return Agent(**{name: row[name] for name in COLUMNS.split(", ") if name != "spec"}, spec=spec)
