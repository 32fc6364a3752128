"""Agents and pipelines: created, read, listed, replaced, deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import uuid_utils

from services.api.api import Api
from services.api.definitions.agent_rows import Agent
from services.api.definitions.dependents import judge_again, problems_of
from services.api.definitions.flows import FLOW_BYTES
from services.api.definitions.pipeline_rows import Draft, Pipeline, Version
from services.api.http.answers import Answer, Headers, Reply, json_answer
from services.api.http.bodies import AGENT, PIPELINE, VALIDATE, AgentBody, PipelineBody
from services.api.http.json_body import refuse_unfit
from services.api.http.pages import Cursor, cursor_of, cursor_text
from services.api.http.problems import PreconditionFailed, problems_json
from services.api.http.requests import MIB, Request
from shared.errors import NotFound
from shared.flow import JSON, Invalid, version_of

T = TypeVar("T", Agent, Pipeline, Version)
MOST_ROWS = 200


async def create_agent(api: Api, request: Request) -> Reply:
    body = await request.json(AGENT)
    made = await api.agents.create(request.workspace, _new_id(), body.name, _spec(body))
    return json_answer(201, _agent(made), _located(f"/api/v1/agents/{made.id}", _tag(made)))


async def read_agent(api: Api, request: Request) -> Reply:
    key = request.id("id", "agent")
    found = await api.agents.get(request.workspace, key)
    if found is None:
        raise _none("agent", key)
    return json_answer(200, _agent(found), [(b"etag", _tag(found))])


async def list_agents(api: Api, request: Request) -> Reply:
    limit = page_limit(request)
    rows = await api.agents.list(request.workspace, _cursor(request), limit + 1)
    return _page(rows, limit, _agent, lambda row: row.id)


async def replace_agent(api: Api, request: Request) -> Reply:
    key = request.id("id", "agent")
    body = await request.json(AGENT)
    match = request.header(b"if-match")
    known: datetime | None = None
    if match is not None:
        current = await api.agents.get(request.workspace, key)
        if current is None:
            raise _none("agent", key)
        known = _matching(match, _tag(current), current.updated_at)
    saved = await api.agents.replace(request.workspace, key, body.name, _spec(body), known)
    if saved is None:
        raise _changed() if known else _none("agent", key)
    await judge_again(api, request.workspace, key)
    return json_answer(200, _agent(saved), [(b"etag", _tag(saved))])


async def delete_agent(api: Api, request: Request) -> Reply:
    key = request.id("id", "agent")
    if not await api.agents.delete(request.workspace, key):
        raise _none("agent", key)
    await judge_again(api, request.workspace, key)
    return Answer(204)


async def create_pipeline(api: Api, request: Request) -> Reply:
    body = await request.json(PIPELINE, FLOW_BYTES + MIB)
    draft = await _draft(api, request.workspace, body)
    made = await api.pipelines.create(request.workspace, _new_id(), draft)
    where = _located(f"/api/v1/pipelines/{made.id}", _revision(made))
    return json_answer(201, _pipeline(made), where)


async def read_pipeline(api: Api, request: Request) -> Reply:
    found = await _pipeline_of(api, request)
    return json_answer(200, _pipeline(found), [(b"etag", _revision(found))])


async def list_pipelines(api: Api, request: Request) -> Reply:
    limit = page_limit(request)
    rows = await api.pipelines.list(request.workspace, _cursor(request), limit + 1)
    return _page(rows, limit, _listed, lambda row: row.id)


async def replace_pipeline(api: Api, request: Request) -> Reply:
    key = request.id("id", "pipeline")
    body = await request.json(PIPELINE, FLOW_BYTES + MIB)
    draft = await _draft(api, request.workspace, body)
    match = request.header(b"if-match")
    known: int | None = None
    if match is not None:
        current = await _pipeline_of(api, request)
        known = _matching(match, _revision(current), current.revision)
    saved = await api.pipelines.replace(request.workspace, key, draft, known)
    if saved is None:
        raise _changed() if known else _none("pipeline", key)
    return json_answer(200, _pipeline(saved), [(b"etag", _revision(saved))])


async def delete_pipeline(api: Api, request: Request) -> Reply:
    key = request.id("id", "pipeline")
    if not await api.pipelines.delete(request.workspace, key):
        raise _none("pipeline", key)
    return Answer(204)


async def list_versions(api: Api, request: Request) -> Reply:
    key = request.id("id", "pipeline")
    limit = page_limit(request)
    rows = await api.pipelines.versions(request.workspace, key, _cursor(request), limit + 1)
    if rows is None:
        raise _none("pipeline", key)
    return _page(rows, limit, _version, lambda row: key)


async def validate_flow(api: Api, request: Request) -> Reply:
    body = await request.json(VALIDATE, FLOW_BYTES + MIB)
    refuse_unfit(body.flow, ".flow")
    judged = await api.flows.judged(request.workspace, body.flow)
    if isinstance(judged, Invalid):
        return json_answer(200, {"problems": problems_json(judged.problems), "order": []})
    order = [step.node for step in judged.steps]
    return json_answer(200, {"problems": [], "order": order, "version": judged.version})


def page_limit(request: Request) -> int:
    """How many rows the caller wants at once. Raises: BadParameter."""
    return request.number("limit", default=50, least=1, most=MOST_ROWS)


def _cursor(request: Request) -> Cursor:
    return cursor_of(request.query.get("cursor"))


async def _pipeline_of(api: Api, request: Request) -> Pipeline:
    key = request.id("id", "pipeline")
    found = await api.pipelines.get(request.workspace, key)
    if found is None:
        raise _none("pipeline", key)
    return found


async def _draft(api: Api, workspace: str, body: PipelineBody) -> Draft:
    refuse_unfit(body.flow, ".flow")
    problems = await problems_of(api, workspace, body.flow)
    return Draft(name=body.name, flow=body.flow, version=version_of(body.flow), problems=problems)


def _page(
    rows: Sequence[T], limit: int, shown: Callable[[T], object], id_of: Callable[[T], str]
) -> Answer:
    more = len(rows) > limit
    rows = rows[:limit]
    cursor = cursor_text(Cursor(rows[-1].created_at, id_of(rows[-1]))) if more else None
    return json_answer(200, {"items": [shown(row) for row in rows], "next_cursor": cursor})


def _spec(body: AgentBody) -> dict[str, JSON]:
    spec: dict[str, JSON] = body.model_dump(mode="json", exclude={"name"}, exclude_none=True)
    return spec


def _agent(agent: Agent) -> dict[str, object]:
    times = {"created_at": agent.created_at, "updated_at": agent.updated_at}
    return {"id": agent.id, "name": agent.name, **agent.spec, **times}


def _pipeline(pipeline: Pipeline) -> dict[str, object]:
    return {**_listed(pipeline), "flow": pipeline.flow}


def _listed(pipeline: Pipeline) -> dict[str, object]:
    return {
        "id": pipeline.id,
        "name": pipeline.name,
        "version": pipeline.version,
        "revision": pipeline.revision,
        "problems": pipeline.problems,
        "created_at": pipeline.created_at,
        "updated_at": pipeline.updated_at,
    }


def _version(version: Version) -> dict[str, object]:
    return {"version": version.version, "created_at": version.created_at}


def _new_id() -> str:
    return str(uuid_utils.uuid7())


def _tag(agent: Agent) -> bytes:
    return f'"{int(agent.updated_at.timestamp() * 1_000_000)}"'.encode()


def _revision(pipeline: Pipeline) -> bytes:
    return f'"{pipeline.revision}"'.encode()


K = TypeVar("K", int, datetime)


def _matching(match: str, tag: bytes, known: K) -> K | None:
    """What the row must still have when it is replaced; None if `*` lets anything pass."""
    wanted = {part.strip() for part in match.split(",")}
    if "*" in wanted:
        return None
    if tag.decode() not in wanted:
        raise _changed()
    return known


def _located(path: str, tag: bytes) -> Headers:
    return [(b"location", path.encode()), (b"etag", tag)]


def _none(what: str, key: str) -> NotFound:
    return NotFound(f"There is no {what} {key!r} in this workspace.")


def _changed() -> PreconditionFailed:
    return PreconditionFailed("It was changed since: read it again, then save with its new ETag.")
