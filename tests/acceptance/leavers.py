"""Readers that hang up at random moments: before the headers, in the opening, among live facts.

python -m tests.acceptance.leavers          five times a thousand readers, and what is left of them
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from urllib.parse import urlsplit

import psutil

from bench.connection import Api
from tests.eventually import eventually
from tests.installation import ASKING
from tests.simulation.virtual import passes
from tests.stack import RunningStack, running_stack

AT_ONCE = 50
LONGEST_STAY_SECONDS = 0.3
MOST_BYTES = 1 << 16
SPEAKS = {"instructions": "Speak. [[sim: words=9000 rate=200/s]]"}
SPEAKING = {"nodes": [{"id": "a", "type": "agent", "data": SPEAKS}], "edges": []}
_GAUGES = re.compile(
    rb"^penstock_(event_readers|watched_runs|watched_workspaces) (\S+)$", re.MULTILINE
)


@dataclass(frozen=True)
class Held:
    """What the stack holds on behalf of readers; the api's memory beside it."""

    gauges: dict[str, float]
    subscriptions: int
    descriptors: int
    rss_mib: float


async def come_and_go(api: Api, paths: Sequence[str], readers: int, seed: int) -> Counter[str]:
    """So many open one of these streams and hang up; how many had heard nothing, little, more."""
    chance, door = Random(seed), asyncio.Semaphore(AT_ONCE)
    heard: Counter[str] = Counter()

    async def visit() -> None:
        async with door:
            heard[await _visit(api, chance.choice(paths), chance)] += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(readers):
            group.create_task(visit())
    return heard


async def _visit(api: Api, path: str, chance: Random) -> str:
    at = urlsplit(api.url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    writer.write(api.get(path))
    hang_up = chance.choice((writer.transport.abort, writer.close))
    match chance.choice(("nothing", "little", "more")):
        case "nothing":
            pieces = 0
        case "little":
            pieces = await _heard(reader, chance.randrange(1, MOST_BYTES), most=1)
        case _:
            stay = chance.uniform(0, LONGEST_STAY_SECONDS)
            pieces = await _heard(reader, MOST_BYTES, within_seconds=stay)
    hang_up()
    return ("nothing", "little")[pieces] if pieces < 2 else "more"


async def _heard(
    reader: asyncio.StreamReader, size: int, *, most: int = 10_000, within_seconds: float = 10
) -> int:
    """How many pieces of up to `size` bytes came."""
    pieces = 0
    try:
        async with asyncio.timeout(within_seconds):
            while pieces < most and await reader.read(size):
                pieces += 1
    except TimeoutError:
        pass
    return pieces


async def held(stack: RunningStack) -> Held:
    """Now."""
    process = psutil.Process(stack.service("api")["pid"])
    metrics = await _asked(stack, "api", "/metrics")
    subscriptions = json.loads(await _asked(stack, "nats", "/subsz"))["num_subscriptions"]
    gauges = {name.decode(): float(value) for name, value in _GAUGES.findall(metrics)}
    return Held(gauges, subscriptions, process.num_fds(), process.memory_info().rss / (1 << 20))


async def nothing_is_left(stack: RunningStack, before: Held) -> Held:
    """What is held once all that readers had is gone. Raises: AssertionError if it stays."""

    async def settled() -> Held:
        now = await held(stack)
        assert set(now.gauges.values()) == {0.0}, now
        assert now.subscriptions <= before.subscriptions, (before, now)
        assert now.descriptors <= before.descriptors, (before, now)
        return now

    return await eventually(settled, every=0.2)


@asynccontextmanager
async def speaking(stack: RunningStack) -> AsyncIterator[str]:
    """A run that speaks until left."""
    async with stack.client() as client:
        run = (await client.runs.create(flow=SPEAKING)).run_id
        try:
            yield run
        finally:
            await client.runs.cancel(run, wait=10)


async def _asked(stack: RunningStack, service: str, path: str) -> bytes:
    url = stack.service(service)["monitor_url"]
    assert url is not None
    connection = await Api(url, "").connect()
    answer = await connection.ask(Api(url, "").get(path))
    connection.close()
    return answer.body


async def _show(stack: RunningStack) -> None:
    """Each thousand finds the same: a run that waits, one that is over, one that speaks anew."""
    api = Api(stack.stack["api_url"], stack.stack["token"])
    async with stack.client() as client, stack.http() as http:
        waiting = (await client.runs.create(flow=ASKING)).run_id
        async with speaking(stack) as over:
            await passes(2)
        # Postgres's connections stay: they are no reader's.
        await asyncio.gather(*(http.get("runs?limit=1") for _ in range(AT_ONCE)))
    before = await held(stack)
    sys.stdout.write(f"before: {_told(before)}\n")
    for seed in range(5):
        async with speaking(stack) as run:
            runs = (f"/api/v1/runs/{each}/events" for each in (waiting, over, run))
            paths = [f"{path}{query}" for path in runs for query in ("", "?after=0")]
            heard = await come_and_go(api, [*paths, "/api/v1/events"], 1000, seed)
        found = await nothing_is_left(stack, before)
        sys.stdout.write(f"{(seed + 1) * 1000:,} readers {dict(heard)}: {_told(found)}\n")
        sys.stdout.flush()


def _told(held: Held) -> str:
    gauges = ", ".join(f"{value:g} {name}" for name, value in held.gauges.items())
    counts = f"{held.subscriptions} subscriptions, {held.descriptors} descriptors"
    return f"{gauges}, {counts}, {held.rss_mib:.1f} MiB"


def main() -> None:
    """Shows it at full size, on a stack of its own."""
    with running_stack(workers=1) as stack:
        asyncio.run(_show(stack))


if __name__ == "__main__":
    main()
