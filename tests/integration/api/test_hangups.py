"""Readers who hang up at random moments, by the hundred: nothing may be left of them."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.request import urlopen

import httpx2
import psutil

from bench.connection import Api
from shared.log import Log
from tests.acceptance.leavers import come_and_go
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.api.story import TOKEN, Service, Story
from tests.integration.api.test_events import read
from tests.integration.api.test_past import is_listed
from tests.metered import metric
from tests.servers import NatsServer

READERS = 400
GAUGES = ("event_readers", "watched_runs", "watched_workspaces")


@dataclass(frozen=True)
class Held:
    """What this process and its NATS server hold: tasks by name, and how many of the rest."""

    tasks: Counter[str]
    descriptors: int
    subscriptions: int


def held(server: NatsServer) -> Held:
    with urlopen(f"{server.embedded.monitor_url}/subsz", timeout=PATIENCE_SECONDS) as answer:
        subscriptions = json.load(answer)["num_subscriptions"]
    names = (getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks())
    return Held(Counter(names), psutil.Process().num_fds(), subscriptions)


@asynccontextmanager
async def speaking(story: Story) -> AsyncIterator[None]:
    """A run that goes on speaking meanwhile, having said a megabyte."""
    await story.begin()
    await story.start(0, "draft")
    for piece in range(40):
        await story.say(0, "draft", piece * 25_000, "x" * 25_000)

    async def speak() -> None:
        for offset in range(1_000_000, 2_000_000):
            await story.say(0, "draft", offset, "y")

    task = asyncio.create_task(speak())
    yield
    task.cancel()
    await asyncio.wait({task})


async def warm(service: Service, run: str) -> None:
    """All connections of the api to Postgres are made, its pulse beats, a route was taken."""
    await read(service, run)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(
        base_url=service.url, headers=headers, timeout=PATIENCE_SECONDS
    ) as http:
        await asyncio.gather(*(http.get("/api/v1/runs") for _ in range(60)))


async def test_nothing_is_left_of_readers_who_hang_up_at_any_moment(
    projected: Service, log: Log, nats_server: NatsServer
) -> None:
    over, silent, spoken = [await projected.run() for _ in range(3)]
    await Story(log, over).whole()
    await eventually(lambda: is_listed(projected, over, "completed"))
    async with speaking(Story(log, spoken)):
        await warm(projected, over)
        before = held(nats_server)
        streams = [f"/api/v1/runs/{run}/events" for run in (over, silent, spoken)]
        paths = [
            path + query for path in (*streams, "/api/v1/events") for query in ("", "?after=0")
        ]
        heard: Counter[str] = Counter()

        async def at_any_moment() -> bool:
            """A busy machine has told few of them much when they leave: then more come."""
            heard.update(await come_and_go(Api(projected.url, TOKEN), paths, READERS, seed=1))
            return min(heard[much] for much in ("nothing", "little", "more")) > READERS / 20

        await eventually(at_any_moment)

    def nothing_is_left() -> bool:
        now = held(nats_server)
        assert [metric(f"penstock_{name}") for name in GAUGES] == [0, 0, 0]
        assert not now.tasks - before.tasks
        assert now.subscriptions <= before.subscriptions, (before, now)
        assert now.descriptors <= before.descriptors, (before, now)
        return True

    await eventually(nothing_is_left)
