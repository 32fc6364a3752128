"""`POST /pipelines/import`: a pipeline and its agents of a document, all of it or nothing.

document --format, kind--> readable --agents made or found--> flow with ids of here
flow --judged--> one statement
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple
from uuid import UUID

import asyncpg
import uuid_utils
from pydantic import Field, TypeAdapter
from pydantic_core import to_json
from starlette.requests import Request

from services.api.definitions.agents import spec_of
from services.api.definitions.definition_calls import NameTaken
from services.api.definitions.definition_table import Definition
from services.api.definitions.flows import FLOW_BYTES, PIPELINES, Flows
from services.api.definitions.named import Named
from services.api.definitions.pipeline_table import Draft, Pipeline
from services.api.definitions.pipelines import pipeline_shape
from services.api.exchange.exports import DOCUMENT_BYTES
from services.api.exchange.import_table import ImportedRow, Imports, MadeWith
from services.api.exchange.imported_tools import tools_of
from services.api.exchange.models import (
    FORMAT,
    KIND,
    WITH_TOOLS,
    Exported,
    ExportedAgent,
    Imported,
    ImportedAgent,
    ImportedTool,
    Marked,
    Outcome,
)
from services.api.http.answers import JSON_TYPE, Answer
from services.api.http.bodies import misfit, read_body, read_json_aside
from services.api.http.calls import Calls, Described
from services.api.http.headers import quoted, require_media_type
from services.api.http.models import Title
from services.api.http.parameters import Query
from services.api.http.parts import part
from services.api.http.problems import InvalidFlow, Refused
from services.api.http.work import is_small, off_loop
from services.api.identity.identity import workspace_of
from services.api.people.deeds import deed
from shared.errors import TooLarge
from shared.flow import JSON, Invalid

_MARKED: TypeAdapter[Marked] = TypeAdapter(Marked)
_EXPORTED: TypeAdapter[Exported] = TypeAdapter(Exported)
_AGENT_KEYS = ("agent_id", "agentId")
_MOST_TOLD = 20
_REMEDY = (
    "give the pipeline another `name`, or say `on_taken=copy`",
    "rename the tool here, or in the document",
)

CALLS = Calls("Pipelines")


class FormatTooNew(Refused):
    """The document was written by a later version."""

    code = "format_too_new"
    status = 422


class ImportOptions(Query):
    """How a document is imported."""

    name: Title | None = Field(None, description="another name for the pipeline")
    on_taken: Literal["refuse", "copy"] = Field(
        "refuse",
        description="`copy`: where a name is taken, make another pipeline or agent of that name",
    )


class _Agents(NamedTuple):
    """What becomes of the agents of a document: those to be made, and all by their ids there."""

    rows: Sequence[ImportedRow]
    told: Sequence[ImportedAgent]
    specs: Mapping[str, Mapping[str, JSON]]

    @property
    def ids(self) -> dict[str, str]:
        """The ids of here by those of the document."""
        return {each.exported_id: str(each.id) for each in self.told}


@CALLS.post(
    f"{PIPELINES}/import",
    "Import a pipeline with its agents",
    answers=(Described(201, "What was made", Imported, headers=("Location", "ETag")),),
    reads=Exported,
    refusals=(FormatTooNew, NameTaken, InvalidFlow, TooLarge),
    most_bytes=DOCUMENT_BYTES,
)
async def import_pipeline(request: Request, query: ImportOptions) -> Answer[Imported]:
    """Makes the pipeline of an exported document, with its agents and tools: all, or nothing.

    Ids are new ones. An agent that is here already, with the same name and settings, is used
    rather than made again. Where a name is taken otherwise, nothing is imported unless `on_taken`
    is `copy`; of tools no two have one name, so a tool is used if it is the same, else nothing is
    imported. A flow that could not run here is refused with all its problems.
    """
    workspace, document = workspace_of(request), await _document(request)
    name = query.name or document.name
    may_copy = query.on_taken == "copy"
    tools = await tools_of(request, document)
    if tools.taken:
        raise _taken([{"kind": "tool", "name": each} for each in tools.taken])
    agents = await _agents(request, document.agents, may_copy=may_copy)
    imports, key = part(request, Imports), str(uuid_utils.uuid7())
    draft = await _draft(request, name, document, Named(agents.specs, tools.specs), agents.ids)
    made_with = MadeWith(agents.rows, tools.rows, may_copy)
    by = deed(
        request,
        "pipeline.imported",
        name=name,
        agents=[each.id for each in agents.rows],
        tools=[each.id for each in tools.rows],
    )
    try:
        made = await imports.create((workspace, key), draft, made_with, by)
    except asyncpg.UniqueViolationError:
        raise _taken([{"kind": "tool", "name": each.name} for each in tools.rows]) from None
    if made is None:
        raise _taken([{"kind": "pipeline", "name": name}])
    return await _answer(request, made, agents.told, tools.told)


async def _document(request: Request) -> Exported:
    require_media_type(request, (JSON_TYPE,))
    raw = await read_body(request, DOCUMENT_BYTES)
    marked = await read_json_aside(_MARKED, raw)
    if marked.kind != KIND:
        raise misfit(".kind", f'"{KIND}"', repr(marked.kind[:80]))
    if marked.format > WITH_TOOLS:
        raise FormatTooNew(
            f"expected a document of format {WITH_TOOLS} or less, got one of format "
            f"{marked.format}: a later Penstock wrote it. Upgrade this one, or export it there as "
            f"format {WITH_TOOLS}."
        )
    if marked.format < FORMAT:
        raise misfit(".format", str(FORMAT), marked.format)
    document = await read_json_aside(_EXPORTED, raw)
    seen: set[str] = set()
    for place, agent in enumerate(document.agents):
        if agent.id in seen:
            raise misfit(f".agents[{place}].id", "an id of its own", "one that came before")
        seen.add(agent.id)
    return document


async def _agents(
    request: Request, exported: Sequence[ExportedAgent], *, may_copy: bool
) -> _Agents:
    here: dict[str, list[Definition]] = {}
    names = {each.name for each in exported}
    for known in await part(request, Imports).called(workspace_of(request), names):
        here.setdefault(known.name, []).append(known)
    became = [(each, _alike(each, here.get(each.name, ()))) for each in exported]
    taken = [each.name for each, alike in became if alike is None and each.name in here]
    if taken and not may_copy:
        raise _taken([{"kind": "agent", "name": name} for name in taken])
    rows: list[ImportedRow] = []
    told: list[ImportedAgent] = []
    for each, alike in became:
        key = alike or str(uuid_utils.uuid7())
        if alike is None:
            rows.append(ImportedRow(key, each.name, spec_of(each), each.tags))
        outcome: Outcome = "found" if alike else "made"
        told.append(
            ImportedAgent(exported_id=each.id, id=UUID(key), name=each.name, outcome=outcome)
        )
    specs = {
        str(to.id): {**spec_of(each), "name": each.name}
        for to, each in zip(told, exported, strict=True)
    }
    return _Agents(rows, told, specs)


def _alike(exported: ExportedAgent, here: Sequence[Definition]) -> str | None:
    """The id of the first of these that has the same settings."""
    wanted = _said(spec_of(exported))
    return next((each.id for each in here if _said(each.spec) == wanted), None)


def _said(spec: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """The settings that are set: an empty text or list is as good as none."""
    return {key: value for key, value in spec.items() if value not in ("", [])}


async def _draft(
    request: Request, name: str, document: Exported, named: Named, ids: Mapping[str, str]
) -> Draft:
    """The flow with ids of here, judged. Raises: InvalidFlow, InvalidRequest."""
    small = is_small(document.flow)
    if not small and await asyncio.to_thread(lambda: len(to_json(document.flow))) > FLOW_BYTES:
        raise TooLarge(f"expected a flow of at most {FLOW_BYTES >> 20} MiB, came more")
    flow = await off_loop(small, lambda: _with_ids(document.flow, ids))
    judged = await part(request, Flows).judged_with(workspace_of(request), flow, named)
    if isinstance(judged, Invalid):
        raise InvalidFlow(judged.problems)
    version = await part(request, Flows).version_of(flow)
    return Draft(
        name=name, flow=flow, version=version, problems=[], tags=document.tags, note="Imported."
    )


def _with_ids(flow: Mapping[str, JSON], ids: Mapping[str, str]) -> Mapping[str, JSON]:
    """The flow with each agent named by its id of here."""
    nodes = flow.get("nodes")
    if not isinstance(nodes, list):
        return flow
    return {**flow, "nodes": [_node_with_ids(node, ids) for node in nodes]}


def _node_with_ids(node: JSON, ids: Mapping[str, str]) -> JSON:
    data = node.get("data") if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or not isinstance(data, Mapping):
        return node
    named = {key: data[key] for key in _AGENT_KEYS if isinstance(data.get(key), str)}
    changed = {
        key: ids[text] for key, text in named.items() if isinstance(text, str) and text in ids
    }
    return {**node, "data": {**data, **changed}} if changed else node


def _taken(taken: Sequence[JSON]) -> NameTaken:
    first = taken[0]
    assert isinstance(first, Mapping)
    more = f", and {len(taken) - 1} more" if len(taken) > 1 else ""
    return NameTaken(
        f"The name {first['name']!r} is taken by another {first['kind']} of this workspace{more}. "
        f"Nothing was imported: {_REMEDY[first['kind'] == 'tool']}.",
        taken=list(taken[:_MOST_TOLD]),
    )


async def _answer(
    request: Request,
    made: Pipeline,
    agents: Sequence[ImportedAgent],
    tools: Sequence[ImportedTool],
) -> Answer[Imported]:
    shape = await pipeline_shape(request, made)
    headers = {"location": f"{PIPELINES}/{made.id}", "etag": quoted(made.revision)}

    def answer() -> Answer[Imported]:
        imported = Imported.model_construct(pipeline=shape, agents=list(agents), tools=list(tools))
        return Answer(imported, 201, headers)

    return await off_loop(is_small(made.flow), answer)
