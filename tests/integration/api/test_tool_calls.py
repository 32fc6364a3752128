"""The calls of an agent's tools, as every reader of the api is told them: live, late and past."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import nats
import pytest
from nats.aio.msg import Msg
from penstock_client.event import Event
from penstock_client.sse import Frame
from penstock_client.view import RunView, fold

from shared.log import Log
from shared.run.content import ToolFault
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.api.story import AGENTS, Service, Story
from tests.integration.api.test_events import is_watched, read
from tests.integration.api.test_past import forget, is_listed
from tests.integration.api.test_seeds_stream import bodies
from tests.integration.api.test_seeds_stream import read as read_updates
from tests.integration.projector.test_deletions import found
from tests.servers import flushed

REPORT = "line of a long report\n" * 400
FAULT = ToolFault(code="http_status", message="expected a status from 200 to 299, got 404")
TOOLS = ["tool.called", "tool.called", "tool.called", "tool.returned", "tool.returned"]


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def lookups(story: Story) -> None:
    """An agent is at it: two calls side by side, one of them lost and made once more."""
    await story.begin()
    await story.start(0, "draft")
    await story.say(0, "draft", 0, "Let me look.")
    await story.turn(0, "draft", "[]")
    await story.call(0, "draft", '{"id": "7"}')
    await story.call(0, "draft", await story.put(REPORT), index=1, call_id="d")
    await story.start(0, "draft", execution=2)
    await story.call(0, "draft", await story.put(REPORT), index=1, call_id="d", execution=2)
    await story.answer(0, "draft", await story.put(REPORT), index=1, call_id="d", execution=2)
    await story.answer(0, "draft", "none", outcome="error", error=FAULT, execution=2)


async def the_rest(story: Story) -> None:
    await story.complete(0, "draft", "Let me look.\n\nIt is red.")
    await story.start(1, "final")
    await story.complete(1, "final", "x")
    await story.end("x")


def view_of(frames: list[Frame]) -> RunView:
    told = [each for each in frames if each.event != "end"]
    return fold(Event(int(each.id), each.event, json.loads(each.data)) for each in told)


def shown(view: RunView) -> list[tuple[object, ...]]:
    return [
        (call.turn, call.index, call.tool, call.times, call.outcome, call.output)
        for call in view.steps[0].calls
    ]


async def test_calls_are_told_live_once_in_order_and_resumed_at_each(
    service: Service, log: Log
) -> None:
    run = await service.run(flow=AGENTS)
    reading = asyncio.create_task(read(service, run))
    await eventually(lambda: is_watched(service))
    story = Story(log, run)
    await lookups(story)
    await the_rest(story)
    live = await asyncio.wait_for(reading, PATIENCE_SECONDS)
    assert [each.event for each in live if each.event.startswith("tool.")] == TOOLS
    whole = await read(service, run, "?after=0")
    assert live == whole
    for place, frame in enumerate(whole):
        if frame.event.startswith("tool."):
            after = {"Last-Event-ID": str(frame.id)}
            assert await read(service, run, **after) == whole[place + 1 :]


async def test_who_joins_while_calls_are_under_way_is_told_of_them(
    service: Service, log: Log
) -> None:
    run = await service.run(flow=AGENTS)
    story = Story(log, run)
    await lookups(story)
    reading = asyncio.create_task(read(service, run))
    await eventually(lambda: is_watched(service))
    await the_rest(story)
    joined = await asyncio.wait_for(reading, PATIENCE_SECONDS)
    assert [each.event for each in joined if each.event.startswith("tool.")] == TOOLS
    calls = shown(view_of(joined))
    assert [call[:5] for call in calls] == [
        (1, 0, "find_item", 1, "error"),
        (1, 1, "find_item", 2, "ok"),
    ]
    large = calls[1][-1]
    assert isinstance(large, dict)
    body = await service.http.get(str(large["url"]))
    assert (body.status_code, body.text) == (200, REPORT)


async def detail(service: Service, run: str) -> list[dict[str, Any]]:
    step = (await service.http.get(f"/api/v1/runs/{run}/steps/0")).json()
    calls: list[dict[str, Any]] = step["attempts"][0]["tool_calls"]
    return calls


async def test_a_step_lists_its_calls_also_once_the_run_has_left_the_log(
    projected: Service, log: Log
) -> None:
    run = await projected.run(flow=AGENTS)
    story = Story(log, run)
    await lookups(story)
    await the_rest(story)
    first, second = before = await detail(projected, run)
    told = {name: first[name] for name in ("turn", "index", "tool", "executions", "input")}
    assert told == {
        "turn": 1, "index": 0, "tool": "find_item", "executions": [1], "input": '{"id": "7"}',
    }  # fmt: skip
    assert (first["outcome"], first["output"]) == ("error", "none")
    assert first["error"] == {"code": FAULT.code, "message": FAULT.message}
    assert first["called_at"] <= first["returned_at"]
    assert (second["executions"], second["seconds"], second["error"]) == ([1, 2], 0.5, None)
    assert second["output"]["size_bytes"] == len(REPORT)
    fresh = await read(projected, run)
    await eventually(lambda: is_listed(projected, run, "completed"))
    await forget(log, run)
    assert await detail(projected, run) == before
    assert await read(projected, run) == fresh
    assert (await projected.http.get(second["output"]["url"])).text == REPORT


async def test_a_deleted_run_leaves_nothing_of_its_calls(
    projected: Service, log: Log, connection: asyncpg.Connection
) -> None:
    run = await projected.run(flow=AGENTS)
    story = Story(log, run)
    await lookups(story)
    await the_rest(story)
    await eventually(lambda: is_listed(projected, run, "completed"))
    blob = (await story.put(REPORT)).blob
    assert await found(connection, blob)
    assert (await projected.http.delete(f"/api/v1/runs/{run}")).status_code == 202

    async def is_gone() -> bool:
        answer = await projected.http.get(f"/api/v1/runs/{run}/steps/0")
        return answer.status_code == 410

    await eventually(is_gone)
    assert await log.read_on("*", run, after=0) == ()
    assert set(await found(connection, run)) <= {"deletions", "audit"}
    assert await found(connection, blob) == {}
    assert await log.get_blob("default", run, blob) is None


async def test_clients_of_other_tools_hear_them_as_used_and_as_returned(
    service: Service, log: Log
) -> None:
    run = await service.run(flow=AGENTS)
    story = Story(log, run)
    await lookups(story)
    await the_rest(story)
    updates = bodies(await read_updates(service, run))
    kinds = [each["type"] for each in updates if each.get("stepIndex") == 0]
    # The second start tells again what is under way: a call that returns behind it is used anew.
    assert [kind for kind in kinds if kind != "text_delta"] == [
        "step_start", "tool_use", "tool_use", "step_start", "tool_use", "tool_result",
        "tool_use", "tool_result", "step_complete",
    ]  # fmt: skip
    assert {each["tool"] for each in updates if "tool" in each} == {"find_item"}


async def test_a_run_with_calls_is_retried_from_where_it_failed(service: Service, log: Log) -> None:
    run = await service.run(flow=AGENTS)
    story = Story(log, run)
    await lookups(story)
    await story.complete(0, "draft", "It is red.")
    await story.ready(1, "final")
    await story.start(1, "final")
    await story.call(1, "final", "{}")
    await story.answer(1, "final", "x")
    await story.break_down(1, "final", "no room")
    await story.fail("no room")
    answer = await service.http.post(f"/api/v1/runs/{run}/retry")
    assert answer.status_code == 202, answer.text
    kept = [each["node"] for each in answer.json()["kept"]]
    assert kept == ["draft"]


async def test_listeners_on_nats_hear_them_under_a_subject_of_their_own(
    service: Service, log: Log, nats_url: str
) -> None:
    run = await service.run(flow=AGENTS)
    heard: list[str] = []

    async def hear(message: Msg) -> None:
        heard.append(f"{message.subject} {json.loads(message.data)['type']}")

    listener = await nats.connect(nats_url)
    try:
        await listener.subscribe(f"live.default.{run}.tool.>", cb=hear)
        await flushed(listener)
        await lookups(Story(log, run))
        await eventually(lambda: len(heard) == len(TOOLS))
    finally:
        await listener.close()
    assert [each.split()[1] for each in heard] == TOOLS
    assert heard[0].split()[0] == f"live.default.{run}.tool.0.1.1.0.1.called"
    assert heard[-1].split()[0] == f"live.default.{run}.tool.0.1.1.0.returned"
