"""Row 19: one call of a tool, from the turn that asks for it to its result, beside a bare call.

The tool answers at once, on loopback, to one call after the other of one agent. What is told is by
the clocks of facts: the turn's own append, checking the arguments in their process, `tool.called`,
and the call. Each kind of tool is served by this process, which does nothing else meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from time import perf_counter

import uvicorn
from mcp.server.mcpserver import MCPServer
from penstock_client import Penstock, ToolCall, serve_tool
from pydantic import JsonValue

from bench.connection import Api
from bench.flow import instructions
from bench.follow import FRAME
from bench.ground import Ground
from bench.measured import Findings, Measured, percentile
from bench.stack import OwnStack, own_stack
from cli.up.port import LOOPBACK, free_port
from shared.errors import Unavailable

CALLS = 100
STARTING_TRIES = 200
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
SETTINGS = {"PENSTOCK_EGRESS_ALLOW": LOOPBACK}
KINDS = {
    "http": ("lookup", '{"id":"7"}'),
    "nats": ("stock", '{"id":"7"}'),
    "mcp": ("book_read", '{"item":"7"}'),
}
"""What the model calls the tool of each kind, and with what."""
_SCHEMA: dict[str, JsonValue] = {
    "type": "object",
    "properties": {"id": {"type": "string"}},
    "required": ["id"],
}


async def measure(ground: Ground) -> Findings:
    """Through one worker, by each kind, and bare, in turn. Raises: Unavailable."""
    times: dict[str, list[list[float]]] = {kind: [] for kind in (*KINDS, "bare")}
    async with AsyncExitStack() as held:
        url = await held.enter_async_context(_by_http())
        mcp_url = await held.enter_async_context(_by_mcp())
        stack = await held.enter_async_context(own_stack(workers=1, settings=SETTINGS))
        await held.enter_async_context(_on_nats(stack))
        async with Penstock(stack.api.url, stack.api.token) as client:
            for definition in definitions_of(url, mcp_url):
                await client.tools.create(definition)
        pipelines = {kind: await stack.pipeline(kind, flow_of(kind)) for kind in KINDS}
        for number in range(1, ground.repeats + 1):
            ground.say(f"{CALLS} calls of a tool of each kind, {number} of {ground.repeats}")
            for kind, pipeline_id in pipelines.items():
                times[kind].append(await _through_worker(stack, pipeline_id))
            times["bare"].append(await _bare(url))
            await stack.settled()
    return Findings(
        measured=[
            Measured(
                row=19,
                what=f"one call of a tool, {kind if kind != 'bare' else 'a bare http call'}, p50",
                unit="ms",
                values=tuple(1000 * percentile(each, 50) for each in found),
            )
            for kind, found in times.items()
            if all(len(each) == CALLS for each in found)
        ],
        faults=[
            f"{len(each)} calls of kind {kind} succeeded, of {CALLS}"
            for kind, found in times.items()
            for each in found
            if len(each) != CALLS
        ],
    )


def definitions_of(url: str, mcp_url: str) -> list[Mapping[str, JsonValue]]:
    """One tool of each kind."""
    common: dict[str, JsonValue] = {"description": "Looks an item up.", "input_schema": _SCHEMA}
    http: dict[str, JsonValue] = {"method": "GET", "url": f"{url}/{{{{id}}}}"}
    return [
        {"name": "lookup", "kind": "http", "http": http, **common},
        {"name": "stock", "kind": "nats", **common},
        {
            "name": "book",
            "kind": "mcp",
            "description": "A book.",
            "mcp": {"url": mcp_url, "tools": ["read"]},
        },
    ]


def flow_of(kind: str) -> dict[str, object]:
    """An agent that calls its tool in so many turns."""
    called, given = KINDS[kind]
    says = f"tool={called} tool_turns={CALLS} tool_input='{given}' text=x rate=0"
    data = {
        "instructions": instructions(says),
        "tools": [called.partition("_")[0]],
        "max_turns": CALLS + 1,
    }
    return {"nodes": [{"id": "agent", "type": "agent", "data": data}], "edges": []}


async def _through_worker(stack: OwnStack, pipeline_id: str) -> list[float]:
    """Seconds of each call that succeeded."""
    [run] = await stack.start(pipeline_id, "go")
    connection = await stack.api.connect()
    stream: list[bytes] = []
    try:
        request = stack.api.get(f"/api/v1/runs/{run}/events")
        await connection.ask(request, stream.append, within_seconds=120)
    finally:
        connection.close()
    frames = FRAME.findall(b"".join(stream).decode())
    facts = {(kind, (fact := json.loads(data)).get("turn")): fact for _, kind, data in frames}
    return [
        (_at(fact) - _at(facts["step.turn", turn])).total_seconds()
        for (kind, turn), fact in facts.items()
        if kind == "tool.returned" and fact["outcome"] == "ok"
    ]


def _at(fact: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(fact["at"])


async def _bare(url: str) -> list[float]:
    """Seconds of each of as many calls, each by a connection of its own as a worker's is."""
    api, times = Api(url, ""), []
    for _ in range(CALLS):
        began = perf_counter()
        connection = await api.connect()
        await connection.ask(api.get("/7"))
        connection.close()
        times.append(perf_counter() - began)
    return times


@asynccontextmanager
async def _by_http() -> AsyncIterator[str]:
    """The address of a server that answers whatever it is asked."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ANSWER)
            await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@asynccontextmanager
async def _by_mcp() -> AsyncIterator[str]:
    """The URL of an MCP server with one tool."""
    server = MCPServer("book", log_level="ERROR")

    @server.tool(name="read")
    def read(item: str) -> str:
        """Reads the book."""
        return item

    port = free_port()
    app = server.streamable_http_app()
    web = uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=port, log_level="error"))
    serving = asyncio.create_task(web.serve())
    try:
        for _ in range(STARTING_TRIES):
            if web.started:
                break
            await asyncio.sleep(0.05)
        yield f"http://{LOOPBACK}:{port}/mcp"
    finally:
        web.should_exit = True
        await serving


@asynccontextmanager
async def _on_nats(stack: OwnStack) -> AsyncIterator[None]:
    """The tool of kind `nats`, as a program of a user serves it. Raises: Unavailable."""

    async def stock(call: ToolCall) -> str:
        return "ok"

    command = (sys.executable, "-P", "-m", "cli", "nats-user", "--workspace", "default", "--tools")
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PENSTOCK_STACK": str(stack.data / "stack.json")},
    )
    url, _ = await process.communicate()
    if process.returncode:
        raise Unavailable("expected a user on NATS for the tool, `penstock nats-user` made none")
    serving = asyncio.create_task(serve_tool(url.decode().strip(), "default", "stock", stock))
    try:
        yield
    finally:
        serving.cancel()
        await asyncio.wait({serving})
