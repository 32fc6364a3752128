"""`GET /pipelines/{id}/export`: a pipeline and the agents it uses, as one document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from pydantic import Field
from pydantic_core import to_json
from starlette.requests import Request

from services.api.definitions.agent_table import Agent, Agents
from services.api.definitions.flows import FLOW_BYTES, agents_named
from services.api.definitions.pipelines import PIPELINE, pipeline_found
from services.api.exchange.models import FORMAT, KIND, MOST_AGENTS, Exported, ExportedAgent
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.models import FlowJson
from services.api.http.parameters import Query, id_of
from services.api.http.parts import part
from services.api.http.work import is_small, off_loop
from services.api.identity.identity import workspace_of
from services.api.versions.pipeline_versions import version_found
from shared.errors import TooLarge
from shared.flow import JSON

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
    """Tells a pipeline and the agents it uses as one document, to be imported here or elsewhere.

    The same pipeline is the same document: nothing in it is of the moment. There is no secret in
    it, since none is in a flow or an agent. An agent that is gone is left out.
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
    small = is_small(flow) and not agents

    def answer() -> Answer[Exported]:
        document = Exported.model_construct(
            format=FORMAT,
            kind=KIND,
            name=found.name,
            tags=list(found.tags),
            flow=cast("FlowJson", flow),
            agents=[_exported(agents[key]) for key in sorted(agents)],
        )
        return Answer(document, exclude_unset=True)

    whole = await off_loop(small, answer)
    if len(whole.body) > DOCUMENT_BYTES:
        most = f"{DOCUMENT_BYTES >> 20} MiB"
        raise TooLarge(f"expected a flow and agents of at most {most} together, got more")
    return whole


def _exported(agent: Agent) -> ExportedAgent:
    said: Mapping[str, JSON] = agent.spec
    shown = {key: value for key, value in said.items() if value not in ("", [])}
    beside: Mapping[str, JSON] = {"id": agent.id, "name": agent.name, "tags": list(agent.tags)}
    return ExportedAgent.model_validate_json(to_json({**beside, **shown}))
