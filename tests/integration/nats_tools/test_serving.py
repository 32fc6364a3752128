"""Programs that serve tools: who may, how they are stopped, and what becomes of their calls."""

from __future__ import annotations

import asyncio
import signal
from functools import partial
from pathlib import Path

import pytest
from penstock_client import (
    RejectedError,
    ToolBounds,
    ToolCall,
    ToolError,
    UnavailableError,
    serve_tool,
)

from cli.nats_user import is_let_in
from shared.tools import NatsTool
from tests.architecture.source import ROOT
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.nats_tools.tool_world import ACME, GLOBEX, ToolWorld, let_in, program, tool

LONG = tool(timeout_seconds=3600)
# It says by a file that a call came, and answers once there is another.
WAITING = """
import asyncio, os, pathlib
from penstock_client import serve_tool

async def wait(call):
    pathlib.Path(call.input["name"]).touch()
    while not pathlib.Path("go").exists():
        await asyncio.sleep(0.02)
    return "done"

async def main():
    url = os.environ["NATS_URL"]
    await asyncio.gather(*(serve_tool(url, "acme", name, wait) for name in ("weather", "news")))
    pathlib.Path("ended").touch()

asyncio.run(main())
"""


async def echo(call: ToolCall) -> object:
    return dict(call.input)


async def test_a_user_serves_its_own_workspace_only(world: ToolWorld) -> None:
    with pytest.raises(RejectedError) as refused:
        await serve_tool(world.url(GLOBEX), ACME, "weather", echo)
    assert refused.value.code == "not_allowed"
    assert "expected a user that may serve tools.acme.weather, got nats: permissions" in str(
        refused.value
    )


async def test_who_is_not_let_in_is_told_so(world: ToolWorld) -> None:
    wrong = world.url(ACME).replace("p-acme", "p-none")
    with pytest.raises(
        UnavailableError, match="expected a NATS server that lets the user in"
    ) as refused:
        await serve_tool(wrong, ACME, "weather", echo)
    assert refused.value.code == "nats_unavailable"


async def test_a_server_that_is_not_there_is_said(world: ToolWorld) -> None:
    world.server.stop()
    with pytest.raises(UnavailableError, match="expected a NATS server that lets the user in"):
        await serve_tool(world.url(ACME), ACME, "weather", echo)


@pytest.mark.parametrize(
    ("workspace", "name"),
    [("a.b", "x"), ("*", "x"), ("", "x"), ("acme", "a.b"), ("acme", ">"), ("acme", "")],
)
async def test_a_name_that_is_none_is_refused(workspace: str, name: str) -> None:
    with pytest.raises(RejectedError, match="expected the name of a") as refused:
        await serve_tool("nats://127.0.0.1:1", workspace, name, echo)
    assert refused.value.code == "bad_name"


@pytest.mark.parametrize(
    ("code", "message"), [("Not Found", "x"), ("", "x"), ("a\n", "x"), ("not_found", " ")]
)
def test_an_error_without_code_or_message_is_refused(code: str, message: str) -> None:
    with pytest.raises(ValueError, match="expected a code of a-z, 0-9 and _"):
        ToolError(code, message)


async def test_a_user_that_is_taken_away_ends_the_program(world: ToolWorld) -> None:
    async with world.serving(echo) as serving:
        let_in(world.server, GLOBEX)
        assert world.server.process is not None
        world.server.process.send_signal(signal.SIGHUP)
        await asyncio.wait_for(asyncio.wait([serving]), PATIENCE_SECONDS)
        with pytest.raises(UnavailableError, match="no longer lets the user in"):
            await serving


async def test_an_answer_survives_that_nats_is_killed(world: ToolWorld) -> None:
    came, go_on = asyncio.Event(), asyncio.Event()

    async def waits(call: ToolCall) -> object:
        if call.input:
            came.set()
            await go_on.wait()
        return dict(call.input)

    async def is_back() -> bool:
        return (await world.call(tool(timeout_seconds=10), {})).outcome == "ok"

    async with world.serving(waits):
        calling = asyncio.create_task(world.call(LONG, {"city": "Oslo"}))
        await asyncio.wait_for(came.wait(), PATIENCE_SECONDS)
        world.server.stop(signal.SIGKILL)
        world.server.start()
        await eventually(is_back)
        go_on.set()
        assert (await calling).output == '{"city":"Oslo"}'


async def test_a_program_that_is_killed_leaves_its_call_without_an_answer(
    world: ToolWorld, tmp_path: Path
) -> None:
    async with program(WAITING, world.url(ACME), tmp_path) as running:
        calling = asyncio.create_task(world.call(tool(timeout_seconds=6), {"name": "came"}))
        await eventually((tmp_path / "came").exists)
        running.kill()
        await running.wait()
        result = await calling
        assert result.error is not None
        assert result.error.code == "tool_timeout"
    result = await world.call(tool(timeout_seconds=1), {})
    assert result.error is not None
    assert result.error.code == "tool_not_served"


