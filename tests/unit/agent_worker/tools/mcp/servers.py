"""MCP servers on loopback: real ones of the SDK, and ones that answer what a test says."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import mcp_types as types
import uvicorn
from mcp.server.lowlevel import Server
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.eventually import eventually
from tests.outside import OutsideServer, Received, answer
from tests.unit.tools.mcp_tools import SCHEMA

Handle: TypeAlias = Callable[
    [Any, types.CallToolRequestParams], Awaitable[types.CallToolResult | types.InputRequiredResult]
]
"""What a server does with a call."""


class Notebook:
    """What a real server lists and answers; `tools` may change, `calls` are all that came."""

    def __init__(self, *tools: types.Tool, page_size: int = 50, handle: Handle | None = None):
        self.tools: Sequence[types.Tool] = tools or (find_tool(),)
        self.calls: list[types.CallToolRequestParams] = []
        self.listings = 0
        self.server = Server("notebook", on_list_tools=self._list, on_call_tool=self._call)
        self._page_size = page_size
        self._handle = handle or _found

    async def _list(
        self, context: Any, params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        self.listings += 1
        first = int(params.cursor) if params and params.cursor else 0
        after = first + self._page_size
        cursor = str(after) if after < len(self.tools) else None
        return types.ListToolsResult(tools=list(self.tools[first:after]), next_cursor=cursor)

    async def _call(
        self, context: Any, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        self.calls.append(params)
        return await self._handle(context, params)


def find_tool(name: str = "find", **more: Any) -> types.Tool:
    given = {"name": name, "description": "Finds notes.", "input_schema": SCHEMA, **more}
    return types.Tool(**given)


def said(*blocks: types.ContentBlock | str, **more: Any) -> types.CallToolResult:
    """An answer with these blocks, of which texts are text."""
    content = [types.TextContent(text=each) if isinstance(each, str) else each for each in blocks]
    return types.CallToolResult(content=content, **more)


def saying(*blocks: types.ContentBlock | str, **more: Any) -> Handle:
    async def handle(context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        return said(*blocks, **more)

    return handle


async def _found(context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
    return said(f"found {(params.arguments or {}).get('words')}")


@asynccontextmanager
async def serving(notebook: Notebook, *, older: bool = False) -> AsyncIterator[str]:
    """The URL of a real server, as long as it is entered; `older`: of the generation before."""
    app: ASGIApp = notebook.server.streamable_http_app()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            _Older(app) if older else app, log_config=None, timeout_graceful_shutdown=0
        )
        server = _Uvicorn(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await eventually(lambda: server.started or running.done())
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        finally:
            server.should_exit = True
            await running


class _Uvicorn(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # they are pytest's


class _Older:
    """Knows nothing of how the newer generation begins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (b"mcp-method", b"server/discover") in scope.get("headers", ()):
            await JSONResponse({"detail": "Not Found"}, 404)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


# What answers byte for byte

Told: TypeAlias = (
    "bytes | Mapping[str, Any] | Callable[[Received, asyncio.StreamWriter], Awaitable[None]]"
)
"""The answer to a method: bytes, a result, or what is done with the connection."""

LISTING = {"tools": [{"name": "find", "description": "Finds notes.", "inputSchema": SCHEMA}]}
GREETING = {
    "protocolVersion": "2025-11-25",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "scripted", "version": "1"},
}
SAID = {"content": [{"type": "text", "text": "found"}]}


def scripted(answers: Mapping[str, Told] | None = None) -> OutsideServer:
    """A server of the older generation; `answers` go by method, others are as they should be."""
    told: Mapping[str, Told] = {
        "server/discover": answer(404),
        "initialize": GREETING,
        "tools/list": LISTING,
        "tools/call": SAID,
        **(answers or {}),
    }

    async def respond(request: Received, writer: asyncio.StreamWriter) -> None:
        message = json.loads(request.body) if request.body else {}
        given = told.get(message.get("method", request.method))
        if given is None:
            writer.write(answer(202 if request.method == "POST" else 405))
        elif isinstance(given, bytes):
            writer.write(given)
        elif isinstance(given, Mapping):
            writer.write(in_json({"id": message["id"], "result": given}))
        else:
            await given(request, writer)

    return OutsideServer(respond)


def in_json(message: Mapping[str, Any], status: int = 200) -> bytes:
    """A message as an answer."""
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return answer(status, body, {"content-type": "application/json", "mcp-session-id": "s1"})


def event(message: Mapping[str, Any]) -> bytes:
    """A message as an event of a stream."""
    return f"event: message\ndata: {json.dumps({'jsonrpc': '2.0', **message})}\n\n".encode()


STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
