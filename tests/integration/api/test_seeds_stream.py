"""What clients of other pipeline tools were promised of a run's stream, sentence by sentence."""

import asyncio
import json
from typing import Any

from penstock_client.sse import Frame, Parser

from shared.log import Log
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.api.story import AGENTS, Service, Story
from tests.integration.api.test_events import is_watched

FINAL = "about tea!"


async def read(service: Service, run: str, **headers: str) -> list[Frame]:
    answer = await service.http.get(
        f"/api/pipeline/run/{run}/stream", headers=headers, timeout=PATIENCE_SECONDS
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    return Parser().feed(answer.content)


def bodies(frames: list[Frame]) -> list[dict[str, Any]]:
    assert {frame.event for frame in frames} == {"update"}
    return [json.loads(frame.data) for frame in frames]


async def reading(service: Service, run: str) -> "asyncio.Task[list[Frame]]":
    task = asyncio.create_task(read(service, run))
    await eventually(lambda: is_watched(service))
    return task


async def test_user_can_receive_real_time_streaming_updates_via_sse(
    service: Service, log: Log
) -> None:
    run = await service.run(flow=AGENTS, input="tea")
    task = await reading(service, run)
    await Story(log, run).whole()
    updates = bodies(await asyncio.wait_for(task, PATIENCE_SECONDS))
    usage = updates[-1].pop("usage")
    assert updates == [
        {"type": "status", "status": "running"},
        {"type": "step_start", "stepIndex": 0, "agentName": "Ann"},
        {"type": "text_delta", "stepIndex": 0, "text": "about "},
        {"type": "text_delta", "stepIndex": 0, "text": "tea"},
        {"type": "step_complete", "stepIndex": 0, "output": "about tea"},
        {"type": "step_start", "stepIndex": 1, "agentName": "final"},
        {"type": "step_complete", "stepIndex": 1, "output": FINAL},
        {"type": "pipeline_complete", "finalOutput": FINAL},
    ]
    assert {"inputTokens", "outputTokens", "cacheCreation5mTokens"} <= usage.keys()


async def test_send_initial_status_if_run_already_started_or_completed(
    service: Service, log: Log
) -> None:
    run = await service.run(flow=AGENTS)
    story = Story(log, run)
    await story.begin()
    task = await reading(service, run)
    await story.start(0, "draft")
    await story.complete(0, "draft", "x")
    await story.complete(1, "final", "x")
    await story.end("x")
    assert bodies(await asyncio.wait_for(task, PATIENCE_SECONDS))[0] == {
        "type": "status",
        "status": "running",
    }
    late = bodies(await read(service, run))
    assert late[0] == {"type": "status", "status": "completed"}
    assert late[-1]["type"] == "pipeline_complete"


async def test_every_update_can_be_resumed_from(service: Service, log: Log) -> None:
    run = await service.run(flow=AGENTS)
    await Story(log, run).whole()
    whole = await read(service, run, **{"Last-Event-ID": "0"})
    assert [body["type"] for body in bodies(whole)].count("text_delta") == 2
    for index, frame in enumerate(whole[:-1]):
        assert await read(service, run, **{"Last-Event-ID": frame.id}) == whole[index + 1 :]
    returned = await service.http.get(
        f"/api/pipeline/run/{run}/stream", headers={"Last-Event-ID": whole[-1].id}
    )
    assert returned.status_code == 204


async def test_a_reader_cut_within_a_repeated_execution_has_its_text_whole(
    service: Service, log: Log
) -> None:
    run = await service.run(flow=AGENTS)
    story = Story(log, run)
    await story.begin()
    await story.start(0, "draft")
    await story.say(0, "draft", 0, "about ")
    await story.turn(0, "draft", json.dumps([{"type": "text", "text": "about "}]))
    await story.say(0, "draft", 6, "coff")
    await story.start(0, "draft", execution=2)
    await story.say(0, "draft", 6, "tea", execution=2)
    await story.say(0, "draft", 10, "ee")
    await story.complete(0, "draft", "about tea")
    await story.complete(1, "final", FINAL)
    await story.end(FINAL)
    whole = await read(service, run, **{"Last-Event-ID": "0"})
    for index, frame in enumerate(whole[:-1]):
        follows = await read(service, run, **{"Last-Event-ID": frame.id})
        assert shown(bodies(whole[: index + 1] + follows)) == "about tea"


def shown(updates: list[dict[str, Any]]) -> str:
    """The text before the first step is complete, for a client that clears it at step_start."""
    text = ""
    for update in updates:
        if update["type"] == "step_complete":
            break
        if update["type"] == "step_start":
            text = ""
        text += update.get("text", "")
    return text


async def test_network_error_mid_stream_loses_no_partial_response(
    service: Service, log: Log
) -> None:
    run = await service.run(flow=AGENTS)
    story = Story(log, run)
    await story.begin()
    await story.start(0, "draft")
    large = "ä" * 90_000
    await story.complete_large(0, "draft", large)
    await story.fail("the model is overloaded")
    updates = bodies(await read(service, run))
    assert updates[0] == {"type": "status", "status": "failed"}
    assert updates[2] == {"type": "step_complete", "stepIndex": 0, "output": large}
    assert updates[-1] == {"type": "error", "message": "the model is overloaded", "stepIndex": 1}
    partial = await service.http.get(f"/api/v1/runs/{run}/steps/0/output")
    assert partial.text == large


async def test_a_run_that_has_left_the_log_is_streamed_as_before(
    projected: Service, log: Log
) -> None:
    run = await projected.run(flow=AGENTS)
    await Story(log, run).whole()
    before = await read(projected, run)

    async def is_past() -> bool:
        page = (await projected.http.get("/api/v1/runs?status=completed")).json()
        return bool(page["items"])

    await eventually(is_past)
    await log.delete([entry.sequence for entry in await log.read_on("default", run, after=0)])
    assert await read(projected, run) == before
    assert await read(projected, run, **{"Last-Event-ID": before[2].id}) == before[3:]


async def test_a_run_must_exist_and_belong_to_the_user(service: Service) -> None:
    for run, headers, status, text in (
        ("x", {"Authorization": ""}, 401, "Unauthorized"),
        ("", {"Authorization": ""}, 401, "Unauthorized"),
        ("", {}, 400, "Run ID required"),
        ("x", {}, 404, "Run not found"),
        ("0192f5d0-0000-7000-8000-000000000000", {}, 404, "Run not found"),
    ):
        answer = await service.http.get(f"/api/pipeline/run/{run}/stream", headers=headers)
        assert (answer.status_code, answer.text) == (status, text)
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_a_page_opens_the_stream_with_a_ticket(service: Service, log: Log) -> None:
    run = await service.run(flow=AGENTS)
    await Story(log, run).whole()
    url = (await service.http.get(f"/api/v1/runs/{run}")).json()["events_url"]
    ticket = url.partition("?")[2]
    opened = await service.http.get(
        f"/api/pipeline/run/{run}/stream?{ticket}", headers={"Authorization": ""}
    )
    assert opened.status_code == 401  # a header that says nothing is still a wrong one
    del service.http.headers["Authorization"]
    opened = await service.http.get(f"/api/pipeline/run/{run}/stream?{ticket}")
    assert opened.status_code == 200
