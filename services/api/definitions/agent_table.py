"""Agents as rows: `spec` holds all but the name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import pydantic_core

from services.api.http.pages import Cursor
from shared.flow import JSON
from shared.ledger.pool import translated

_COLUMNS = "id, name, spec, created_at, updated_at"


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent as it is kept."""

    id: str
    name: str
    spec: Mapping[str, JSON]
    created_at: datetime
    updated_at: datetime


class Agents:
    """Every call is about one workspace. All raise Unavailable when Postgres is away."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def create(self, workspace: str, key: str, name: str, spec: Mapping[str, JSON]) -> Agent:
        """The new agent."""
        with translated():
            row = await self._pool.fetchrow(
                "insert into agents (workspace, id, name, spec) values ($1, $2, $3, $4) "
                f"returning {_COLUMNS}",
                workspace, key, name, pydantic_core.to_json(spec).decode(),
            )  # fmt: skip
        return _agent(row)

    async def get(self, workspace: str, key: str) -> Agent | None:
        """The agent, or None."""
        with translated():
            row = await self._pool.fetchrow(
                f"select {_COLUMNS} from agents "
                "where workspace = $1 and id = $2 and deleted_at is null",
                workspace, key,
            )  # fmt: skip
        return _agent(row) if row else None

    async def list(self, workspace: str, after: Cursor, limit: int) -> list[Agent]:
        """Newest first, those behind the cursor."""
        with translated():
            rows = await self._pool.fetch(
                f"select {_COLUMNS} from agents where workspace = $1 and deleted_at is null "
                "and (created_at, id) < ($2, $3) order by created_at desc, id desc limit $4",
                workspace, after.created_at, after.id, limit,
            )  # fmt: skip
        return [_agent(row) for row in rows]

    async def replace(
        self, workspace: str, key: str, name: str, spec: Mapping[str, JSON], match: datetime | None
    ) -> Agent | None:
        """The agent as it is now, or None if it is not there (or changed since `match`)."""
        with translated():
            row = await self._pool.fetchrow(
                "update agents set name = $3, spec = $4, updated_at = clock_timestamp() "
                "where workspace = $1 and id = $2 and deleted_at is null "
                f"and ($5::timestamptz is null or updated_at = $5) returning {_COLUMNS}",
                workspace, key, name, pydantic_core.to_json(spec).decode(), match,
            )  # fmt: skip
        return _agent(row) if row else None

    async def delete(self, workspace: str, key: str) -> bool:
        """Whether there was such an agent; runs that began with it are not changed."""
        with translated():
            done: str = await self._pool.execute(
                "update agents set deleted_at = now() "
                "where workspace = $1 and id = $2 and deleted_at is null",
                workspace, key,
            )  # fmt: skip
        return done != "UPDATE 0"

    async def named(self, workspace: str, ids: Collection[str]) -> dict[str, Agent]:
        """Those of the agents that there are, by id."""
        with translated():
            rows = await self._pool.fetch(
                f"select {_COLUMNS} from agents "
                "where workspace = $1 and id = any($2) and deleted_at is null",
                workspace, list(ids),
            )  # fmt: skip
        return {row["id"]: _agent(row) for row in rows}


def _agent(row: asyncpg.Record) -> Agent:
    spec = pydantic_core.from_json(row["spec"])
    return Agent(row["id"], row["name"], spec, row["created_at"], row["updated_at"])