async def test_sigterm_lets_calls_be_answered_and_takes_no_more(
    world: ToolWorld, tmp_path: Path
) -> None:
    async with program(WAITING, world.url(ACME), tmp_path) as running:
        names = ("weather", "news")
        calls = [asyncio.create_task(world.call(_long(name), {"name": name})) for name in names]
        await eventually(lambda: all((tmp_path / name).exists() for name in names))
        running.send_signal(signal.SIGTERM)
        for name in names:
            await eventually(partial(_is_not_served, world, name))
        (tmp_path / "go").touch()
        assert [(await call).output for call in calls] == ["done", "done"]
        assert await running.wait() == 0
        assert (tmp_path / "ended").exists()


async def test_who_takes_too_long_to_stop_tells_its_callers(world: ToolWorld) -> None:
    came = asyncio.Event()

    async def never(_: ToolCall) -> object:
        came.set()
        return await asyncio.Event().wait()

    async with world.serving(never, bounds=ToolBounds(drain_seconds=0)) as serving:
        calling = asyncio.create_task(world.call(LONG, {}))
        await asyncio.wait_for(came.wait(), PATIENCE_SECONDS)
        serving.cancel()
        result = await calling
    assert result.error is not None
    assert result.error.code == "tool_stopped"
    assert "may have been done" in result.output


async def test_who_is_cancelled_again_while_it_closes_leaves_no_connection(
    world: ToolWorld,
) -> None:
    before = asyncio.all_tasks()
    async with world.serving(echo) as serving:
        while not serving.done():
            serving.cancel()
            await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_calls_wait_their_turn_and_what_is_too_many_is_refused(world: ToolWorld) -> None:
    at_once: list[int] = []
    running, go_on = 0, asyncio.Event()

    async def counts(_: ToolCall) -> object:
        nonlocal running
        running += 1
        at_once.append(running)
        await go_on.wait()
        running -= 1
        return "done"

    async with world.serving(counts, bounds=ToolBounds(at_once=2, most_waiting=3)):
        calls = [asyncio.create_task(world.call(LONG, {})) for _ in range(9)]
        await eventually(lambda: sum(call.done() for call in calls) == 4)
        go_on.set()
        results = [await call for call in calls]
    codes = [each.error.code if each.error else each.output for each in results]
    assert sorted(codes) == ["busy"] * 4 + ["done"] * 5
    assert max(at_once) == 2


async def test_a_call_whose_time_is_over_before_its_turn_is_not_carried_out(
    world: ToolWorld,
) -> None:
    begun: list[object] = []
    go_on = asyncio.Event()

    async def notes(call: ToolCall) -> object:
        begun.append(call.input["name"])
        await go_on.wait()
        return "done"

    async with world.serving(notes, bounds=ToolBounds(at_once=1)):
        first = asyncio.create_task(world.call(LONG, {"name": "first"}))
        await eventually(lambda: begun)
        late = await world.call(tool(timeout_seconds=1), {"name": "late"})
        assert late.error is not None
        assert late.error.code == "tool_timeout"
        # It arrived a little after it was asked: its time is over there a little later, too.
        loop = asyncio.get_running_loop()
        over = loop.time() + 1
        await eventually(lambda: loop.time() > over)
        go_on.set()
        assert (await first).output == "done"
        assert (await world.call(LONG, {"name": "last"})).output == "done"
    assert begun == ["first", "last"]


async def test_the_example_serves_its_tool(world: ToolWorld, tmp_path: Path) -> None:
    url = await user_of_default(world)
    async with program(ROOT / "examples" / "tool.py", url, tmp_path) as running:
        found = await eventually(lambda: _served(world, {"city": "Oslo"}))
        assert found == '{"city":"Oslo","celsius":4}'
        unknown = await world.call(tool(), {"city": "X"}, "default")
        assert unknown.error is not None
        assert unknown.error.code == "not_found"
        assert unknown.output == "expected one of Oslo, Rome, got X"
        running.send_signal(signal.SIGTERM)
        assert await running.wait() == 0


async def user_of_default(world: ToolWorld) -> str:
    """The address of the user of the workspace `default`, whose tool the example serves."""
    let_in(world.server, ACME, "default")
    assert world.server.process is not None
    world.server.process.send_signal(signal.SIGHUP)
    await eventually(partial(is_let_in, world.url("default")))
    world.server.process.send_signal(signal.SIGHUP)  # a new account needs both
    return world.url("default")


async def _served(world: ToolWorld, arguments: dict[str, str]) -> str | None:
    result = await world.call(tool(timeout_seconds=1), arguments, "default")
    return result.output if result.outcome == "ok" else None


async def _is_not_served(world: ToolWorld, name: str) -> bool:
    result = await world.call(tool(name, timeout_seconds=1), {"name": "late"})
    return result.error is not None and result.error.code == "tool_not_served"


def _long(name: str) -> NatsTool:
    return tool(name, timeout_seconds=3600)
