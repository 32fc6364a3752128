"""kill -9 of one api of two, again and again: whoever read there goes on at the other."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from urllib.request import urlopen

from bench.connection import Api
from cli.up.port import free_port
from shared.errors import Unavailable
from tests.acceptance.readers import Reader, ReadersPlan, ReadersReport, digest, read_all
from tests.eventually import PATIENCE_SECONDS, eventually, eventually_now
from tests.stack import RunningStack, running_stack

READERS = 12
KILLS = 3
SPEAKS = {"instructions": "Speak. [[sim: sleep=1s words=400 rate=40/s]]"}
FLOW = {"nodes": [{"id": "a", "type": "agent", "data": SPEAKS}], "edges": []}


class SecondApi:
    """`penstock api --port` on a running stack, configured by its environment."""

    def __init__(self, stack: RunningStack) -> None:
        self._stack = stack
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        found = self._stack.stack
        secrets = json.loads((self._stack.data / "secrets.json").read_text())
        process = subprocess.Popen(
            (sys.executable, "-m", "cli", "api", "--port", str(self._port)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "NATS_URL": self._stack.nats_url("api"),
                "DATABASE_URL": found["database_url"],
                "PENSTOCK_TOKEN": found["token"],
                "PENSTOCK_SECRET_KEY": secrets["secret_key"],
                "PENSTOCK_MONITOR_PORT": "0",
            },
        )
        eventually_now(lambda: _answers(self.url))
        return process

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """kill -9, and up again."""
        self.kill()
        self._process = self._started()


@contextmanager
def second_api(stack: RunningStack) -> Iterator[SecondApi]:
    second = SecondApi(stack)
    try:
        yield second
    finally:
        second.kill()


def _answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/health/ready", timeout=PATIENCE_SECONDS) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


async def _follow(apis: Sequence[Api], run: str, reader: Reader) -> int:
    """Reads to the end at whichever api answers; how often it had to move."""
    moves = -1
    for api in cycle(apis):
        moves += 1
        after = reader.ids[-1] if reader.ids else 0
        reader.begin()
        try:
            connection = await api.connect()
            request = api.get(f"/api/v1/runs/{run}/events?after={after}")
            await connection.ask(request, reader.hear, within_seconds=60)
        except Unavailable:
            continue
        if reader.has_ended:
            connection.close()
            return moves
    raise AssertionError("unreachable")


def _has_heard(reader: Reader, events: int) -> bool:
    return len(reader.ids) > events


async def test_readers_of_a_killed_api_move_to_the_other_and_miss_nothing() -> None:
    with running_stack(workers=1) as stack, second_api(stack) as second:
        found = stack.stack
        first = Api(found["api_url"], found["token"])
        apis = (Api(second.url, found["token"]), first)
        async with stack.client() as client:
            run = (await client.runs.create(flow=FLOW)).run_id
        readers = [Reader(ReadersReport()) for _ in range(READERS)]
        following = [
            asyncio.create_task(_follow(apis[n % 2 :] + apis[: n % 2], run, reader))
            for n, reader in enumerate(readers)
        ]
        for kill in range(KILLS):
            await eventually(partial(_has_heard, readers[0], len(readers[0].ids) + 20))
            assert not any(task.done() for task in following), "the run ended before the kill"
            if kill % 2:
                await stack.kill("api")
            else:
                await asyncio.to_thread(second.restart)
        moves = await asyncio.gather(*following)
        whole = await read_all(ReadersPlan(first, [run], 1))
        assert min(moves) >= 1
        assert {digest(reader.ids) for reader in readers} == whole.told[run]
