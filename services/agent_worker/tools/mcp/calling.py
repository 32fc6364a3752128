"""What a server lists for a tool of kind `mcp`, and a call of one of its tools."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Final

from services.agent_worker.egress import EgressClient
from services.agent_worker.tools.requests import Secrets, encoded, header_value, secrets_of
from services.agent_worker.tools.result import ToolResult, failed
from shared.flow.json_value import DEEPEST, JSON
from shared.tools import ListedTool, McpTool
from shared.tools.templates import Unfillable

if TYPE_CHECKING:
    from services.agent_worker.tools.mcp.exchange import Exchange

_SPEAKS_IT: Final = "services.agent_worker.tools.mcp.exchange"


async def list_mcp_tools(
    tool: McpTool, *, client: EgressClient, secret: Secrets
) -> tuple[ListedTool, ...] | ToolResult:
    """What is pinned for each tool that is chosen, in their order, or an error; it raises nothing.

    It takes at most `timeout_seconds`, and to load the SDK once.
    """
    try:
        exchange = await _exchange(tool, client, secret)
    except Unfillable as error:
        return failed(error.code, str(error))
    return await exchange.listed()


async def call_mcp_tool(
    tool: McpTool,
    arguments: Mapping[str, JSON],
    *,
    client: EgressClient,
    secret: Secrets,
    idempotency_key: str,
) -> ToolResult:
    """What the call ends in, within the tool's `timeout_seconds`; it raises nothing.

    `tool` has one tool alone, as models are offered them. One that the server lists otherwise by
    now is not called. The arguments need not fit its schema. The key is the same for every
    execution of the same call, and stands in its `_meta` as `penstock/idempotency_key`.
    """
    began = time.monotonic()
    [listed] = tool.listed
    try:
        encoded(arguments)
        _require_depth(arguments)
        exchange = await _exchange(tool, client, secret)
    except Unfillable as error:
        return failed(error.code, str(error))
    result = await exchange.called(listed, arguments, idempotency_key)
    return replace(result, seconds=time.monotonic() - began)


async def _exchange(tool: McpTool, client: EgressClient, secret: Secrets) -> Exchange:
    """Raises: Unfillable."""
    secrets = secrets_of(tool.mcp.headers, secret)
    given = tool.mcp.headers.items()
    headers = {name.lower(): header_value(name, value, {}, secrets) for name, value in given}
    await asyncio.to_thread(import_module, _SPEAKS_IT)
    from services.agent_worker.tools.mcp.exchange import Exchange

    return Exchange(server=tool.mcp, transport=client.transport, headers=headers, secrets=secrets)


def _require_depth(arguments: Mapping[str, JSON]) -> None:
    """No library stops at them. Raises: Unfillable."""
    level: list[JSON] = [arguments]
    for _ in range(DEEPEST):
        level = [member for found in level for member in _members(found)]
    if any(True for found in level for _ in _members(found)):
        message = f"expected arguments of at most {DEEPEST} levels of nesting, got more"
        raise Unfillable("bad_argument", message)


def _members(value: JSON) -> Iterable[JSON]:
    if isinstance(value, Mapping):
        return value.values()
    return () if isinstance(value, str) or not isinstance(value, Sequence) else value
