"""Versions of tools: listed, named, compared, restored."""

from __future__ import annotations

from starlette.requests import Request

from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.pages import Rows
from services.api.http.problems import PreconditionFailed
from services.api.tools.calls import KEPT, TOOL
from services.api.tools.models import ToolShape
from services.api.versions.models import (
    ToolDiff,
    ToolVersionPage,
    ToolVersionShape,
    VersionWords,
)
from services.api.versions.spec_versions import AgainstNumber, SpecVersions
from services.api.versions.version_table import ToolVersions

VERSIONS = f"{TOOL}/versions"
VERSION = f"{VERSIONS}/{{number}}"

CALLS = Calls("Tools")
_OURS = SpecVersions(KEPT, ToolVersions)


@CALLS.get(
    VERSIONS,
    "Every version of a tool, newest first",
    answers=(Described(200, "A page", ToolVersionPage),),
)
async def list_tool_versions(request: Request, query: Rows) -> Answer[ToolVersionPage]:
    """Tells the versions a tool has and had: another for every save that changed its settings."""
    found, cursor = await _OURS.page(request, query)
    items = [ToolVersionShape(**each) for each in found]
    return Answer(ToolVersionPage(items=items, next_cursor=cursor))


@CALLS.put(
    VERSION,
    "Name a version of a tool",
    answers=(Described(200, "The version", ToolVersionShape),),
)
async def name_tool_version(request: Request, body: VersionWords) -> Answer[ToolVersionShape]:
    """Gives a version a name and a note, for people; what is left out stays as it is."""
    return Answer(ToolVersionShape(**await _OURS.name(request, body)))


@CALLS.post(
    f"{VERSION}/restore",
    "Restore a version of a tool",
    answers=(Described(200, "The tool", ToolShape, headers=("ETag",)),),
    refusals=(PreconditionFailed,),
)
async def restore_tool_version(request: Request) -> Answer[ToolShape]:
    """Saves the settings of an earlier version again: a new version with those settings.

    Name and tags stay. Pipelines that name the tool use it from their next run on, and are judged
    again. Whoever saves at the same moment makes this 412: look, and ask again.
    """
    return await _OURS.restore(request)


@CALLS.get(
    f"{VERSION}/diff",
    "What a version of a tool changed",
    answers=(Described(200, "The differences", ToolDiff),),
)
async def compare_tool_versions(request: Request, query: AgainstNumber) -> Answer[ToolDiff]:
    """Tells which settings differ from those of another version, the one before if none is named.

    The first version is compared with nothing.
    """
    return Answer(ToolDiff(**(await _OURS.compare(request, query))._asdict()))
