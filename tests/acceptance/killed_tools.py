"""Tools called while their worker is killed: `python -m tests.acceptance.killed_tools [KILLS]`

Three calls in each of six turns: by HTTP, on NATS, and of an MCP server. The worker is killed at
random moments, never a third time without a fact of progress between. What was done is told by the
tools' own logs, what was recorded by the log, what was read by a client that watched from the
beginning. Prints what it saw; raises AssertionError where a call that returned was made twice, one
that may not be repeated was made again, or the reader's text is another than the answer.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from time import perf_counter, time
from typing import Any

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from penstock_client import Penstock, ToolCall, serve_tool
from penstock_client.view import RunView
from rich.console import Console
from rich.table import Table

from cli.up.port import LOOPBACK, free_port
from services.agent_worker.kinds.calling import MOST_LOST, TOOL_LOST
from shared.log import Log, connect
from shared.log.port import Entry
from shared.log.subjects import StepRest, step_rest, tool_rest
from shared.run import facts as f
from tests.eventually import eventually
from tests.operation.test_nats_user import made
from tests.outside import OutsideServer, Received, text
from tests.stack import RunningStack, running_stack

KILLS = 20
TURNS = 6
WORKER = "agent-worker-1"
ENVIRONMENT = {"PENSTOCK_EGRESS_ALLOW": "127.0.0.1"}
NAMES = {"order": "order", "stock": "stock", "book": "book_write"}
"""What the workspace calls its tools, and what the model does."""
MAY_REPEAT = "stock"
MCP_KEY = "penstock/idempotency_key"


@dataclass
class Shop:
    """Tools of whichever kind; each call by its key: when it began, and when it was answered."""

    chance: Random
    begun: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    answered: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    async def serve(self, key: str) -> str:
        """A call takes a moment; its answer tells the how-manieth it is of its key."""
        self.begun[key].append(time())
        done = asyncio.Event()
        asyncio.get_running_loop().call_later(self.chance.uniform(0.05, 0.8), done.set)
        await done.wait()
        self.answered[key].append(time())
        return f"{key} answered {len(self.answered[key])}"

    async def respond(self, request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(text(await self.serve(request.headers["idempotency-key"])))


@dataclass
class Report:
    """What was seen."""

    seconds: float
    kills: int
    executions: int
    returned: list[f.ToolReturned]
    called: list[f.ToolCalled]
    output: str
    read: str


FLOW: dict[str, Any] = {
    "nodes": [
        {
            "id": "a",
            "type": "agent",
            "data": {
                "instructions": f"Go. [[sim: tool={','.join(NAMES.values())} tool_turns={TURNS} "
                'tool_input=\'{"text":"seven"}\' rate=40/s]]',
                "tools": [*NAMES],
                "retry": {"max_attempts": 1},
            },
        }
    ],
    "edges": [],
}
"""An agent that calls each of its tools in each of its turns."""


def definitions_of(http_url: str, mcp_url: str) -> list[dict[str, Any]]:
    """One tool of each kind: two that may not be called twice, one that may."""
    schema = {"type": "object", "properties": {"text": {"type": "string"}}}
    common = {"description": "Does something.", "input_schema": schema}
    http = {"method": "POST", "url": http_url}
    return [
        {"name": "order", "kind": "http", "http": http, **common},
        {"name": "stock", "kind": "nats", "policy": {"idempotent": True}, **common},
        {
            "name": "book",
            "kind": "mcp",
            "description": "A book.",
            "mcp": {"url": mcp_url, "tools": ["write"]},
        },
    ]


@asynccontextmanager
async def served_by_mcp(shop: Shop) -> AsyncIterator[str]:
    """The URL of an MCP server with one tool."""
    server = MCPServer("book")

    @server.tool()
    async def write(text: str, context: Context) -> str:
        """Writes into the book."""
        meta: Mapping[str, object] = {**(context.request_context.meta or {})}
        return await shop.serve(str(meta[MCP_KEY]))

    port = free_port()
    app = server.streamable_http_app()
    web = uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=port, log_level="error"))
    serving = asyncio.create_task(web.serve())
    await eventually(lambda: web.started)
    try:
        yield f"http://{LOOPBACK}:{port}/mcp"
    finally:
        web.should_exit = True
        await serving


@asynccontextmanager
async def served_on_nats(stack: RunningStack, shop: Shop) -> AsyncIterator[None]:
    """The tool of kind `nats`, as a program of a user serves it."""

    async def stock(call: ToolCall) -> str:
        return await shop.serve(call.idempotency_key)

    url = made(stack, "--workspace", "default", "--tools")
    serving = asyncio.create_task(serve_tool(url, "default", "stock", stock))
    try:
        yield
    finally:
        serving.cancel()
        await asyncio.wait({serving})


async def killed(kills: int, seed: int) -> tuple[Report, Shop]:
    """The run, once it is over."""
    shop = Shop(Random(seed))
    with running_stack(workers=1, environment=ENVIRONMENT) as stack:
        async with AsyncExitStack() as held:
            server = await held.enter_async_context(OutsideServer(shop.respond))
            mcp_url = await held.enter_async_context(served_by_mcp(shop))
            await held.enter_async_context(served_on_nats(stack, shop))
            client = await held.enter_async_context(stack.client())
            log = await held.enter_async_context(connect(stack.nats_url("api"), name="api"))
            for definition in definitions_of(server.url("/order"), mcp_url):
                await client.tools.create(definition)
            began_at = perf_counter()
            run = (await client.runs.create(flow=FLOW)).run_id
            reading = asyncio.create_task(read(client, run))
            killer = Killer(stack, log, run, Random(seed))
            await killer.kill(kills)
            view = await reading
            seconds = perf_counter() - began_at
            entries = (await log.history("default", run)).entries
    return report_of(entries, view, killer.kills, seconds), shop


async def read(client: Penstock, run: str) -> RunView:
    """What a reader from the beginning sees in the end."""
    async for _, view in client.runs.watch(run):
        shown = view
    return shown


class Killer:
    """Kills the worker of a run, told by the log when."""

    def __init__(self, stack: RunningStack, log: Log, run: str, chance: Random) -> None:
        self.kills = 0
        self._stack = stack
        self._log = log
        self._run = run
        self._chance = chance

    async def kill(self, times: int) -> None:
        """So many times, or until the run is over."""
        without_progress = 0
        while self.kills < times:
            _, progress, _ = await self._state()
            more = self._chance.choice((0, 0, 0, 1, 1, 2)) if without_progress < 2 else 1
            target = progress + more

            async def reached(target: int = target, known: int = self.kills) -> bool:
                started, progress, is_over = await self._state()
                return is_over or (progress >= target and started > known)

            await eventually(reached, every=self._chance.uniform(0.005, 0.05))
            _, now, is_over = await self._state()
            if is_over:
                return
            without_progress = 0 if now > progress else without_progress + 1
            await self._stack.kill(WORKER)
            self.kills += 1

    async def _state(self) -> tuple[int, int, bool]:
        """Executions begun, facts of progress, and whether the run is over."""
        entries = (await self._log.history("default", self._run)).entries
        rests = [step_rest(entry.rest) for entry in entries]
        words = [rest.word for rest in rests if isinstance(rest, StepRest)]
        tooling = sum(tool_rest(entry.rest) is not None for entry in entries)
        return words.count("started"), words.count("turn") + tooling, "finished" in words


def report_of(entries: Sequence[Entry], view: RunView, kills: int, seconds: float) -> Report:
    facts = [entry.recorded().fact for entry in entries]
    [done] = [fact for fact in facts if isinstance(fact, f.StepCompleted)]
    assert isinstance(done.output, str)
    [step] = view.ordered_steps()
    return Report(
        seconds=seconds,
        kills=kills,
        executions=sum(isinstance(fact, f.StepStarted) for fact in facts),
        returned=[fact for fact in facts if isinstance(fact, f.ToolReturned)],
        called=[fact for fact in facts if isinstance(fact, f.ToolCalled)],
        output=done.output,
        read=step.text,
    )


def judge(report: Report, shop: Shop) -> None:
    """Raises: AssertionError."""
    places = sorted((fact.turn, fact.index) for fact in report.returned)
    assert places == [(k, i) for k in range(1, TURNS + 1) for i in range(len(NAMES))], places
    for fact in report.returned:
        key = f"{fact.run}.{fact.step}.{fact.attempt}.{fact.turn}.{fact.index}"
        made = len(shop.begun[key])
        if fact.tool != MAY_REPEAT:
            assert made <= 1, f"{key} was made {made} times"
        if fact.outcome == "ok":
            assert made, f"{key} returned, and was not made"
            assert str(fact.output).startswith(f"{key} answered"), fact
        elif fact.outcome == "unknown":
            assert fact.tool != MAY_REPEAT, fact
        else:
            begun = [(each.turn, each.index) for each in report.called]
            assert fact.error is not None
            assert fact.error.code == TOOL_LOST, fact
            assert begun.count((fact.turn, fact.index)) >= MOST_LOST, fact
    assert report.read == report.output


def shown(report: Report, shop: Shop) -> Table:
    """What was seen, as a table."""
    table = Table("what", "seen", title="Calls of tools while workers are killed")
    made = [len(times) for times in shop.begun.values()]
    outcomes = [fact.outcome for fact in report.returned]
    rows = {
        "seconds": f"{report.seconds:.0f}",
        "kills": report.kills,
        "executions": report.executions,
        "calls begun / returned": f"{len(report.called)} / {len(report.returned)}",
        "ok / unknown / error": " / ".join(
            str(outcomes.count(each)) for each in ("ok", "unknown", "error")
        ),
        "made once / twice / more": f"{made.count(1)} / {made.count(2)} / "
        f"{sum(times > 2 for times in made)}",
        "reader's text is the answer": report.read == report.output,
    }
    for what, seen in rows.items():
        table.add_row(what, str(seen))
    return table


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    report, shop = asyncio.run(killed(kills, seed))
    Console().print(shown(report, shop))
    judge(report, shop)


if __name__ == "__main__":
    main()
