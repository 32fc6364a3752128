"""Versions of agents: listed, named, compared, restored."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request

from services.api.definitions.agent_table import Agents, NewAgent
from services.api.definitions.agents import (
    AGENT,
    agent_answer,
    agent_found,
    judge_dependents,
    no_agent,
)
from services.api.definitions.models import AgentShape
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.pages import Cursor, Rows, page_of
from services.api.http.parameters import DIGITS, Query, id_of
from services.api.http.parts import part
from services.api.http.problems import PreconditionFailed
from services.api.identity.identity import workspace_of
from services.api.people.deeds import deed
from services.api.versions.diff import differences
from services.api.versions.models import (
    AgentDiff,
    AgentVersionPage,
    AgentVersionShape,
    VersionWords,
)
from services.api.versions.pipeline_versions import change_of
from services.api.versions.version_table import AgentVersions, Meant, Version
from shared.errors import NotFound

VERSIONS = f"{AGENT}/versions"
VERSION = f"{VERSIONS}/{{number}}"

CALLS = Calls("Agents")


class AgainstNumber(Query):
    """What a version is compared with."""

    against: Annotated[int, Field(ge=1, lt=10**9), DIGITS] | None = Field(
        None, description="the number of the other; the one before if left out"
    )


@CALLS.get(
    VERSIONS,
    "Every version of an agent, newest first",
    answers=(Described(200, "A page", AgentVersionPage),),
)
async def list_agent_versions(request: Request, query: Rows) -> Answer[AgentVersionPage]:
    """Tells the versions an agent has and had: another for every save that changed its settings."""
    key, limit = id_of(request, "id", "agent"), query.limit
    versions = part(request, AgentVersions)
    found = await versions.list(workspace_of(request), key, query.cursor, limit + 1)
    if found is None:
        raise await no_agent(request, key)
    rows, cursor = page_of(found, limit, lambda row: Cursor(row.created_at, key))
    return Answer(AgentVersionPage(items=[_shape(row) for row in rows], next_cursor=cursor))


@CALLS.put(
    VERSION,
    "Name a version of an agent",
    answers=(Described(200, "The version", AgentVersionShape),),
)
async def name_agent_version(request: Request, body: VersionWords) -> Answer[AgentVersionShape]:
    """Gives a version a name and a note, for people; what is left out stays as it is."""
    key, spelled = id_of(request, "id", "agent"), request.path_params["number"]
    meant, words = _meant_by(spelled), (body.name, body.note)
    by = deed(request, "agent.version_named", number=meant.number, name=body.name)
    versions = part(request, AgentVersions)
    named = await versions.name(workspace_of(request), key, meant, words, by)
    if named is None:
        raise await _no_version(request, key, spelled)
    return Answer(_shape(named))


@CALLS.post(
    f"{VERSION}/restore",
    "Restore a version of an agent",
    answers=(Described(200, "The agent", AgentShape, headers=("ETag",)),),
    refusals=(PreconditionFailed,),
)
async def restore_agent_version(request: Request) -> Answer[AgentShape]:
    """Saves the settings of an earlier version again: a new version with those settings.

    Name and tags stay. Pipelines that name the agent use it from their next run on, and are judged
    again. Whoever saves at the same moment makes this 412: look, and ask again.
    """
    key = id_of(request, "id", "agent")
    now = await agent_found(request, key)
    found = await _version_found(request, request.path_params["number"])
    new = NewAgent(name=now.name, spec=found.body or {}, note=f"Version {found.number} again.")
    by, agents = deed(request, "agent.version_restored", number=found.number), part(request, Agents)
    saved = await agents.replace(workspace_of(request), key, new, now.updated_at, by)
    if saved is None:
        raise PreconditionFailed.changed()
    await judge_dependents(request, key)
    return agent_answer(saved)


@CALLS.get(
    f"{VERSION}/diff",
    "What a version of an agent changed",
    answers=(Described(200, "The differences", AgentDiff),),
)
async def compare_agent_versions(request: Request, query: AgainstNumber) -> Answer[AgentDiff]:
    """Tells which settings differ from those of another version, the one before if none is named.

    The first version is compared with nothing.
    """
    new = await _version_found(request, request.path_params["number"])
    against, before = query.against or new.number - 1, None
    if against:
        before = (await _version_found(request, str(against))).body
    changes = [change_of(each) for each in differences(before or {}, new.body or {})]
    return Answer(AgentDiff(old=against, new=new.number, changes=changes))


async def _version_found(request: Request, spelled: str) -> Version:
    key, versions = id_of(request, "id", "agent"), part(request, AgentVersions)
    found = await versions.get(workspace_of(request), key, _meant_by(spelled))
    if found is None:
        raise await _no_version(request, key, spelled)
    return found


async def _no_version(request: Request, key: str, spelled: str) -> NotFound:
    await agent_found(request, key)
    return NotFound(f"The agent never had a version {spelled[:60]!r}: name one by its number.")


def _meant_by(spelled: str) -> Meant:
    """The version of this number; of what is none the one of 0, which there is not."""
    return Meant(number=int(spelled) if re.fullmatch(r"[0-9]{1,9}", spelled, re.ASCII) else 0)


def _shape(found: Version) -> AgentVersionShape:
    settings: Any = found.body
    return AgentVersionShape(
        number=found.number,
        name=found.name,
        note=found.note,
        made_by=found.made_by,
        created_at=found.created_at,
        settings=settings,
    )
