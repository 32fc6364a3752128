"""The examples of docs/howto, as processes of their own against a real log."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.request import urlopen

from shared.log import connect
from shared.log.port import Log
from shared.log.provision import provision
from tests.contract.story import Story
from tests.contract.world import stored
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.servers import NatsServer

EXAMPLES = Path(__file__).parents[2] / "examples"
FIRST, SECOND, THIRD, OTHER = (f"019a0000-0000-7000-8000-00000000000{n}" for n in (1, 2, 3, 4))


@asynccontextmanager
async def provisioned(server: NatsServer) -> AsyncIterator[Log]:
    await provision(server.url, partitions=4, pools=("default", "local"))
    async with connect(server.url, name="tests") as log:
        yield log


class Example:
    """One of the scripts, running."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self) -> str:
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            return (await self._process.stdout.readline()).decode().rstrip()

    async def says(self, wanted: str, *, among: set[str]) -> None:
        """Returns once it printed the wanted line; those before it are `among` what may repeat."""
        while (line := await self.line()) != wanted:
            assert line in among

    async def kill(self) -> None:
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()


@asynccontextmanager
async def running(script: str, url: str) -> AsyncIterator[Example]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(EXAMPLES / script),
        env={**os.environ, "NATS_URL": url},
        stdout=asyncio.subprocess.PIPE,
    )
    example = Example(process)
    try:
        yield example
    finally:
        await example.kill()


def is_listening(server: NatsServer) -> bool:
    with urlopen(f"{server.embedded.monitor_url}/connz?subs=1", timeout=PATIENCE_SECONDS) as answer:
        connections = json.load(answer)["connections"]
    return any("live.default.>" in each.get("subscriptions_list", ()) for each in connections)


async def test_the_watching_example_prints_facts_and_words_of_its_workspace(
    own_nats_server: NatsServer,
) -> None:
    story = Story("default", FIRST)
    async with (
        provisioned(own_nats_server) as log,
        running("watch_live.py", own_nats_server.url) as example,
    ):
        await eventually(lambda: is_listening(own_nats_server))
        await stored(log, Story("acme", OTHER).requested(), story.requested())
        await log.stream(story.delta(0, "Rivers "))
        await stored(log, story.finished())
        said = [(await example.line()).split() for _ in range(3)]
    assert said == [
        [FIRST, "run.requested"],
        [FIRST, "step.delta", "node-0", "Rivers"],
        [FIRST, "run.completed"],
    ]


async def test_the_processing_example_misses_no_run_whoever_was_away(
    own_nats_server: NatsServer,
) -> None:
    first, second, third = (Story("default", run) for run in (FIRST, SECOND, THIRD))
    ended = [f"{run} run.completed" for run in (FIRST, SECOND, THIRD)]
    url = own_nats_server.url
    async with provisioned(own_nats_server) as log:
        await stored(log, first.requested(), first.completed(), first.finished())
        async with running("process_finished.py", url) as example:
            await example.says(ended[0], among=set())
            own_nats_server.stop(signal.SIGKILL)
            own_nats_server.start()
            await stored(log, Story("acme", OTHER).finished(), second.finished())
            await example.says(ended[1], among={ended[0]})
        await stored(log, third.finished())
        async with running("process_finished.py", url) as example:
            await example.says(ended[2], among={ended[0], ended[1]})
