"""`penstock nats-user` against a stack of `penstock up`."""

import asyncio
import json
import os
import subprocess
import sys
from functools import partial

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from penstock_client import ToolCall, serve_tool

from shared.log import connect
from shared.log.jetstream.tool_calls import ToolCalls
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.servers import flushed
from tests.stack import RunningStack, running_stack

FLOW = {
    "nodes": [{"id": "a", "type": "template", "data": {"template": "said"}}],
    "edges": [],
}


def made(stack: RunningStack, *arguments: str) -> str:
    """What the command prints: the address of the new user."""
    command = [sys.executable, "-m", "cli", "nats-user", *arguments]
    environment = {**os.environ, "PENSTOCK_STACK": str(stack.data / "stack.json")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


async def logged_in(url: str, refusals: list[str]) -> Client | None:
    async def refused(error: Exception) -> None:
        refusals.append(str(error).lower())

    try:
        return await nats.connect(url, allow_reconnect=False, error_cb=refused)
    except (OSError, nats.errors.Error):
        return None


def _names(refusals: list[str], subject: str) -> bool:
    return any(subject.lower() in each for each in refusals)


async def test_a_user_hears_its_workspace_works_off_its_consumer_and_does_nothing_else() -> None:
    with running_stack(workers=1) as stack:
        url = made(stack, "--workspace", "default", "--consumer", "mine")
        elsewhere = made(stack, "--workspace", "elsewhere")
        refusals: list[str] = []
        user = await eventually(lambda: logged_in(url, refusals))
        other = await eventually(lambda: logged_in(elsewhere, refusals))
        heard: list[str] = []
        overheard: list[str] = []

        async def hear(message: Msg) -> None:
            heard.append(message.subject)

        async def overhear(message: Msg) -> None:
            overheard.append(message.subject)

        await user.subscribe("live.default.>", cb=hear)
        await other.subscribe("live.elsewhere.>", cb=overhear)
        await flushed(user)
        await flushed(other)
        async with stack.client() as client:
            run = (await client.runs.create(flow=FLOW, input="x")).run_id
        ended = await user.jetstream().pull_subscribe("", "ext-mine", stream="RUNS")
        [message] = await ended.fetch(1, timeout=PATIENCE_SECONDS)
        await message.ack()
        assert json.loads(message.data)["run"] == run
        await eventually(lambda: f"live.default.{run}.finished" in heard)
        assert not overheard
        refusals.clear()
        for asked in ("$JS.API.STREAM.INFO.RUNS", "$JS.API.CONSUMER.CREATE.RUNS.ext-x.run.>"):
            await user.publish(asked, b"{}")
            await eventually(partial(_names, refusals, asked))
        await user.close()
        await other.close()


async def test_a_user_serves_the_tools_of_its_workspace_and_does_nothing_else() -> None:
    with running_stack(workers=1) as stack:
        url = made(stack, "--workspace", "default", "--tools")
        serving = asyncio.create_task(serve_tool(url, "default", "weather", weather))
        async with connect(stack.nats_url("agent-worker"), name="agent-worker") as log:
            answer = await eventually(partial(_answer, log.tools))
        assert json.loads(answer) == {"output": "sunny in Oslo"}
        refusals: list[str] = []
        user = await eventually(lambda: logged_in(url, refusals))
        for heard in ("tools.elsewhere.>", "live.default.>", "tool-answers.>", "_INBOX.>"):
            await user.subscribe(heard)
            await eventually(partial(_names, refusals, heard))
        for asked in ("tools.default.weather", "live.default.x", "tool-answers.elsewhere.x"):
            await user.publish(asked, b"{}")
            await eventually(partial(_names, refusals, asked))
        await user.close()
        serving.cancel()
        await asyncio.wait({serving})


def test_a_user_who_serves_tools_needs_a_workspace_that_is_there() -> None:
    with running_stack(workers=1) as stack, pytest.raises(subprocess.CalledProcessError) as refused:
        made(stack, "--workspace", "elsewhere", "--tools")
    assert "expected a workspace that is there, got elsewhere" in refused.value.stderr


async def weather(call: ToolCall) -> object:
    return f"sunny in {call.input['city']}"


async def _answer(tools: ToolCalls) -> bytes | None:
    call = json.dumps({"input": {"city": "Oslo"}}).encode()
    answer = await tools.ask("default", "weather", call, PATIENCE_SECONDS)
    return answer if isinstance(answer, bytes) else None


async def test_a_user_works_off_its_consumer_at_once() -> None:
    with running_stack(workers=1) as stack:
        url = made(stack, "--workspace", "default", "--consumer", "mine")
        user = await eventually(lambda: logged_in(url, []))
        stream = user.jetstream()
        await eventually(lambda: is_answered(stream))
        await user.close()


async def is_answered(stream: JetStreamContext) -> bool:
    """Whether the consumer is there for who asks."""
    try:
        await stream.pull_subscribe("", "ext-mine", stream="RUNS")
    except nats.js.errors.ServiceUnavailableError:
        return False
    return True
