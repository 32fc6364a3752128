"""Imports as rows: a pipeline and its agents in one statement, all of it or nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import asyncpg
import pydantic_core

from services.api.definitions.definition_table import COLUMNS as DEFINITION_COLUMNS
from services.api.definitions.definition_table import Definition, definition_of
from services.api.definitions.pipeline_table import COLUMNS, Draft, Pipeline, pipeline_of, written
from services.api.people.deeds import Deed, noted
from shared.flow import JSON
from shared.ledger.pool import translated

_MOST_LIKE = 2_000
_IMPORT = f"""
    with made as (
        insert into pipelines (workspace, id, name, flow, version, problems, tags)
        select $1, $2, $3, $4, $5, $6, coalesce($7, '{{}}'::text[]) where $15::boolean
            or not exists (select from pipelines
                where workspace = $1 and name = $3 and deleted_at is null)
        returning workspace, {COLUMNS}
    ), kept as (
        insert into pipeline_versions (pipeline_id, number, version, flow, note, made_by)
        select id, version_number, version, flow, $8, $10 from made
    ), made_agents as (
        insert into agents (workspace, id, name, spec, tags)
        select made.workspace, given.id, given.name, given.spec, given.tags from made,
            jsonb_to_recordset($14) as given(id text, name text, spec jsonb, tags text[])
        returning id, spec, version_number
    ), kept_agents as (
        insert into agent_versions (agent_id, number, spec, note, made_by)
        select id, version_number, spec, $8, $10 from made_agents
    ), made_tools as (
        insert into tools (workspace, id, name, spec, tags)
        select made.workspace, given.id, given.name, given.spec, given.tags from made,
            jsonb_to_recordset($16) as given(id text, name text, spec jsonb, tags text[])
        returning id, spec, version_number
    ), kept_tools as (
        insert into tool_versions (tool_id, number, spec, note, made_by)
        select id, version_number, spec, $8, $10 from made_tools
    ), noted as ({noted("made", "id", 9)})
    select * from made
"""


class ImportedRow(NamedTuple):
    """An agent or a tool to be made."""

    id: str
    name: str
    spec: Mapping[str, JSON]
    tags: Sequence[str]


class MadeWith(NamedTuple):
    """What is made with a pipeline, and whether another may be called as it is."""

    agents: Sequence[ImportedRow]
    tools: Sequence[ImportedRow]
    may_share_name: bool


class Imports:
    """All raise Unavailable when Postgres is away."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def called(self, workspace: str, names: Collection[str]) -> list[Definition]:
        """The agents there are of these names."""
        with translated():
            rows = await self._pool.fetch(
                f"select {DEFINITION_COLUMNS} from agents where workspace = $1 and name = any($2) "
                "and deleted_at is null order by created_at limit $3",
                workspace, list(names), _MOST_LIKE,
            )  # fmt: skip
        return [definition_of(row) for row in rows]

    async def create(
        self, key: tuple[str, str], draft: Draft, made: MadeWith, by: Deed
    ) -> Pipeline | None:
        """The pipeline of this workspace and id, with its agents.

        None, and nothing is made, where its name is taken and may not be shared.
        Raises: UniqueViolationError, where a tool's name was taken meanwhile.
        """
        agents, tools = _rows(made.agents), _rows(made.tools)
        given = await written(draft)
        with translated():
            row = await self._pool.fetchrow(
                _IMPORT, *key, *given, *by, agents, made.may_share_name, tools
            )
        return await pipeline_of(row) if row else None


def _rows(given: Sequence[ImportedRow]) -> str:
    return pydantic_core.to_json([each._asdict() for each in given]).decode()
