"""`GET /pipelines/{id}/export`: a pipeline and the agents it uses, as one document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from pydantic import Field
from pydantic_core import to_json
from starlette.requests import Request

from services.api.definitions.definition_table import Agents, Definition, Tools
from services.api.definitions.flows import FLOW_BYTES
from services.api.definitions.named import agents_named
from services.api.definitions.pipelines import PIPELINE, pipeline_found
from services.api.exchange.models import (
    FORMAT,
    KIND,
    MOST_AGENTS,
    MOST_TOOLS,
    TOOLS,
    WITH_TOOLS,
    Exported,
    ExportedAgent,
)
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.models import FlowJson
from services.api.http.parameters import Query, id_of
from services.api.http.parts import part
from services.api.http.work import is_small, off_loop
from services.api.identity.identity import workspace_of
from services.api.versions.pipeline_versions import version_found
from shared.errors import TooLarge
from shared.flow import JSON, tool_names
from shared.tools import NamedTool
from shared.tools.checked import of_kind

DOCUMENT_BYTES = 2 * FLOW_BYTES
"""Of an exported document, and of one that is imported."""

CALLS = Calls("Pipelines")


class OfVersion(Query):
    """Which flow of the pipeline."""

    version: str | None = Field(
        None, max_length=64, description="by its number or its hash; that of now if left out"
    )


@CALLS.get(
    f"{PIPELINE}/export",
    "Export a pipeline with its agents",
    answers=(Described(200, "The document", Exported),),
    refusals=(TooLarge,),
)
async def export_pipeline(request: Request, query: OfVersion) -> Answer[Exported]:
    """Tells a pipeline with its agents and tools as one document, to be imported here or elsewhere.

    The same pipeline is the same document: nothing in it is of the moment. There is no secret in
    it, since none is in a flow, an agent or a tool. What is gone is left out.
    """
    workspace = workspace_of(request)
    found = await pipeline_found(request, id_of(request, "id", "pipeline"))
    flow = found.flow
    if query.version is not None:
        flow = (await version_found(request, query.version)).body or {}
    named = agents_named(flow)
    agents = await part(request, Agents).named(workspace, named) if named else {}
    if len(agents) > MOST_AGENTS:
        raise TooLarge(f"expected a pipeline of at most {MOST_AGENTS} agents, got {len(agents)}")
    needed = tool_names(flow, [each.spec for each in agents.values()])
    tools = await part(request, Tools).named(workspace, needed)
    if len(tools) > MOST_TOOLS:
        raise TooLarge(f"expected a pipeline of at most {MOST_TOOLS} tools, got {len(tools)}")
    small = is_small(flow) and not agents and not tools

    def answer() -> Answer[Exported]:
        document = Exported.model_construct(
            format=WITH_TOOLS if tools else FORMAT,
            kind=KIND,
            name=found.name,
            tags=list(found.tags),
            flow=cast("FlowJson", flow),
            agents=[_exported(agents[key]) for key in sorted(agents)],
        )
        if tools:
            exported = [_exported_tool(tools[key]) for key in sorted(tools)]
            document = document.model_copy(update={"tools": exported})
        return Answer(document, exclude_unset=True)

    whole = await off_loop(small, answer)
    if len(whole.body) > DOCUMENT_BYTES:
        most = f"{DOCUMENT_BYTES >> 20} MiB"
        raise TooLarge(f"expected a flow and agents of at most {most} together, got more")
    return whole


def _exported_tool(tool: Definition) -> NamedTool:
    return of_kind(TOOLS, {**tool.named_spec, "tags": list(tool.tags)})


def _exported(agent: Definition) -> ExportedAgent:
    said: Mapping[str, JSON] = agent.spec
    shown = {key: value for key, value in said.items() if value not in ("", [])}
    beside: Mapping[str, JSON] = {"id": agent.id, "name": agent.name, "tags": list(agent.tags)}
    return ExportedAgent.model_validate_json(to_json({**beside, **shown}))
