"""Tools: created, read, listed, replaced, deleted; agents have them by their names."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request

from services.api.definitions.definition_calls import DefinitionCalls, NameTaken
from services.api.definitions.definition_table import Definition, NewDefinition, Tools
from services.api.definitions.dependents import judge_again
from services.api.definitions.flows import Flows
from services.api.definitions.listing import Listing
from services.api.definitions.pipeline_table import Pipelines
from services.api.http.answers import Answer, NoContent
from services.api.http.calls import Calls, Described
from services.api.http.headers import IfMatch
from services.api.http.parts import part
from services.api.http.problems import PreconditionFailed
from services.api.identity.identity import workspace_of
from services.api.tools.asking import REFUSALS
from services.api.tools.listing import listed
from services.api.tools.models import ToolBody, ToolPage, ToolShape
from services.api.tools.trust import require_may_trust
from shared.flow import JSON

TOOLS = "/api/v1/tools"
TOOL = f"{TOOLS}/{{id}}"
TOOL_BYTES = 256 << 10

CALLS = Calls("Tools")


@CALLS.post(
    TOOLS,
    "Create a tool",
    answers=(Described(201, "The tool", ToolShape, headers=("Location", "ETag")),),
    refusals=(NameTaken, *REFUSALS),
    most_bytes=TOOL_BYTES,
)
async def create_tool(request: Request, body: ToolBody) -> Answer[ToolShape]:
    """Keeps a tool that agents and nodes may have by its name, in their `tools`.

    No two tools of a workspace have one name. Secrets are named, never said: their values are set
    by `/secrets/{name}`. Of one of kind `mcp`, a worker asks its server what it lists for the tools
    that are chosen; that is kept with it.
    """
    made = await KEPT.create(request, await _new(request, body))
    await _judge_named(request, {body.root.name})
    return made


@CALLS.get(TOOLS, "Tools, newest first", answers=(Described(200, "A page", ToolPage),))
async def list_tools(request: Request, query: Listing) -> Answer[ToolPage]:
    """Tells the tools of the workspace page by page; deleted ones only if they are asked for."""
    items, cursor = await KEPT.page(request, query)
    return Answer(ToolPage(items=items, next_cursor=cursor), exclude_unset=True)


@CALLS.get(TOOL, "A tool", answers=(Described(200, "The tool", ToolShape, headers=("ETag",)),))
async def read_tool(request: Request) -> Answer[ToolShape]:
    """Tells how a tool is called; its `ETag` is what a replacement may be bound to."""
    return await KEPT.read(request)


@CALLS.put(
    TOOL,
    "Replace a tool",
    answers=(Described(200, "The tool", ToolShape, headers=("ETag",)),),
    refusals=(PreconditionFailed, NameTaken, *REFUSALS),
    most_bytes=TOOL_BYTES,
)
async def replace_tool(request: Request, body: ToolBody, headers: IfMatch) -> Answer[ToolShape]:
    """Replaces all of a tool: what is left out is unset.

    Runs that began keep the tool they began with. With `If-Match` nothing is replaced that changed
    since it was read; pipelines whose agents have the tool are judged again. Under another name it
    is another tool to them.
    """
    return await KEPT.replace(request, await _new(request, body), headers.if_match)


@CALLS.delete(TOOL, "Delete a tool", answers=(Described(204, "It is gone"),))
async def delete_tool(request: Request) -> NoContent:
    """Deletes a tool. Runs that began with it go on; pipelines whose agents have it cannot run.

    For 30 days it can be restored.
    """
    return await KEPT.delete(request)


@CALLS.post(
    f"{TOOL}/restore",
    "Restore a deleted tool",
    answers=(Described(200, "The tool", ToolShape, headers=("ETag",)),),
    refusals=(NameTaken,),
)
async def restore_tool(request: Request) -> Answer[ToolShape]:
    """Restores a tool that was deleted within the last 30 days, as it was.

    Pipelines whose agents have it are judged again. One that is not deleted is 404 here.
    """
    return await KEPT.restore(request)


async def _new(request: Request, body: ToolBody) -> NewDefinition:
    """What to save; of an MCP server what it lists now. Raises: as `listed`."""
    tool = body.root
    beside = {"name", "tags", "note"}
    spec: dict[str, JSON] = tool.model_dump(mode="json", exclude=beside, exclude_unset=True)
    if tool.kind == "mcp":
        require_may_trust(request, tool)
        spec["listed"] = await listed(request, tool.name, spec)
    return NewDefinition(name=tool.name, spec=spec, tags=tool.tags, note=tool.note)


def _shape(tool: Definition) -> ToolShape:
    return ToolShape.model_validate(tool.told)


async def _judge(request: Request, tools: tuple[Definition, ...]) -> None:
    await _judge_named(request, {tool.name for tool in tools})


async def _judge_named(request: Request, names: set[str]) -> None:
    flows, pipelines = part(request, Flows), part(request, Pipelines)
    workspace = workspace_of(request)
    for name in names:
        await judge_again(
            flows, pipelines, workspace, partial(pipelines.with_tool, workspace, name)
        )


KEPT = DefinitionCalls(what="tool", path=TOOLS, table=Tools, shape=_shape, changed=_judge)
"""How tools are kept."""
