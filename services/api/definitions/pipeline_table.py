"""Pipelines as rows. Another content is another version; versions themselves are `Versions`."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import pydantic_core

from services.api.definitions.deletable import KEPT, Deletable
from services.api.definitions.listing import Listing
from services.api.definitions.named import Names
from services.api.http.sharing import Sharing
from services.api.http.work import AT_ONCE_BYTES, is_small, off_loop, read_again
from services.api.people.deeds import Deed, noted
from shared.flow import JSON
from shared.ledger.pool import translated

COLUMNS = (
    "id, name, tags, flow, version, version_number, problems, revision, created_at, updated_at, "
    "deleted_at"
)
_LISTED = COLUMNS.replace("flow", "'{}'::jsonb as flow", 1)
_CREATE = f"""
    with made as (
        insert into pipelines (workspace, id, name, flow, version, problems, tags)
        values ($1, $2, $3, $4, $5, $6, coalesce($7, '{{}}'::text[]))
        returning workspace, {COLUMNS}
    ), kept as (
        insert into pipeline_versions (pipeline_id, number, version, flow, note, made_by)
        select id, version_number, version, flow, $8, $10 from made
    ), noted as ({noted("made", "id", 9)})
    select * from made
"""
# The number is counted in the row itself, so that two saves at once never have the same.
_REPLACE = f"""
    with saved as (
        update pipelines set name = $3, flow = $4, version = $5, problems = $6,
            tags = coalesce($7, tags), revision = revision + 1,
            version_number = version_number + (version <> $5)::integer,
            updated_at = clock_timestamp()
        where workspace = $1 and id = $2 and deleted_at is null
            and ($14::integer is null or revision = $14)
        returning workspace, {COLUMNS}
    ), kept as (
        insert into pipeline_versions (pipeline_id, number, version, flow, note, made_by)
        select id, version_number, version, flow, $8, $10 from saved
        on conflict (pipeline_id, number)
            do update set note = coalesce(excluded.note, pipeline_versions.note)
    ), noted as ({noted("saved", "id", 9)})
    select * from saved
"""
_RESTORE = f"""
    with back as (
        update pipelines set deleted_at = null, revision = revision + 1
        where workspace = $1 and id = $2 and deleted_at > now() - $8::interval
        returning workspace, {COLUMNS}
    ), noted as ({noted("back", "id", 3)})
    select * from back
"""
# With an alias, the flow and the version are those that it names.
_CHOSEN = """
    select p.id, p.name, p.tags, v.flow, v.version, p.version_number, p.problems, p.revision,
        p.created_at, p.updated_at, p.deleted_at
    from pipelines p join pipeline_aliases a on a.pipeline_id = p.id and a.alias = $3
    join pipeline_versions v on v.pipeline_id = p.id and v.number = a.number
    where p.workspace = $1 and p.id = $2 and p.deleted_at is null
"""
_STAMP = """
    select p.revision || '/' || coalesce(v.version, p.version) || ' ' || coalesce((
        select string_agg(a.id || a.updated_at, ' ' order by a.id) from agents a
        where a.workspace = $1 and a.id = any($3) and a.deleted_at is null), '')
    || ' ' || coalesce((
        select string_agg(t.id || t.updated_at, ' ' order by t.id) from tools t
        where t.workspace = $1 and t.name = any($5) and t.deleted_at is null), '')
    from pipelines p
    left join pipeline_aliases n on n.pipeline_id = p.id and n.alias = $4
    left join pipeline_versions v on v.pipeline_id = p.id and v.number = n.number
    where p.workspace = $1 and p.id = $2 and p.deleted_at is null
        and ($4::text is null or v.version is not null)
"""

_NAMES = "flow @? format('$.nodes[*].data ? (@.agent_id == %1$s || @.agentId == %1$s)', {id})"
_NAMES_AGENT = _NAMES.format(id="to_json($2::text)") + "::jsonpath"
_NAMES_TOOL = f"""
    flow @? format('$.nodes[*].data.tools[*] ? (@ == %s)', to_json($2::text))::jsonpath
    or exists (select from agents a where a.workspace = $1 and a.deleted_at is null
        and a.spec->'tools' ? $2 and {_NAMES.format(id="to_json(a.id)")}::jsonpath)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is saved: the flow as drawn, its content hash, and what bars it from running."""

    name: str
    flow: Mapping[str, JSON]
    version: str
    problems: Sequence[JSON]
    tags: Sequence[str] | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A pipeline as it is kept; `revision` grows with every save."""

    id: str
    name: str
    tags: Sequence[str]
    flow: Mapping[str, JSON]
    version: str
    version_number: int
    problems: Sequence[JSON]
    revision: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None

    @property
    def mark(self) -> str:
        """What `stamp` begins with while this is what there is."""
        return f"{self.revision}/{self.version} "


