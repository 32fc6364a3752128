"""Finished runs are read from Postgres alone, whatever has become of what NATS stored."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shared.log import connect
from shared.log.provision import provision
from tests.eventually import eventually
from tests.integration.api.conftest import started
from tests.integration.api.silences import projecting
from tests.integration.api.story import Service, Story
from tests.integration.api.test_past import forget, is_listed
from tests.servers import NatsServer, connected

LARGE = "tea " * 20_000
CALLS = ("", "/output", "/steps", "/steps/1", "/steps/1/output", "/usage", "/events")


async def answers(service: Service, run: str) -> dict[str, bytes]:
    """What a user reads of a run; but for tickets, which are new each time."""
    found = {}
    for path in CALLS:
        answer = await service.http.get(
            f"/api/v1/runs/{run}{path}", headers={"Accept": "*/*"} if path else {}
        )
        assert answer.status_code == 200, (path, answer.text)
        found[path] = answer.content.partition(b'"events_url"')[0]
    return found


@asynccontextmanager
async def finished(server: NatsServer, database_url: str) -> AsyncIterator[tuple[Service, str]]:
    """An api with a run that is over and has left the log, read by none but its maker."""
    await provision(server.url, partitions=2, pools=("default", "local"))
    async with (
        projecting(server.url, database_url),
        started(server.url, database_url) as maker,
        connect(server.url, name="test") as log,
    ):
        run = await maker.run(input=LARGE)
        story = Story(log, run)
        await story.begin()
        await story.complete_large(0, "draft", LARGE)
        await story.complete_large(1, "final", LARGE + "!")
        await story.end(LARGE + "!")
        await eventually(lambda: is_listed(maker, run, "completed"))
        await forget(log, run)
        yield maker, run


async def emptied(server: NatsServer) -> None:
    """What the log keeps beside its facts is gone."""
    client = await connected(server.url)
    try:
        for bucket in ("FLOWS", "BLOBS"):
            await client.jetstream().purge_stream(f"OBJ_{bucket}")
    finally:
        await client.close()


async def frozen(server: NatsServer) -> None:
    """It falls silent."""
    server.freeze()


@pytest.mark.parametrize("befalls", [emptied, frozen])
async def test_a_finished_run_is_read_as_before_without_what_nats_stored(
    own_nats_server: NatsServer, database_url: str, befalls: object
) -> None:
    assert callable(befalls)
    async with (
        finished(own_nats_server, database_url) as (maker, run),
        started(own_nats_server.url, database_url) as reader,
    ):
        before = await answers(maker, run)
        await befalls(own_nats_server)
        assert await answers(reader, run) == before
        own_nats_server.thaw()
