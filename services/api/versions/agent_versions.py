"""Versions of agents: listed, named, compared, restored."""

from __future__ import annotations

from starlette.requests import Request

from services.api.definitions.agents import AGENT, KEPT
from services.api.definitions.models import AgentShape
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.pages import Rows
from services.api.http.problems import PreconditionFailed
from services.api.versions.models import (
    AgentDiff,
    AgentVersionPage,
    AgentVersionShape,
    VersionWords,
)
from services.api.versions.spec_versions import AgainstNumber, SpecVersions
from services.api.versions.version_table import AgentVersions

VERSIONS = f"{AGENT}/versions"
VERSION = f"{VERSIONS}/{{number}}"

CALLS = Calls("Agents")
_OURS = SpecVersions(KEPT, AgentVersions)


@CALLS.get(
    VERSIONS,
    "Every version of an agent, newest first",
    answers=(Described(200, "A page", AgentVersionPage),),
)
async def list_agent_versions(request: Request, query: Rows) -> Answer[AgentVersionPage]:
    """Tells the versions an agent has and had: another for every save that changed its settings."""
    found, cursor = await _OURS.page(request, query)
    items = [AgentVersionShape(**each) for each in found]
    return Answer(AgentVersionPage(items=items, next_cursor=cursor))


@CALLS.put(
    VERSION,
    "Name a version of an agent",
    answers=(Described(200, "The version", AgentVersionShape),),
)
async def name_agent_version(request: Request, body: VersionWords) -> Answer[AgentVersionShape]:
    """Gives a version a name and a note, for people; what is left out stays as it is."""
    return Answer(AgentVersionShape(**await _OURS.name(request, body)))


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
    return await _OURS.restore(request)


@CALLS.get(
    f"{VERSION}/diff",
    "What a version of an agent changed",
    answers=(Described(200, "The differences", AgentDiff),),
)
async def compare_agent_versions(request: Request, query: AgainstNumber) -> Answer[AgentDiff]:
    """Tells which settings differ from those of another version, the one before if none is named.

    The first version is compared with nothing.
    """
    return Answer(AgentDiff(**(await _OURS.compare(request, query))._asdict()))
