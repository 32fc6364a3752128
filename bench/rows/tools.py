"""Row 19: one call of a tool, from the turn that asks for it to its result, beside a bare call.

The tool answers at once, on loopback, to one call after the other of one agent. What is told is by
the clocks of facts: the turn's own append, checking the arguments in their process, `tool.called`,
and the call.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from time import perf_counter

from bench.connection import Api
from bench.flow import instructions
from bench.follow import FRAME
from bench.ground import Ground
from bench.measured import Findings, Measured, percentile
from bench.stack import OwnStack, own_stack

CALLS = 100
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
SETTINGS = {"PENSTOCK_EGRESS_ALLOW": "127.0.0.1"}
_SCHEMA = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}


async def measure(ground: Ground) -> Findings:
    """Through one worker, and bare, in turn. Raises: Unavailable."""
    called: list[list[float]] = []
    bare: list[list[float]] = []
    async with _serving() as url, own_stack(workers=1, settings=SETTINGS) as stack:
        pipeline_id = await stack.pipeline("tools", flow_of(url))
        for number in range(1, ground.repeats + 1):
            ground.say(f"{CALLS} calls of a tool, {number} of {ground.repeats}")
            called.append(await _through_worker(stack, pipeline_id))
            bare.append(await _bare(url))
            await stack.settled()
    return Findings(
        measured=[
            Measured(
                row=19,
                what=f"one call of an http tool, {how}, p50",
                unit="ms",
                values=tuple(1000 * percentile(each, 50) for each in times),
            )
            for how, times in (("by a worker", called), ("bare", bare))
        ],
        faults=[f"{len(each)} calls came of {CALLS}" for each in called if len(each) != CALLS],
    )


def flow_of(url: str) -> dict[str, object]:
    """An agent that calls its tool in so many turns."""
    tool = {
        "name": "lookup",
        "description": "Looks an item up.",
        "kind": "http",
        "input_schema": _SCHEMA,
        "http": {"method": "GET", "url": f"{url}/{{{{id}}}}"},
    }
    says = f'tool=lookup tool_turns={CALLS} tool_input=\'{{"id":"7"}}\' text=x rate=0'
    data = {"instructions": instructions(says), "tools": [tool], "max_turns": CALLS + 1}
    return {"nodes": [{"id": "agent", "type": "agent", "data": data}], "edges": []}


async def _through_worker(stack: OwnStack, pipeline_id: str) -> list[float]:
    """Seconds of each call."""
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
        (_at(facts["tool.returned", turn]) - _at(facts["step.turn", turn])).total_seconds()
        for kind, turn in facts
        if kind == "tool.returned"
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
async def _serving() -> AsyncIterator[str]:
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