class Pipelines(Deletable):
    """Every call is about one workspace. All raise Unavailable when Postgres is away."""

    table = "pipelines"

    def __init__(self, pool: asyncpg.Pool) -> None:
        super().__init__(pool)
        self._stamps: Sharing[tuple[str, str, Names, str | None], str | None] = Sharing()

    async def create(self, workspace: str, key: str, draft: Draft, by: Deed) -> Pipeline:
        """The new pipeline."""
        given = await written(draft)
        with translated():
            row = await self._pool.fetchrow(_CREATE, workspace, key, *given, *by)
        return await pipeline_of(row)

    async def get(self, workspace: str, key: str, alias: str | None = None) -> Pipeline | None:
        """The pipeline, with the flow of the version that the alias names if one is given.

        None if it is not there, or was deleted, or has no such alias.
        """
        with translated():
            if alias is not None:
                row = await self._pool.fetchrow(_CHOSEN, workspace, key, alias)
            else:
                row = await self._pool.fetchrow(
                    f"select {COLUMNS} from pipelines "
                    "where workspace = $1 and id = $2 and deleted_at is null",
                    workspace, key,
                )  # fmt: skip
        return await pipeline_of(row) if row else None

    async def list(self, workspace: str, wanted: Listing, limit: int) -> list[Pipeline]:
        """Newest first; with empty flows, since they may be large."""
        with translated():
            rows = await self._pool.fetch(
                f"select {_LISTED} from pipelines where workspace = $1 and {wanted.condition(3)} "
                "order by created_at desc, id desc limit $2",
                workspace, limit, *wanted.values,
            )  # fmt: skip
        return [await pipeline_of(row) for row in rows]

    async def replace(
        self, workspace: str, key: str, draft: Draft, match: int | None, by: Deed
    ) -> Pipeline | None:
        """The pipeline as it is now, or None if it is not there (or not at revision `match`)."""
        given = await written(draft)
        with translated():
            row = await self._pool.fetchrow(_REPLACE, workspace, key, *given, *by, match)
        return await pipeline_of(row) if row else None

    async def restore(self, workspace: str, key: str, by: Deed) -> Pipeline | None:
        """The pipeline that was deleted, or None if none was that can be restored."""
        with translated():
            row = await self._pool.fetchrow(_RESTORE, workspace, key, *by, KEPT)
        return await pipeline_of(row) if row else None

    async def naming(
        self, workspace: str, agent_id: str, after: str, limit: int
    ) -> builtins.list[Pipeline]:
        """Pipelines with a node that names the agent, by id, those behind `after`."""
        return await self._some(_NAMES_AGENT, workspace, agent_id, after, limit)

    async def with_tool(
        self, workspace: str, tool: str, after: str, limit: int
    ) -> builtins.list[Pipeline]:
        """Pipelines of which a node, or an agent of theirs, names the tool; as `naming`."""
        return await self._some(_NAMES_TOOL, workspace, tool, after, limit)

    async def _some(
        self, condition: str, workspace: str, named: str, after: str, limit: int
    ) -> builtins.list[Pipeline]:
        with translated():
            rows = await self._pool.fetch(
                f"select {COLUMNS} from pipelines where workspace = $1 and id > $3 "
                f"and deleted_at is null and ({condition}) order by id limit $4",
                workspace, named, after, limit,
            )  # fmt: skip
        return [await pipeline_of(row) for row in rows]

    async def judge(self, workspace: str, judged: Pipeline, problems: Sequence[JSON]) -> None:
        """Keep what now bars this revision from running; a later one is left alone."""
        with translated():
            await self._pool.execute(
                "update pipelines set problems = $4 "
                "where workspace = $1 and id = $2 and revision = $3",
                workspace, judged.id, judged.revision, _json(problems),
            )  # fmt: skip

    async def flow_of(self, workspace: str, key: str, version: str) -> Mapping[str, JSON] | None:
        """The flow of a version the pipeline has or had, or None."""
        with translated():
            flow: str | None = await self._pool.fetchval(
                "select v.flow from pipelines p join pipeline_versions v on v.pipeline_id = p.id "
                "where p.workspace = $1 and p.id = $2 and v.version = $3 "
                "and p.deleted_at is null order by v.number desc limit 1",
                workspace, key, version,
            )  # fmt: skip
        return None if flow is None else await flow_read(flow)

    async def stamp(
        self, workspace: str, key: str, names: Names, alias: str | None = None
    ) -> str | None:
        """A text that changes with the pipeline, these agents and tools, or what the alias names.

        None if it is not there. Whoever asks while a query is under way shares the next one: it
        begins after they asked.
        """
        return await self._stamps.answer(
            (workspace, key, names, alias), lambda: self._stamp(workspace, key, names, alias)
        )

    async def _stamp(self, workspace: str, key: str, names: Names, alias: str | None) -> str | None:
        with translated():
            found: str | None = await self._pool.fetchval(
                _STAMP, workspace, key, list(names.agent_ids), alias, list(names.tools)
            )
        return found


def _json(value: object) -> str:
    return pydantic_core.to_json(value).decode()


Written = tuple[str, str, str, str, Sequence[str] | None, str | None]


async def written(draft: Draft) -> Written:
    """Name, flow, version, problems, tags and note, as the statements have them from $3 on."""
    small = is_small(draft.flow)
    flow, problems = await off_loop(small, lambda: (_json(draft.flow), _json(draft.problems)))
    return draft.name, flow, draft.version, problems, draft.tags, draft.note


async def flow_read(text: str) -> Mapping[str, JSON]:
    """A flow as Postgres has it."""
    found: Mapping[str, JSON] = await off_loop(len(text) <= AT_ONCE_BYTES, lambda: read_again(text))
    return found


async def pipeline_of(row: asyncpg.Record) -> Pipeline:
    """A row of the columns above."""
    flow, problems = row["flow"], row["problems"]
    small = len(flow) + len(problems) <= AT_ONCE_BYTES
    return Pipeline(
        id=row["id"],
        name=row["name"],
        tags=row["tags"],
        flow=await off_loop(small, lambda: read_again(flow)),
        version=row["version"],
        version_number=row["version_number"],
        problems=await off_loop(small, lambda: read_again(problems)),
        revision=row["revision"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        deleted_at=row["deleted_at"],
    )
