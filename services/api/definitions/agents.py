"""Agents: created, read, listed, replaced, deleted."""

from __future__ import annotations

import uuid_utils
from starlette.requests import Request

from services.api.definitions.agent_table import Agent, Agents
from services.api.definitions.dependents import judge_again
from services.api.definitions.flows import Flows
from services.api.definitions.models import AgentBody, AgentPage, AgentShape
from services.api.definitions.pipeline_table import Pipelines
from services.api.http.answers import Answer, NoContent
from services.api.http.calls import Calls, Described
from services.api.http.headers import IfMatch, quoted, require_match
from services.api.http.pages import Cursor, Rows, page_of
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.http.problems import PreconditionFailed
from services.api.identity.authentication import workspace_of
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
    key, spec = str(uuid_utils.uuid7()), _spec(body)
    made = await part(request, Agents).create(workspace_of(request), key, body.name, spec)
    return _answer(made, 201, location=f"{AGENTS}/{made.id}")


@CALLS.get(AGENTS, "Agents, newest first", answers=(Described(200, "A page", AgentPage),))
async def list_agents(request: Request, query: Rows) -> Answer[AgentPage]:
    """Tells the agents of the workspace page by page; deleted ones are left out."""
    found = await part(request, Agents).list(workspace_of(request), query.cursor, query.limit + 1)
    rows, cursor = page_of(found, query.limit, lambda row: Cursor(row.created_at, row.id))
    page = AgentPage(items=[_shape(row) for row in rows], next_cursor=cursor)
    return Answer(page, exclude_unset=True)


@CALLS.get(AGENT, "An agent", answers=(Described(200, "The agent", AgentShape, headers=("ETag",)),))
async def read_agent(request: Request) -> Answer[AgentShape]:
    """Tells what an agent is made of; its `ETag` is what a replacement may be bound to."""
    return _answer(await _found(request, id_of(request, "id", "agent")))


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
        current = await _found(request, key)
        known = current.updated_at if require_match(headers.if_match, _tag(current)) else None
    saved = await agents.replace(workspace, key, body.name, _spec(body), known)
    if saved is None:
        raise PreconditionFailed.changed() if known else _none(key)
    await _judge_dependents(request, key)
    return _answer(saved)


@CALLS.delete(AGENT, "Delete an agent", answers=(Described(204, "It is gone"),))
async def delete_agent(request: Request) -> NoContent:
    """Deletes an agent. Runs that began with it go on; pipelines that name it cannot run."""
    key = id_of(request, "id", "agent")
    if not await part(request, Agents).delete(workspace_of(request), key):
        raise _none(key)
    await _judge_dependents(request, key)
    return NoContent()


async def _judge_dependents(request: Request, key: str) -> None:
    flows, pipelines = part(request, Flows), part(request, Pipelines)
    await judge_again(flows, pipelines, workspace_of(request), key)


async def _found(request: Request, key: str) -> Agent:
    found = await part(request, Agents).get(workspace_of(request), key)
    if found is None:
        raise _none(key)
    return found


def _spec(body: AgentBody) -> dict[str, JSON]:
    spec: dict[str, JSON] = body.model_dump(mode="json", exclude={"name"}, exclude_none=True)
    return spec


def _shape(agent: Agent) -> AgentShape:
    times = {"created_at": agent.created_at, "updated_at": agent.updated_at}
    return AgentShape.model_validate({"id": agent.id, "name": agent.name, **agent.spec, **times})


def _answer(agent: Agent, status: int = 200, **headers: str) -> Answer[AgentShape]:
    told = {"etag": quoted(_tag(agent)), **headers}
    return Answer(_shape(agent), status, told, exclude_unset=True)


def _tag(agent: Agent) -> str:
    return str(int(agent.updated_at.timestamp() * 1_000_000))


def _none(key: str) -> NotFound:
    return NotFound(f"There is no agent {key!r} in this workspace.")
