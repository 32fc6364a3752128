"""The examples in Node that listen on NATS, and serve a tool there, as users of one workspace."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from shared.log import connect
from shared.log.jetstream.tool_calls import ToolCalls
from tests.architecture.source import ROOT
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.generated.test_clients import NODE, NPM, ran
from tests.stack import RunningStack

GREETING = {"id": "greet", "type": "template", "data": {"template": "Hello, {{input}}!"}}
SAYING = {"id": "say", "type": "agent", "data": {"instructions": "Say. [[sim: words=20]]"}}
FLOW = {"nodes": [GREETING, SAYING], "edges": []}


async def test_the_node_example_hears_the_runs_of_its_workspace(
    stack: RunningStack, tmp_path: Path
) -> None:
    folder = install_example(tmp_path)
    async with listening(folder, user_of(stack, "default")) as lines:
        await eventually(partial(hears_of_a_run, stack, lines))
        run = await start_run(stack)
        heard = await lines_of(lines, run)
    types = [line.split()[1] for line in heard]
    assert (types[0], types[-1]) == ("run.requested", "run.completed")
    assert {"step.started", "step.delta", "step.completed"} <= {*types}
    async with stack.client() as client:
        said = await client.runs.output(run, 1)
    words = [line.split(" ", 3)[3] for line in heard if line.split()[1] == "step.delta"]
    assert "".join(words) == said


async def test_a_user_of_another_workspace_is_told_that_it_may_not(
    stack: RunningStack, tmp_path: Path
) -> None:
    folder = install_example(tmp_path)
    environment = {**os.environ, "NATS_URL": user_of(stack, "elsewhere")}
    done = await asyncio.to_thread(
        subprocess.run,
        [str(NODE), "watch_live.mjs"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 1
    assert 'Permissions Violation for Subscription to "live.default.>"' in done.stderr


async def test_the_node_example_serves_its_tool(stack: RunningStack, tmp_path: Path) -> None:
    folder = install_example(tmp_path)
    environment = {**os.environ, "NATS_URL": user_of(stack, "default", "--tools")}
    process = await asyncio.create_subprocess_exec(
        str(NODE), "tool.mjs", cwd=folder, env=environment
    )
    try:
        async with connect(stack.nats_url("agent-worker"), name="agent-worker") as log:
            found = await eventually(partial(answer_of_tool, log.tools, "Oslo"))
            assert found == {"output": {"city": "Oslo", "celsius": 4}}
            unknown = await eventually(partial(answer_of_tool, log.tools, "toString"))
            assert unknown["error"]["code"] == "not_found"
        process.terminate()
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def answer_of_tool(tools: ToolCalls, city: str) -> dict[str, Any] | None:
    """What is answered to a call of the example's tool, once somebody is there."""
    call = json.dumps({"input": {"city": city}}).encode()
    answer = await tools.ask("default", "weather", call, PATIENCE_SECONDS)
    return json.loads(answer) if isinstance(answer, bytes) else None


def install_example(folder: Path) -> Path:
    """The example with what it needs, as its lock says."""
    own = folder / "node"
    shutil.copytree(ROOT / "examples" / "node", own)
    ran([*NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], own)
    return own


def user_of(stack: RunningStack, workspace: str, *more: str) -> str:
    """The address of a new user for the workspace."""
    command = [sys.executable, "-m", "cli", "nats-user", "--workspace", workspace, *more]
    environment = {**os.environ, "PENSTOCK_STACK": str(stack.data / "stack.json")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@asynccontextmanager
async def listening(folder: Path, url: str) -> AsyncIterator[list[str]]:
    """The lines that the example has printed so far."""
    process = await asyncio.create_subprocess_exec(
        str(NODE),
        "watch_live.mjs",
        cwd=folder,
        env={**os.environ, "NATS_URL": url},
        stdout=asyncio.subprocess.PIPE,
    )
    lines: list[str] = []

    async def gather() -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            lines.append(line.decode().rstrip("\n"))

    reading = asyncio.create_task(gather())
    try:
        yield lines
    finally:
        process.kill()
        await process.wait()
        await reading


async def start_run(stack: RunningStack) -> str:
    async with stack.client() as client:
        accepted = await client.runs.create(flow=FLOW, input="Ada", wait=PATIENCE_SECONDS)
    return accepted.run_id


async def hears_of_a_run(stack: RunningStack, lines: list[str]) -> bool:
    await start_run(stack)
    return bool(lines)


async def lines_of(lines: list[str], run: str) -> list[str]:
    """All that was heard of a run, once its end was."""

    def heard() -> list[str] | None:
        own = [line for line in lines if line.startswith(run)]
        return own if own and own[-1].split()[1] == "run.completed" else None

    return await eventually(heard)
