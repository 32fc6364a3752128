"""How tools of each kind are called: made ready first, so that what may fail before a call does so
before it counts as begun."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from services.agent_worker.egress import EgressClient
from services.agent_worker.keys import Keys
from services.agent_worker.tools.http import call_http_tool
from services.agent_worker.tools.mcp import call_mcp_tool, list_mcp_tools
from services.agent_worker.tools.nats import call_nats_tool
from services.agent_worker.tools.occasion import Occasion as Occasion
from services.agent_worker.tools.requests import Headers, Secrets, secret_names
from services.agent_worker.tools.result import ToolResult, failed
from shared.flow.json_value import JSON
from shared.log.tool_calls import ToolCalls
from shared.tools import HttpTool, ListedTool, McpTool, NatsTool
from shared.tools.offered import Offered

Call: TypeAlias = Callable[[Mapping[str, JSON]], Awaitable[ToolResult]]
"""Makes the call with these arguments; raises nothing but that it is cancelled."""
Prepare: TypeAlias = Callable[[Offered, Occasion], Awaitable[Call]]
"""Makes a call ready. Raises: AttemptFailed, Unavailable, Corrupt."""
Callers: TypeAlias = Mapping[str, Prepare]
"""By kind of tool."""
ListTools: TypeAlias = Callable[[McpTool, str], Awaitable[tuple[ListedTool, ...] | ToolResult]]
"""What is pinned of a tool of a workspace, or an error. Raises: as `Prepare`."""


def http_calls(client: EgressClient, keys: Keys) -> Prepare:
    """Calls of tools of kind `http`."""

    async def prepare(offered: Offered, occasion: Occasion) -> Call:
        tool = offered.tool
        assert isinstance(tool, HttpTool)
        secret = await _secrets(keys, occasion.workspace, tool.http.headers)

        async def call(arguments: Mapping[str, JSON]) -> ToolResult:
            key = occasion.idempotency_key
            return await call_http_tool(
                tool, arguments, client=client, secret=secret, idempotency_key=key
            )

        return call

    return prepare


def mcp_calls(client: EgressClient, keys: Keys) -> Prepare:
    """Calls of tools of kind `mcp`."""

    async def prepare(offered: Offered, occasion: Occasion) -> Call:
        tool = offered.tool
        assert isinstance(tool, McpTool)
        secret = await _secrets(keys, occasion.workspace, tool.mcp.headers)

        async def call(arguments: Mapping[str, JSON]) -> ToolResult:
            key = occasion.idempotency_key
            return await call_mcp_tool(
                tool, arguments, client=client, secret=secret, idempotency_key=key
            )

        return call

    return prepare


def nats_calls(calls: ToolCalls) -> Prepare:
    """Calls of tools of kind `nats`."""

    async def prepare(offered: Offered, occasion: Occasion) -> Call:
        tool = offered.tool
        assert isinstance(tool, NatsTool)

        async def call(arguments: Mapping[str, JSON]) -> ToolResult:
            return await call_nats_tool(tool, arguments, calls=calls, occasion=occasion)

        return call

    return prepare


def mcp_listings(client: EgressClient, keys: Keys) -> ListTools:
    """Listings of MCP servers."""

    async def listed(tool: McpTool, workspace: str) -> tuple[ListedTool, ...] | ToolResult:
        secret = await _secrets(keys, workspace, tool.mcp.headers)
        return await list_mcp_tools(tool, client=client, secret=secret)

    return listed


async def prepared(callers: Callers, offered: Offered, occasion: Occasion) -> Call | ToolResult:
    """The call made ready, or that tools of its kind are not called here. Raises: as `Prepare`."""
    prepare = callers.get(offered.tool.kind)
    if prepare is None:
        message = f"no tool of kind {offered.tool.kind} can be called here"
        return failed("unknown_kind", message)
    return await prepare(offered, occasion)


async def _secrets(keys: Keys, workspace: str, headers: Headers) -> Secrets:
    """The secrets that headers name, each read once. Raises: AttemptFailed, Unavailable."""
    found = {name: await keys.secret(workspace, name) for name in secret_names(headers)}

    def secret(name: str) -> str:
        value = found.get(name)
        if value is None:
            raise LookupError(name)
        return value

    return secret
