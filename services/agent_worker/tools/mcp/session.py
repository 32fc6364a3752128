"""The protocol, as the MCP SDK speaks it over streamable HTTP.

Source: MCP 2025-11-25 and 2026-07-28: Lifecycle, Transports, Tools. The newer generation is asked
for first; a server that does not know it is spoken to in the older one.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx2
import mcp_types as types
from mcp.client.session import ClientRequestContext, ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.dispatcher import CallOptions
from mcp.shared.exceptions import MCPError
from mcp.shared.jsonrpc_dispatcher import JSONRPCDispatcher
from mcp_types.version import KNOWN_PROTOCOL_VERSIONS
from pydantic import TypeAdapter, ValidationError

from services.agent_worker.tools.mcp.failures import McpFailed
from services.agent_worker.tools.mcp.wire import Refusal, Wire
from shared.flow.json_value import JSON
from shared.tools.mcp_tool import usable_schema

IDEMPOTENCY_KEY: Final = "penstock/idempotency_key"
"""Where the key of a call stands in its `_meta`. Source: MCP 2025-11-25, General fields."""

MOST_TOOLS: Final = 10_000
MOST_PAGES: Final = 100
_MOST_REDIRECTS = 5  # all of them within the origin
_OURS = types.Implementation(name="penstock", version="1")
_HEADERS = {"accept-encoding": "identity", "user-agent": "penstock"}
_RESULT: TypeAdapter[types.CallToolResult | types.InputRequiredResult] = TypeAdapter(
    types.CallToolResult | types.InputRequiredResult
)
# How the SDK says that an answer broke off, in which there is no code of its own.
_BROKE_OFF = ("SSE stream", "Connection closed")

# It logs what came, which may be anything.
for _name in ("mcp", "client"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


class _Dispatcher(JSONRPCDispatcher):
    """Keeps of a listing what was chosen, before all of it is checked: one tool that is no tool
    spoils none of the others, and thousands cost little."""

    chosen: Collection[str] = ()
    listed = 0

    async def send_raw_request(
        self,
        method: str,
        params: Mapping[str, Any] | None,
        opts: CallOptions | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        result = await super().send_raw_request(method, params, opts, **more)
        tools = result.get("tools")
        if method != "tools/list" or not isinstance(tools, list):
            return result
        self.listed += len(tools)
        return {**result, "tools": [_lenient(each) for each in tools if self._is_chosen(each)]}

    def _is_chosen(self, tool: object) -> bool:
        return isinstance(tool, dict) and tool.get("name") in self.chosen


class Session(ClientSession):
    """A session that offers nothing to the server; `asked` is what the server asked for, still."""

    def __init__(self, dispatcher: _Dispatcher) -> None:
        super().__init__(dispatcher=dispatcher, client_info=_OURS)
        self._listing = dispatcher
        self.asked: list[str] = []

    async def dispatch_input_request(
        self, ctx: ClientRequestContext, request: types.InputRequest
    ) -> types.ErrorData:
        self.asked.append(request.method)
        message = f"{request.method} is not supported"
        return types.ErrorData(code=types.METHOD_NOT_FOUND, message=message)

    async def negotiate(self) -> None:
        """Agrees on a version. Raises: MCPError, RuntimeError, ValidationError."""
        try:
            await self.discover()
        except (MCPError, RuntimeError, ValidationError):
            await self.initialize()

    async def find(self, chosen: Collection[str]) -> dict[str, types.Tool]:
        """What the server lists under these names, as far as it lists any; the first, of more.

        Raises: McpFailed, MCPError, ValidationError.
        """
        self._listing.chosen = chosen
        found: dict[str, types.Tool] = {}
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await self.list_tools(params=types.PaginatedRequestParams(cursor=cursor))
            for tool in page.tools:
                found.setdefault(tool.name, tool)
            cursor = page.next_cursor
            if cursor is None or len(found) == len(chosen):
                return found
            if self._listing.listed > MOST_TOOLS:
                break
        message = (
            f"expected at most {MOST_TOOLS:,} tools on {MOST_PAGES} pages, got more, and not all "
            "that were chosen among them"
        )
        raise McpFailed("too_many_tools", message)

    async def call(
        self, name: str, arguments: Mapping[str, JSON], idempotency_key: str
    ) -> types.CallToolResult | types.InputRequiredResult:
        """What the tool answered, which is not held against its output schema: a pattern may take
        for ever, and the model reads any answer. Raises: MCPError, ValidationError."""
        params = types.CallToolRequestParams.model_validate(
            {
                "name": name,
                "arguments": dict(arguments),
                "_meta": {IDEMPOTENCY_KEY: idempotency_key},
            }
        )
        return await self.send_request(types.CallToolRequest(params=params), _RESULT)


@asynccontextmanager
async def connected(url: str, headers: Mapping[str, str], wire: Wire) -> AsyncIterator[Session]:
    """A session that is not negotiated yet; it is ended and its connections closed at the end.

    Raises: ExceptionGroup.
    """
    async with (
        httpx2.AsyncClient(
            transport=wire,
            headers={**_HEADERS, **headers},
            trust_env=False,
            timeout=None,
            max_redirects=_MOST_REDIRECTS,
        ) as http,
        streamable_http_client(url, http_client=http, max_sse_event_size=None) as streams,
        Session(_Dispatcher(*streams)) as session,
    ):
        yield session


def explained(error: Exception, wire: Wire, session: Session) -> McpFailed:
    """Why a session raised it."""
    if wire.refusal is not None:
        return _refused(wire.refusal, has_session=session.protocol_version is not None)
    if isinstance(error, MCPError):
        return _answered(error)
    if isinstance(error, ValidationError):
        at = ".".join(map(str, error.errors()[0]["loc"]))[:100]
        message = f"expected an answer as the protocol has it, got another at {at or 'the top'}"
        return McpFailed("not_mcp", message)
    return _version()


def _answered(error: MCPError) -> McpFailed:
    if error.message.startswith(_BROKE_OFF):
        return McpFailed("unreachable", "expected a whole answer, the connection broke")
    if error.code == types.PARSE_ERROR:
        return McpFailed("not_mcp", "expected an answer as the protocol has it, got another")
    if error.code == types.UNSUPPORTED_PROTOCOL_VERSION:
        return _version()
    message = f"expected a result, got the protocol's error {error.code}"
    return McpFailed("mcp_error", message, error.message)


def _refused(refusal: Refusal, *, has_session: bool) -> McpFailed:
    if refusal.status == 404 and has_session:
        return McpFailed("session_ended", "expected the session to last, the server ended it")
    if not 200 <= refusal.status < 300:
        message = f"expected a status from 200 to 299, got {refusal.status}"
        return McpFailed("http_status", message, refusal.excerpt)
    kind = refusal.media_type if refusal.media_type.isprintable() else ""
    return McpFailed("not_mcp", f"expected an MCP server, got {kind[:100] or 'none'}")


def _version() -> McpFailed:
    spoken = f"{KNOWN_PROTOCOL_VERSIONS[0]} to {KNOWN_PROTOCOL_VERSIONS[-1]}"
    return McpFailed("protocol_version", f"expected a server that speaks MCP of {spoken}")


def _lenient(tool: dict[str, Any]) -> dict[str, Any]:
    schema = tool.get("inputSchema")
    return {**tool, "inputSchema": usable_schema(schema)} if isinstance(schema, dict) else tool
