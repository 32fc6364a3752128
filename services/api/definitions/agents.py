"""Agents: created, read, listed, replaced, deleted."""

from __future__ import annotations

import uuid_utils
from starlette.requests import Request

from services.api.definitions.agent_table import Agent, Agents, NewAgent
from services.api.definitions.dependents import judge_again
from services.api.definitions.flows import Flows
from services.api.definitions.gone import missing
from services.api.definitions.listing import Listing
from services.api.definitions.models import AgentBody, AgentPage, AgentSettings, AgentShape
from services.api.definitions.pipeline_table import Pipelines
from services.api.http.answers import Answer, NoContent
from services.api.http.calls import Calls, Described
from services.api.http.headers import IfMatch, quoted, require_match
from services.api.http.pages import Cursor, page_of
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.http.problems import PreconditionFailed
from services.api.identity.identity import workspace_of
from services.api.people.deeds import deed
from shared.errors import NotFound
from shared.flow import JSON

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
    """
    key, by = str(uuid_utils.uuid7()), deed(request, "agent.created", name=body.name)
    made = await part(request, Agents).create(workspace_of(request), key, _new(body), by)
    return agent_answer(made, 201, location=f"{AGENTS}/{made.id}")


@CALLS.get(AGENTS, "Agents, newest first", answers=(Described(200, "A page", AgentPage),))
async def list_agents(request: Request, query: Listing) -> Answer[AgentPage]:
    """Tells the agents of the workspace page by page; deleted ones only if they are asked for."""
    found = await part(request, Agents).list(workspace_of(request), query, query.limit + 1)
    rows, cursor = page_of(found, query.limit, lambda row: Cursor(row.created_at, row.id))
    page = AgentPage(items=[_shape(row) for row in rows], next_cursor=cursor)
    return Answer(page, exclude_unset=True)


@CALLS.get(AGENT, "An agent", answers=(Described(200, "The agent", AgentShape, headers=("ETag",)),))
async def read_agent(request: Request) -> Answer[AgentShape]:
    """Tells what an agent is made of; its `ETag` is what a replacement may be bound to."""
    return agent_answer(await agent_found(request, id_of(request, "id", "agent")))


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
    key = id_of(request, "id", "agent")
    workspace, agents = workspace_of(request), part(request, Agents)
    known = None
    if headers.if_match is not None:
        current = await agent_found(request, key)
        known = current.updated_at if require_match(headers.if_match, _tag(current)) else None
    by = deed(request, "agent.saved", name=body.name)
    saved = await agents.replace(workspace, key, _new(body), known, by)
    if saved is None:
        raise PreconditionFailed.changed() if known else await no_agent(request, key)
    await judge_dependents(request, key)
    return agent_answer(saved)


@CALLS.delete(AGENT, "Delete an agent", answers=(Described(204, "It is gone"),))
async def delete_agent(request: Request) -> NoContent:
    """Deletes an agent. Runs that began with it go on; pipelines that name it cannot run.

    For 30 days it can be restored.
    """
    key = id_of(request, "id", "agent")
    by = deed(request, "agent.deleted")
    if not await part(request, Agents).delete(workspace_of(request), key, by):
        raise await no_agent(request, key)
    await judge_dependents(request, key)
    return NoContent()


@CALLS.post(
    f"{AGENT}/restore",
    "Restore a deleted agent",
    answers=(Described(200, "The agent", AgentShape, headers=("ETag",)),),
)
async def restore_agent(request: Request) -> Answer[AgentShape]:
    """Restores an agent that was deleted within the last 30 days, as it was.

    Pipelines that name it are judged again. One that is not deleted is 404 here.
    """
    key = id_of(request, "id", "agent")
    by = deed(request, "agent.restored")
    back = await part(request, Agents).restore(workspace_of(request), key, by)
    if back is None:
        raise NotFound(f"There is no agent {key!r} in this workspace that can be restored.")
    await judge_dependents(request, key)
    return agent_answer(back)


async def judge_dependents(request: Request, key: str) -> None:
    """Brings what bars the pipelines that name the agent up to date. Raises: Unavailable."""
    flows, pipelines = part(request, Flows), part(request, Pipelines)
    await judge_again(flows, pipelines, workspace_of(request), key)


async def agent_found(request: Request, key: str) -> Agent:
    """The agent of the caller's workspace. Raises: NotFound, Unavailable."""
    found = await part(request, Agents).get(workspace_of(request), key)
    if found is None:
        raise await no_agent(request, key)
    return found


def _new(body: AgentBody) -> NewAgent:
    return NewAgent(name=body.name, spec=spec_of(body), tags=body.tags, note=body.note)


def spec_of(body: AgentSettings) -> dict[str, JSON]:
    """What is kept of an agent besides its name and its tags."""
    beside = {"id", "name", "tags", "note"}
    spec: dict[str, JSON] = body.model_dump(mode="json", exclude=beside, exclude_none=True)
    return spec


def _shape(agent: Agent) -> AgentShape:
    return AgentShape.model_validate(
        {
            **agent.spec,
            "id": agent.id,
            "name": agent.name,
            "tags": agent.tags,
            "version_number": agent.version_number,
            "created_at": agent.created_at,
            "updated_at": agent.updated_at,
            "deleted_at": agent.deleted_at,
        }
    )


def agent_answer(agent: Agent, status: int = 200, **headers: str) -> Answer[AgentShape]:
    """The agent, with the ETag that a replacement may be bound to."""
    told = {"etag": quoted(_tag(agent)), **headers}
    return Answer(_shape(agent), status, told, exclude_unset=True)


def _tag(agent: Agent) -> str:
    return str(int(agent.updated_at.timestamp() * 1_000_000))


async def no_agent(request: Request, key: str) -> NotFound:
    """What to raise where the agent is not there, with what to do if it was deleted."""
    deleted_at = await part(request, Agents).deleted_at(workspace_of(request), key)
    return missing("agent", key, deleted_at, AGENTS)
