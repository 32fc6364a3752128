"""A worker's call of a tool that a program of a user serves, with the rights of both."""

from __future__ import annotations

import asyncio
from collections import Counter

import nats
import pytest
from nats.aio.msg import Msg
from penstock_client import ToolBounds, ToolCall, ToolError
from penstock_client.tool_calls import Handler

from services.agent_worker.tools.nats import call_nats_tool
from services.agent_worker.tools.occasion import Occasion
from shared.flow.json_value import JSON
from shared.log.memory import MemoryLog
from shared.log.memory.tool_calls import ToolCalls
from shared.log.tool_calls import Unanswered
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.nats_tools.tool_world import ACME, GLOBEX, KEY, ToolWorld, tool
from tests.servers import flushed

MIB = 1 << 20


async def echo(call: ToolCall) -> object:
    return dict(call.input)


async def test_a_call_is_answered(world: ToolWorld) -> None:
    heard: list[ToolCall] = []

    async def weather(call: ToolCall) -> object:
        heard.append(call)
        return {"city": call.input["city"], "celsius": 21}

    async with world.serving(weather):
        result = await world.call(tool(timeout_seconds=40), {"city": "Århus"})
    assert (result.outcome, result.output) == ("ok", '{"city":"Århus","celsius":21}')
    assert result.seconds > 0
    assert heard == [
        ToolCall(
            input={"city": "Århus"},
            tool="weather",
            idempotency_key=KEY,
            run="run-1",
            node="a",
            attempt=1,
            timeout_seconds=40,
        )
    ]


async def test_a_text_is_told_as_it_is_and_all_else_as_json(world: ToolWorld) -> None:
    async def what(call: ToolCall) -> object:
        return call.input["what"]

    async with world.serving(what):
        said: dict[JSON, str] = {"sunny": "sunny", "": "", None: "null", 1.5: "1.5", False: "false"}
        for told, output in said.items():
            result = await world.call(tool(), {"what": told})
            assert (result.outcome, result.output) == ("ok", output)


async def test_what_goes_wrong_in_the_program_is_told_with_a_code(world: ToolWorld) -> None:
    async def fails(call: ToolCall) -> object:
        match call.input["how"]:
            case "said":
                raise ToolError("not_found", "no such city")
            case "raised":
                raise RuntimeError("the password is 1234")
            case "no json":
                return object()
            case "nan":
                return float("nan")
            case how:
                raise ToolError("Not Found", str(how))

    async with world.serving(fails):
        for how, code, message in (
            ("said", "not_found", "no such city"),
            ("raised", "tool_error", "the tool failed: RuntimeError"),
            ("no json", "bad_output", "expected an output in JSON from the tool, got none"),
            ("nan", "bad_output", "expected an output in JSON from the tool, got none"),
            ("no code", "tool_error", "the tool failed: ValueError"),
        ):
            result = await world.call(tool(), {"how": how})
            assert result.error is not None
            assert (result.outcome, result.error.code) == ("error", code)
            assert result.output == message


async def test_a_tool_that_nobody_serves(world: ToolWorld) -> None:
    async with world.serving(echo, workspace=GLOBEX), world.serving(echo, name="news"):
        result = await world.call(tool(timeout_seconds=1), {})
    assert result.error is not None
    assert result.error.code == "tool_not_served"
    assert result.output == "expected a program that serves the tool weather, found none"


async def test_a_program_that_comes_back_soon_is_waited_for() -> None:
    twin = MemoryLog().tools

    class Late(ToolCalls):
        async def ask(
            self, workspace: str, name: str, call: bytes, seconds: float
        ) -> bytes | Unanswered:
            """The program is there from the second time on."""
            if asked.update(["calls"]) or asked["calls"] == 1:
                return await twin.ask(workspace, name, call, seconds)
            with twin.serving(workspace, name, sunny):
                return await twin.ask(workspace, name, call, seconds)

    async def sunny(_: bytes) -> bytes:
        return b'{"output": "sunny"}'

    asked: Counter[str] = Counter()
    occasion = Occasion(workspace=ACME, run="r", node="a", attempt=1, idempotency_key=KEY)
    calls = Late(MemoryLog().clock)
    result = await call_nats_tool(tool(), {}, calls=calls, occasion=occasion)
    assert (result.output, asked["calls"]) == ("sunny", 2)


