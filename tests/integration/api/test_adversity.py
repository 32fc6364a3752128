"""Servers that go away, readers that do not read, an api that stops."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from signal import SIGKILL
from urllib.parse import urlsplit

import pytest
from penstock_client.sse import Parser

from services.api.server.limits import LIMITS
from shared.log import connect
from shared.log.provision import provision
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.api.conftest import started
from tests.integration.api.story import TOKEN, Service, Story
from tests.integration.api.test_events import read
from tests.integration.api.test_feed import ear, ids, lifecycle
from tests.metered import metric
from tests.servers import NatsServer


@pytest.fixture
async def fragile(own_nats_server: NatsServer, database_url: str) -> AsyncIterator[Service]:
    """An api whose NATS may be stopped."""
    await provision(own_nats_server.url, partitions=2, pools=("default", "local"))
    async with started(own_nats_server.url, database_url) as running:
        yield running


async def test_a_stream_outlives_a_restart_of_nats(
    fragile: Service, own_nats_server: NatsServer
) -> None:
    run = await fragile.run()
    reading = asyncio.create_task(read(fragile, run))
    await eventually(lambda: metric("penstock_event_readers") == 1)
    own_nats_server.stop()
    own_nats_server.start()
    async with connect(own_nats_server.url, name="test") as log:
        await Story(log, run).whole()
    frames = await asyncio.wait_for(reading, PATIENCE_SECONDS)
    assert [frame.event for frame in frames][-2:] == ["run.completed", "end"]
    ids = [int(frame.id) for frame in frames[:-1]]
    assert ids == sorted(set(ids))
    assert len(ids) == 11


async def test_without_nats_requests_are_told_to_come_back(
    fragile: Service, own_nats_server: NatsServer
) -> None:
    run = await fragile.run()
    own_nats_server.stop()
    paths = (f"/api/v1/runs/{run}", f"/api/v1/runs/{run}/events")
    for answer in await asyncio.gather(*(fragile.http.get(p) for p in paths)):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    own_nats_server.start()
    await eventually(lambda: answers(fragile, f"/api/v1/runs/{run}"))


async def test_an_event_source_that_comes_while_nats_is_away_is_cut_and_comes_back(
    fragile: Service, own_nats_server: NatsServer
) -> None:
    run = await fragile.run()
    own_nats_server.stop()
    paths = (f"/api/v1/runs/{run}/events", "/api/v1/events", f"/api/pipeline/run/{run}/stream")
    asked = (fragile.http.get(p, headers={"Accept": "text/event-stream"}) for p in paths)
    for answer in await asyncio.gather(*asked):
        assert (answer.status_code, answer.content) == (200, b"retry: 1000\n\n")
        assert answer.headers["content-type"].startswith("text/event-stream")
    own_nats_server.start()
    async with connect(own_nats_server.url, name="test") as log:
        await Story(log, run).whole()
    frames = await eventually(lambda: read(fragile, run))
    assert frames[-1].event == "end"


async def test_an_api_that_stops_tells_those_it_cannot_answer_to_come_back(
    own_nats_server: NatsServer, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.api.server.server.LIMITS", replace(LIMITS, grace_seconds=0.2))
    await provision(own_nats_server.url, partitions=1, pools=("default", "local"))
    async with started(own_nats_server.url, database_url) as service:
        run = await service.run()
        own_nats_server.stop(SIGKILL)
        waiting = asyncio.create_task(service.http.get(f"/api/v1/runs/{run}"))
        await eventually(is_asked)
        service.stopping.set()
        answer = await waiting
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "ask again" in answer.json()["detail"]


def is_asked() -> bool:
    """A request is under way in a server of this process."""
    coroutines = (repr(task.get_coro()) for task in asyncio.all_tasks())
    return any("RequestResponseCycle.run_asgi" in each for each in coroutines)


async def answers(service: Service, path: str) -> bool:
    return (await service.http.get(path)).status_code == 200


async def test_a_feed_outlives_a_restart_of_nats(
    fragile: Service, own_nats_server: NatsServer
) -> None:
    run = await fragile.run()
    async with ear(fragile) as listening:
        own_nats_server.stop(SIGKILL)
        own_nats_server.start()
        async with connect(own_nats_server.url, name="test") as log:
            await Story(log, run).whole()
            expected = (await lifecycle(log, run))[1:]
        assert ids(await listening.until(expected[-1])) == expected


async def test_a_reader_that_does_not_read_is_cut_and_the_others_are_not(
    service: Service, nats_url: str
) -> None:
    run = await service.run()
    where = urlsplit(service.url)
    idle, writer = await asyncio.open_connection(where.hostname, where.port, limit=1)
    writer.write(
        f"GET /api/v1/runs/{run}/events HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {TOKEN}\r\n\r\n".encode()
    )
    reading = asyncio.create_task(read(service, run))
    await eventually(lambda: metric("penstock_event_readers") == 2)
    cut_before = metric("penstock_event_readers_cut_total")
    async with connect(nats_url, name="test") as log:
        story = Story(log, run)
        await story.begin()
        await story.start(0, "draft")
        for piece in range(400):
            await story.say(0, "draft", piece * 30_000, "x" * 30_000)
        await eventually(lambda: metric("penstock_event_readers_cut_total") > cut_before)
        await story.complete(0, "draft", "done")
        await story.end("done")
    frames = await asyncio.wait_for(reading, PATIENCE_SECONDS)
    assert [frame.event for frame in frames].count("step.delta") == 400
    assert frames[-1].event == "end"
    writer.close()
    del idle


async def test_a_stopping_api_ends_its_streams_and_another_goes_on(
    service: Service, nats_url: str, database_url: str
) -> None:
    run = await service.run()
    async with connect(nats_url, name="test") as log:
        story = Story(log, run)
        await story.begin()
        begun = asyncio.create_task(read(service, run))
        await eventually(lambda: metric("penstock_event_readers") == 1)
        async with started(nats_url, database_url) as other:
            service.stopping.set()
            frames = await asyncio.wait_for(begun, PATIENCE_SECONDS)
            assert frames[-1].event != "end"
            resumed = asyncio.create_task(read(other, run, **{"Last-Event-ID": frames[-1].id}))
            await eventually(lambda: metric("penstock_event_readers") == 1)
            await story.complete(0, "draft", "done")
            await story.end("done")
            rest = await asyncio.wait_for(resumed, PATIENCE_SECONDS)
    assert [frame.event for frame in rest] == ["step.completed", "run.completed", "end"]


async def test_a_quiet_stream_is_kept_alive(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.api.live.reader.KEEP_ALIVE_SECONDS", 0.5)
    run = await service.run()
    async with service.http.stream(
        "GET", f"/api/v1/runs/{run}/events", timeout=PATIENCE_SECONDS
    ) as answer:
        received = b""
        async for part in answer.aiter_bytes():
            received += part
            if b": keep-alive\n\n" in received:
                break
    assert len(Parser().feed(received)) == 1
