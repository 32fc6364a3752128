"""Agents: created, read, listed, replaced, deleted."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request

from services.api.definitions.definition_calls import DefinitionCalls
from services.api.definitions.definition_table import Agents, Definition, NewDefinition, Tools
from services.api.definitions.dependents import judge_again
from services.api.definitions.flows import Flows
from services.api.definitions.listing import Listing
from services.api.definitions.models import AgentBody, AgentPage, AgentSettings, AgentShape
from services.api.definitions.pipeline_table import Pipelines
from services.api.http.answers import Answer, NoContent
from services.api.http.bodies import misfit
from services.api.http.calls import Calls, Described
from services.api.http.headers import IfMatch
from services.api.http.parts import part
from services.api.http.problems import PreconditionFailed
from services.api.identity.identity import workspace_of
from shared.flow import JSON
from shared.flow.json_value import quoted
from shared.flow.rules import KNOWN_TOOLS
from shared.flow.tool_names import names_in

AGENTS = "/api/v1/agents"
AGENT = f"{AGENTS}/{{id}}"

CALLS = Calls("Agents")


@CALLS.post(
    AGENTS,
    "Create an agent",
    answers=(Described(201, "The agent", AgentShape, headers=("Location", "ETag")),),
)
async def create_agent(request: Request, body: AgentBody) -> Answer[AgentShape]:
    """Keeps a named set of instructions that any number of pipelines may use by its id.

    Two agents may have the same name. What is not set takes the default of the step that runs it.
    Each of its `tools` is `web_search`, `web_fetch`, the name of a tool of the workspace, or the
    definition of one that is this agent's alone.
    """
    return await KEPT.create(request, await _new(request, body))


@CALLS.get(AGENTS, "Agents, newest first", answers=(Described(200, "A page", AgentPage),))
async def list_agents(request: Request, query: Listing) -> Answer[AgentPage]:
    """Tells the agents of the workspace page by page; deleted ones only if they are asked for."""
    items, cursor = await KEPT.page(request, query)
    return Answer(AgentPage(items=items, next_cursor=cursor), exclude_unset=True)


@CALLS.get(AGENT, "An agent", answers=(Described(200, "The agent", AgentShape, headers=("ETag",)),))
async def read_agent(request: Request) -> Answer[AgentShape]:
    """Tells what an agent is made of; its `ETag` is what a replacement may be bound to."""
    return await KEPT.read(request)


@CALLS.put(
    AGENT,
    "Replace an agent",
    answers=(Described(200, "The agent", AgentShape, headers=("ETag",)),),
    refusals=(PreconditionFailed,),
)
async def replace_agent(request: Request, body: AgentBody, headers: IfMatch) -> Answer[AgentShape]:
    """Replaces all fields of an agent: what is left out is unset.

    Runs that began keep the agent they began with. With `If-Match` nothing is replaced that changed
    since it was read; pipelines that name the agent are judged again.
    """
    return await KEPT.replace(request, await _new(request, body), headers.if_match)


@CALLS.delete(AGENT, "Delete an agent", answers=(Described(204, "It is gone"),))
async def delete_agent(request: Request) -> NoContent:
    """Deletes an agent. Runs that began with it go on; pipelines that name it cannot run.

    For 30 days it can be restored.
    """
    return await KEPT.delete(request)


@CALLS.post(
    f"{AGENT}/restore",
    "Restore a deleted agent",
    answers=(Described(200, "The agent", AgentShape, headers=("ETag",)),),
)
async def restore_agent(request: Request) -> Answer[AgentShape]:
    """Restores an agent that was deleted within the last 30 days, as it was.

    Pipelines that name it are judged again. One that is not deleted is 404 here.
    """
    return await KEPT.restore(request)


async def _new(request: Request, body: AgentBody) -> NewDefinition:
    """What to save. Raises: InvalidRequest, where it names tools that nobody has; Unavailable."""
    spec = spec_of(body)
    named = {*names_in(spec["tools"])}
    known = await part(request, Tools).named(workspace_of(request), named)
    for place, tool in enumerate(body.tools):
        if isinstance(tool, str) and tool in named - known.keys():
            raise misfit(f".tools[{place}]", KNOWN_TOOLS, quoted(tool), "unknown_tool")
    return NewDefinition(name=body.name, spec=spec, tags=body.tags, note=body.note)


def spec_of(body: AgentSettings) -> dict[str, JSON]:
    """What is kept of an agent besides its name and its tags."""
    beside = {"id", "name", "tags", "note", "tools"}
    spec: dict[str, JSON] = body.model_dump(mode="json", exclude=beside, exclude_none=True)
    whole = body.model_dump(mode="json", include={"tools"}, exclude_unset=True)
    return {**spec, "tools": whole.get("tools", [])}


def _shape(agent: Definition) -> AgentShape:
    return AgentShape.model_validate(agent.told)


async def _judge(request: Request, agents: tuple[Definition, ...]) -> None:
    flows, pipelines = part(request, Flows), part(request, Pipelines)
    workspace = workspace_of(request)
    for key in {agent.id for agent in agents}:
        await judge_again(flows, pipelines, workspace, partial(pipelines.naming, workspace, key))


KEPT = DefinitionCalls(what="agent", path=AGENTS, table=Agents, shape=_shape, changed=_judge)
"""How agents are kept."""
