"""How tests list and call, and what they look at in a failure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from services.agent_worker.egress import EgressClient
from services.agent_worker.tools.mcp import call_mcp_tool, list_mcp_tools
from services.agent_worker.tools.result import ToolResult
from shared.flow.json_value import JSON
from shared.runtime.settings import load
from shared.tools import ListedTool, McpTool
from tests.unit.agent_worker.egress.names import Names
from tests.unit.agent_worker.tools.mcp.servers import Told, scripted
from tests.unit.tools.mcp_tools import find, mcp_tool

SECRETS = {"KEY": 's3cret/"key"', "LINES": "a\r\nX-B: c"}
WITH_KEY = {"Authorization": {"secret": "KEY", "prefix": "Bearer "}}
CALL_KEY = "run-1.step-2.call-3"


@asynccontextmanager
async def outside(allow: str = "127.0.0.1") -> AsyncIterator[EgressClient]:
    settings = load("agent-worker", {"PENSTOCK_EGRESS_ALLOW": allow})
    async with EgressClient.of(settings, resolver=Names({})) as client:
        yield client


async def listed(tool: McpTool, allow: str = "127.0.0.1") -> tuple[ListedTool, ...] | ToolResult:
    async with outside(allow) as client:
        return await list_mcp_tools(tool, client=client, secret=SECRETS.__getitem__)


async def saved(tool: McpTool) -> McpTool:
    """The tool with what its server lists."""
    found = await listed(tool)
    assert isinstance(found, tuple), found
    return tool.model_copy(update={"listed": found})


async def called(
    tool: McpTool, arguments: Mapping[str, JSON] | None = None, allow: str = "127.0.0.1"
) -> ToolResult:
    """The call of its one tool."""
    async with outside(allow) as client:
        return await call_mcp_tool(
            tool,
            {"words": "a"} if arguments is None else arguments,
            client=client,
            secret=SECRETS.__getitem__,
            idempotency_key=CALL_KEY,
        )


def pinned_tool(url: str, **mcp: Any) -> McpTool:
    """A tool that was saved when a scripted server was as it should be."""
    return mcp_tool(url, listed=(find(),), **mcp)


async def told(answers: dict[str, Told], **mcp: Any) -> ToolResult:
    """What a call ends in at a server that answers so."""
    async with scripted(answers) as server:
        return await called(pinned_tool(server.url("/mcp"), headers=WITH_KEY, **mcp))


def failure(result: object) -> tuple[str, str]:
    """Code and output of an error."""
    assert isinstance(result, ToolResult)
    assert result.outcome == "error"
    assert result.error is not None
    assert result.output.startswith(result.error.message)
    assert result.error.message.startswith("expected ")
    assert "s3cret" not in f"{result}"
    return result.error.code, result.output