async def test_a_call_that_is_not_answered_in_time(world: ToolWorld) -> None:
    async def never(_: ToolCall) -> object:
        return await asyncio.Event().wait()

    async with world.serving(never, bounds=ToolBounds(drain_seconds=0)):
        result = await world.call(tool(timeout_seconds=1), {})
    assert result.error is not None
    assert result.error.code == "tool_timeout"
    assert result.output == "expected an answer within 1 s, got none: it may have been done"
    assert result.seconds >= 1


@pytest.mark.parametrize(
    ("size", "largest", "code", "found"),
    [
        (MIB // 2, MIB, "", ""),
        (2 * MIB, 4 * MIB, "", ""),
        (2 * MIB, MIB, "answer_too_large", "at most 1,048,576 bytes, got 2,097,165"),
        (9 * MIB, 4 * MIB, "answer_too_large", "at most 8,388,608 bytes, got 9,437,197"),
    ],
)
async def test_a_large_answer(
    world: ToolWorld, size: int, largest: int, code: str, found: str
) -> None:
    async def much(_: ToolCall) -> object:
        return "x" * size

    async with world.serving(much):
        result = await world.call(tool(largest_bytes=largest), {})
    assert (result.error.code if result.error else "") == code
    assert found in result.output
    assert result.cut == (code == "" and size > MIB)
    assert len(result.output) < MIB + 100


async def test_arguments_that_no_message_holds(world: ToolWorld) -> None:
    async with world.serving(echo):
        result = await world.call(tool(), {"text": "x" * 9 * MIB})
        assert result.error is not None
        assert result.error.code == "bad_argument"
        assert "fit into a message of NATS" in result.output
        surrogate = await world.call(tool(), {"text": "\ud800"})
        assert surrogate.error is not None
        assert surrogate.error.code == "bad_argument"


@pytest.mark.parametrize(
    ("answer", "code"), [(b"sunny", "not_json"), (b"", "not_json"), (b"{}", "bad_answer")]
)
async def test_a_program_that_answers_something_else(
    world: ToolWorld, answer: bytes, code: str
) -> None:
    async def on_call(message: Msg) -> None:
        await message.respond(answer)

    client = await nats.connect(world.url(ACME))
    await client.subscribe("tools.acme.weather", cb=on_call)
    await flushed(client)
    result = await world.call(tool(), {})
    assert result.error is not None
    assert result.error.code == code
    await client.close()


async def test_many_calls_at_once(world: ToolWorld) -> None:
    async with world.serving(echo):
        calls = [world.call(tool(), {"number": number}) for number in range(500)]
        results = await asyncio.gather(*calls)
    assert [each.output for each in results] == [f'{{"number":{n}}}' for n in range(500)]


async def test_two_programs_share_the_calls_of_a_tool(world: ToolWorld) -> None:
    done: Counter[str] = Counter()
    keys: list[object] = []

    def named(name: str) -> Handler:
        async def handler(call: ToolCall) -> object:
            done[name] += 1
            keys.append(call.input["number"])
            return name

        return handler

    async def called() -> bool:
        results = [await world.call(tool(), {"number": len(keys)}) for _ in range(20)]
        assert all(each.outcome == "ok" for each in results)
        return done["a"] > 0 and done["b"] > 0

    async with world.serving(named("a")), world.serving(named("b")):
        await eventually(called)
    assert keys == list(range(done.total()))


async def test_a_call_that_is_cancelled_leaves_the_tool_as_it_was(world: ToolWorld) -> None:
    came, go_on = asyncio.Event(), asyncio.Event()

    async def waits(call: ToolCall) -> object:
        came.set()
        await go_on.wait()
        return "done"

    async with world.serving(waits):
        calling = asyncio.create_task(world.call(tool(timeout_seconds=3600), {}))
        await asyncio.wait_for(came.wait(), PATIENCE_SECONDS)
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        go_on.set()
        assert (await world.call(tool(), {})).output == "done"


async def test_the_workers_connection_is_away(world: ToolWorld) -> None:
    async def is_told() -> bool:
        result = await world.call(tool(timeout_seconds=1), {})
        return result.error is not None and result.error.code == "nats_unavailable"

    world.server.stop()
    await eventually(is_told)
    world.server.start()
