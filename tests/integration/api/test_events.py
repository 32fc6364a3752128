"""The event stream of a run over HTTP: whole, once, in order, resumable at every event."""

import asyncio
import json
from typing import Any

from penstock_client.sse import Frame, Parser
from structlog.testing import capture_logs

from shared.log import Log
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.api.story import ORIGIN, Service, Story
from tests.metered import metric

STREAM = {"Accept": "text/event-stream"}


async def read(service: Service, run: str, query: str = "", **headers: str) -> list[Frame]:
    """Every frame until the server closes."""
    answer = await service.http.get(
        f"/api/v1/runs/{run}/events{query}", headers=STREAM | headers, timeout=PATIENCE_SECONDS
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store, no-transform"
    assert answer.content.startswith(b"retry: 1000\n\n")
    return Parser().feed(answer.content)


def told(frames: list[Frame]) -> list[tuple[str, str]]:
    return [(frame.id, frame.event) for frame in frames]


async def test_a_reader_from_the_start_gets_every_fact_and_delta_once_in_order(
    service: Service, log: Log
) -> None:
    run = await service.run(input="tea")
    reading = asyncio.create_task(read(service, run))
    await eventually(lambda: is_watched(service))
    await Story(log, run).whole()
    frames = await asyncio.wait_for(reading, PATIENCE_SECONDS)
    assert [frame.event for frame in frames] == [
        "run.requested", "run.started", "step.ready", "step.started", "step.delta", "step.delta",
        "step.completed", "step.ready", "step.started", "step.completed", "run.completed", "end",
    ]  # fmt: skip
    ids = [int(frame.id) for frame in frames]
    assert ids[:-1] == sorted(set(ids[:-1]))
    assert ids[-1] == ids[-2]
    assert json.loads(frames[-1].data) == {"status": "completed"}
    assert {json.loads(frame.data).get("run") for frame in frames[:-1]} == {run}


async def test_a_reader_cut_at_any_event_goes_on_with_the_same_bytes(
    service: Service, log: Log
) -> None:
    run = await service.run()
    await Story(log, run).whole()
    whole = await read(service, run, "?after=0")
    assert [f.event for f in whole].count("step.delta") == 2
    for index, frame in enumerate(whole[:-2]):
        resumed = await read(service, run, **{"Last-Event-ID": frame.id})
        assert resumed == whole[index + 1 :]
    past_the_end = await service.http.get(
        f"/api/v1/runs/{run}/events", headers=STREAM | {"Last-Event-ID": whole[-1].id}
    )
    assert past_the_end.status_code == 204


async def test_a_late_reader_gets_the_words_in_flight_joined(service: Service, log: Log) -> None:
    run = await service.run()
    story = Story(log, run)
    await story.begin()
    await story.start(0, "draft")
    for offset, word in ((0, "a"), (1, "b"), (2, "c")):
        last = await story.say(0, "draft", offset, word)
    reading = asyncio.create_task(read(service, run))
    await eventually(lambda: is_watched(service))
    await story.complete(0, "draft", "abc")
    await story.end("abc")
    frames = await asyncio.wait_for(reading, PATIENCE_SECONDS)
    deltas = [frame for frame in frames if frame.event == "step.delta"]
    assert [(d.id, json.loads(d.data)["text"]) for d in deltas] == [(str(last), "abc")]


async def test_words_that_have_expired_are_told_from_the_finished_turns(
    service: Service, log: Log
) -> None:
    run = await service.run()
    story = Story(log, run)
    await story.begin()
    await story.start(0, "draft")
    expired = await story.say(0, "draft", 0, "said ")
    await story.turn(0, "draft", json.dumps([{"type": "text", "text": "said "}]))
    await story.say(0, "draft", 5, "more")
    await log.delete([expired])
    reading = asyncio.create_task(read(service, run))
    await eventually(lambda: is_watched(service))
    await story.complete(0, "draft", "said more")
    await story.end("said more")
    frames = await asyncio.wait_for(reading, PATIENCE_SECONDS)
    deltas = [json.loads(f.data) for f in frames if f.event == "step.delta"]
    assert [(d["offset"], d["text"]) for d in deltas] == [(0, "said "), (5, "more")]
    ids = [int(frame.id) for frame in frames[:-1]]
    assert ids == sorted(set(ids))


async def test_types_filter_but_never_the_end(service: Service, log: Log) -> None:
    run = await service.run()
    await Story(log, run).whole()
    frames = await read(service, run, "?types=step.completed,run.started")
    assert [f.event for f in frames] == ["run.started", "step.completed", "step.completed", "end"]
    bare = await read(service, run, "?unnamed=1")
    assert {frame.event for frame in bare[:-1]} == {"message"}
    assert json.loads(bare[0].data)["type"] == "run.requested"


async def test_a_position_is_any_number_up_to_the_end_of_the_log(
    service: Service, log: Log
) -> None:
    run = await service.run()
    await Story(log, run).whole()
    end = await log.last_sequence()
    for position, status in ((end + 1, 400), ("x", 400), ("1" * 30, 400), (end, 204)):
        answer = await service.http.get(f"/api/v1/runs/{run}/events?after={position}")
        assert answer.status_code == status, position


async def test_a_ticket_opens_one_run_for_pages_of_allowed_origins(
    service: Service, log: Log
) -> None:
    run = await service.run()
    await Story(log, run).whole()
    url = (await service.http.get(f"/api/v1/runs/{run}")).json()["events_url"]
    bare = {"Authorization": ""}
    service.http.headers.pop("authorization")
    page = await service.http.get(url, headers={"Origin": ORIGIN})
    assert page.status_code == 200
    assert page.headers["access-control-allow-origin"] == ORIGIN
    stranger = await service.http.get(url, headers={"Origin": "http://elsewhere.example"})
    assert "access-control-allow-origin" not in stranger.headers
    other = url.replace(run, run[:-1] + ("0" if run[-1] != "0" else "1"))
    assert (await service.http.get(other)).status_code == 401
    assert (await service.http.get(f"/api/v1/runs/{run}", headers=bare)).status_code == 401


async def test_an_origin_that_is_refused_is_told_of_once_with_the_setting_that_allows_it(
    service: Service, log: Log
) -> None:
    run = await service.run()
    url = (await service.http.get(f"/api/v1/runs/{run}")).json()["events_url"]
    asks = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
    with capture_logs() as lines:
        for origin, status in ((ORIGIN, 200), ("http://elsewhere.example", 400)) * 2:
            answer = await service.http.options(url, headers={"Origin": origin, **asks})
            assert answer.status_code == status
            is_allowed = answer.headers.get("access-control-allow-origin") == origin
            assert is_allowed == (origin == ORIGIN)
    assert answer.json()["code"] == "origin_refused"
    assert "'http://elsewhere.example'" in answer.json()["detail"]
    assert "PENSTOCK_CORS_ORIGINS" in answer.json()["detail"]
    told = [line["origin"] for line in lines if line["event"] == "request.origin_refused"]
    assert told == ["http://elsewhere.example"]


async def test_a_page_of_the_api_s_own_is_no_refused_origin(service: Service, log: Log) -> None:
    run = await service.run()
    await Story(log, run).whole()
    url = (await service.http.get(f"/api/v1/runs/{run}")).json()["events_url"]
    port = service.url.rpartition(":")[2]
    with capture_logs() as lines:
        for origin in (service.url, service.url.upper(), f"http://elsewhere.example:{port}"):
            answer = await service.http.get(url, headers={"Origin": origin})
            assert answer.status_code == 200
            assert "access-control-allow-origin" not in answer.headers
            assert "Origin" in answer.headers["vary"]
    told = [line["origin"] for line in lines if line["event"] == "request.origin_refused"]
    assert told == [f"http://elsewhere.example:{port}"]


async def test_history_comes_in_json_pages(service: Service, log: Log) -> None:
    run = await service.run()
    await Story(log, run).whole()
    events: list[dict[str, Any]] = []
    after = 0
    while True:
        answer = await service.http.get(
            f"/api/v1/runs/{run}/events?limit=4&after={after}",
            headers={"Accept": "application/json"},
        )
        page = answer.json()
        events += page["items"]
        if page["next_after"] is None:
            break
        after = page["next_after"]
    assert page["ended"] is True
    assert [e["event"] for e in events][-1] == "run.completed"
    assert all(e["data"]["type"] == e["event"] for e in events)


async def test_void_facts_are_never_told(service: Service, log: Log) -> None:
    run = await service.run()
    story = Story(log, run)
    await story.whole()
    await story.say(1, "final", 0, "too late")
    for query in ("", "?after=0"):
        assert (await read(service, run, query))[-2].event == "run.completed"


async def test_readers_share_one_watch_and_leave_nothing_behind(service: Service, log: Log) -> None:
    run = await service.run()
    readings = [asyncio.create_task(read(service, run)) for _ in range(20)]
    await eventually(lambda: metric("penstock_event_readers") == 20)
    assert metric("penstock_watched_runs") == 1
    await Story(log, run).whole()
    results = await asyncio.gather(*readings)
    assert all(told(frames)[-1][1] == "end" for frames in results)
    hung_up = asyncio.create_task(read(service, await service.run()))
    await eventually(lambda: metric("penstock_watched_runs") == 1)
    hung_up.cancel()
    await eventually(lambda: metric("penstock_event_readers") == 0)
    await eventually(lambda: metric("penstock_watched_runs") == 0)


def is_watched(_: Service) -> bool:
    return metric("penstock_event_readers") >= 1
