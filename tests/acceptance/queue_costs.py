"""What queues of limited workspaces cost while nothing happens, and what is waited for beside them.

    python -m tests.acceptance.queue_costs [QUEUES...]

Told are the CPU of nats-server and of a worker, in percent of a core, over a while without runs,
and the time from a run's request to its step's start, for a workspace with and one without a limit.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

import httpx2
import psutil
from rich.console import Console
from rich.table import Table

from bench.measured import percentile
from shared.log.queues import MOST_LIMITED
from shared.log.work_consumers import work_consumers
from tests.acceptance.fairness import caller_of, delay_of
from tests.eventually import eventually
from tests.stack import RunningStack, running_stack

WORKERS = 2
IDLE_SECONDS, RUNS = 20.0, 40
PROCESSES = ("nats", "agent-worker-1", "provisioner")


async def limit(stack: RunningStack, queues: int) -> None:
    """So many workspaces with a limit; returns once their queues are there."""
    async with stack.http() as http:
        for number in range(queues):
            made = {"slug": f"limited-{number}", "name": "limited"}
            (await http.post("workspaces", json=made)).raise_for_status()
            limits = {"steps_in_flight": {"default": 4}}
            path = f"workspaces/limited-{number}/limits"
            (await http.put(path, json=limits)).raise_for_status()
    await eventually(lambda: are_there(stack, queues))


async def are_there(stack: RunningStack, queues: int) -> bool:
    async with work_consumers(stack.nats_url("provisioner"), ("default",)) as consumers:
        return len(await consumers.served()) == queues == len(await consumers.found())


async def idle_percent(stack: RunningStack) -> list[float]:
    """What these take of a core meanwhile."""
    processes = [psutil.Process(stack.service(name)["pid"]) for name in PROCESSES]
    before = [sum(each.cpu_times()[:2]) for each in processes]
    with suppress(TimeoutError):
        async with asyncio.timeout(IDLE_SECONDS):
            await asyncio.Event().wait()
    after = [sum(each.cpu_times()[:2]) for each in processes]
    return [100 * (b - a) / IDLE_SECONDS for a, b in zip(before, after, strict=True)]


async def delays(http: httpx2.AsyncClient) -> list[float]:
    return [await delay_of(http) for _ in range(RUNS)]


async def measure(stack: RunningStack, queues: int) -> list[str]:
    """A row."""
    await limit(stack, queues)
    idle = await idle_percent(stack)
    async with await caller_of(stack, "free") as http:
        free = await delays(http)
    async with stack.http() as http:
        asked = {"name": "measured", "role": "member", "workspace": "limited-0"}
        made = (await http.post("tokens", json=asked)).raise_for_status().json()
    own = {"Authorization": f"Bearer {made['token']}"} if queues else {}
    async with stack.http() as http:
        http.headers.update(own)
        limited = await delays(http)
    told = [f"{percentile(found, each):,.1f}" for found in (free, limited) for each in (50, 99)]
    return [str(queues), *(f"{each:.1f}" for each in idle), *told]


def main() -> None:
    """Measure on stacks of its own."""
    counts = [int(each) for each in sys.argv[1:]] or [1, 16, MOST_LIMITED]
    idle = [f"{name} %" for name in PROCESSES]
    table = Table("queues", *idle, "free p50 ms", "p99", "limited p50 ms", "p99")
    for queues in counts:
        with running_stack(workers=WORKERS) as stack:
            table.add_row(*asyncio.run(measure(stack, queues)))
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
