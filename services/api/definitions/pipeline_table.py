"""Pipelines as rows, with every version they ever had."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import pydantic_core

from services.api.definitions.sharing import Sharing
from services.api.http.pages import Cursor
from services.api.http.work import AT_ONCE_BYTES, is_small, off_loop, read_again
from shared.flow import JSON
from shared.ledger.pool import translated

_COLUMNS = "id, name, flow, version, problems, revision, created_at, updated_at"

_LISTED = _COLUMNS.replace("flow", "'{}'::jsonb as flow", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is saved: the flow as drawn, its content hash, and what bars it from running."""

    name: str
    flow: Mapping[str, JSON]
    version: str
    problems: Sequence[JSON]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline(Draft):
    """A pipeline as it is kept; `revision` grows with every save."""

    id: str
    revision: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """A version a pipeline has, or had."""

    version: str
    created_at: datetime


class Pipelines:
    """Every call is about one workspace. All raise Unavailable when Postgres is away."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._stamps: Sharing[tuple[str, str, tuple[str, ...]], str | None] = Sharing()

    async def create(self, workspace: str, key: str, draft: Draft) -> Pipeline:
        """The new pipeline."""
        flow, problems = await _written(draft)
        with translated():
            row = await self._pool.fetchrow(
                "with made as (insert into pipelines (workspace, id, name, flow, version, problems)"
                f" values ($1, $2, $3, $4, $5, $6) returning {_COLUMNS}), "
                "kept as (insert into pipeline_versions (pipeline_id, version, flow) "
                "values ($2, $5, $4)) select * from made",
                workspace, key, draft.name, flow, draft.version, problems,
            )  # fmt: skip
        return await _pipeline(row)

    async def get(self, workspace: str, key: str) -> Pipeline | None:
        """The pipeline, or None."""
        with translated():
            row = await self._pool.fetchrow(
                f"select {_COLUMNS} from pipelines "
                "where workspace = $1 and id = $2 and deleted_at is null",
                workspace, key,
            )  # fmt: skip
        return await _pipeline(row) if row else None

    async def list(self, workspace: str, after: Cursor, limit: int) -> list[Pipeline]:
        """Newest first, those behind the cursor; with empty flows, since they may be large."""
        with translated():
            rows = await self._pool.fetch(
                f"select {_LISTED} from pipelines where workspace = $1 and deleted_at is null "
                "and (created_at, id) < ($2, $3) order by created_at desc, id desc limit $4",
                workspace, after.created_at, after.id, limit,
            )  # fmt: skip
        return [await _pipeline(row) for row in rows]

    async def replace(
        self, workspace: str, key: str, draft: Draft, match: int | None
    ) -> Pipeline | None:
        """The pipeline as it is now, or None if it is not there (or not at revision `match`)."""
        flow, problems = await _written(draft)
        with translated():
            row = await self._pool.fetchrow(
                "with saved as (update pipelines set name = $3, flow = $4, version = $5, "
                "problems = $6, revision = revision + 1, updated_at = clock_timestamp() "
                "where workspace = $1 and id = $2 and deleted_at is null "
                f"and ($7::integer is null or revision = $7) returning {_COLUMNS}), "
                "kept as (insert into pipeline_versions (pipeline_id, version, flow) "
                "select id, version, flow from saved on conflict do nothing) select * from saved",
                workspace, key, draft.name, flow, draft.version, problems, match,
            )  # fmt: skip
        return await _pipeline(row) if row else None

    async def delete(self, workspace: str, key: str) -> bool:
        """Whether there was such a pipeline; its runs stay."""
        with translated():
            done: str = await self._pool.execute(
                "update pipelines set deleted_at = now() "
                "where workspace = $1 and id = $2 and deleted_at is null",
                workspace, key,
            )  # fmt: skip
        return done != "UPDATE 0"

    async def naming(
        self, workspace: str, agent_id: str, after: str, limit: int
    ) -> builtins.list[Pipeline]:
        """Pipelines with a node that names the agent, by id, those behind `after`."""
        with translated():
            rows = await self._pool.fetch(
                f"select {_COLUMNS} from pipelines "
                "where workspace = $1 and id > $3 and deleted_at is null and flow @? "
                "format('$.nodes[*].data ? (@.agent_id == %1$s || @.agentId == %1$s)', "
                "to_json($2::text))::jsonpath order by id limit $4",
                workspace, agent_id, after, limit,
            )  # fmt: skip
        return [await _pipeline(row) for row in rows]

    async def judge(self, workspace: str, judged: Pipeline, problems: Sequence[JSON]) -> None:
        """Keep what now bars this revision from running; a later one is left alone."""
        with translated():
            await self._pool.execute(
                "update pipelines set problems = $4 "
                "where workspace = $1 and id = $2 and revision = $3",
                workspace, judged.id, judged.revision, _json(problems),
            )  # fmt: skip

    async def versions(
        self, workspace: str, key: str, after: Cursor, limit: int
    ) -> builtins.list[Version] | None:
        """Newest first, those behind the cursor's time; None if there is no such pipeline."""
        with translated():
            rows = await self._pool.fetch(
                "select v.version, v.created_at from pipelines p left join pipeline_versions v "
                "on v.pipeline_id = p.id and v.created_at < $3 "
                "where p.workspace = $1 and p.id = $2 and p.deleted_at is null "
                "order by v.created_at desc limit $4",
                workspace, key, after.created_at, limit,
            )  # fmt: skip
        if not rows:
            return None
        return [Version(r["version"], r["created_at"]) for r in rows if r["version"]]

    async def flow_of(self, workspace: str, key: str, version: str) -> Mapping[str, JSON] | None:
        """The flow of a version the pipeline has or had, or None."""
        with translated():
            flow: str | None = await self._pool.fetchval(
                "select v.flow from pipelines p join pipeline_versions v on v.pipeline_id = p.id "
                "where p.workspace = $1 and p.id = $2 and v.version = $3 "
                "and p.deleted_at is null",
                workspace, key, version,
            )  # fmt: skip
        if flow is None:
            return None
        found: Mapping[str, JSON] = await off_loop(
            len(flow) <= AT_ONCE_BYTES, lambda: read_again(flow)
        )
        return found

    async def stamp(self, workspace: str, key: str, agent_ids: Sequence[str]) -> str | None:
        """A text that changes with the pipeline or these agents; None if it is not there.

        Whoever asks while a query is under way shares the next one: it begins after they asked.
        """
        return await self._stamps.answer(
            (workspace, key, tuple(agent_ids)), lambda: self._stamp(workspace, key, agent_ids)
        )

    async def _stamp(self, workspace: str, key: str, agent_ids: Sequence[str]) -> str | None:
        with translated():
            found: str | None = await self._pool.fetchval(
                "select revision || ' ' || coalesce((select string_agg(a.id || a.updated_at, ' ' "
                "order by a.id) from agents a where a.workspace = $1 and a.id = any($3) "
                "and a.deleted_at is null), '') "
                "from pipelines where workspace = $1 and id = $2 and deleted_at is null",
                workspace, key, list(agent_ids),
            )  # fmt: skip
        return found


def _json(value: object) -> str:
    return pydantic_core.to_json(value).decode()


async def _written(draft: Draft) -> tuple[str, str]:
    small = is_small(draft.flow)
    return await off_loop(small, lambda: (_json(draft.flow), _json(draft.problems)))


async def _pipeline(row: asyncpg.Record) -> Pipeline:
    flow, problems = row["flow"], row["problems"]
    small = len(flow) + len(problems) <= AT_ONCE_BYTES
    return Pipeline(
        id=row["id"],
        name=row["name"],
        flow=await off_loop(small, lambda: read_again(flow)),
        version=row["version"],
        problems=await off_loop(small, lambda: read_again(problems)),
        revision=row["revision"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
