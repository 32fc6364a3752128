"""Runs that wait for a person, by the thousand: `python -m tests.acceptance.waiting_runs [COUNT]`.

Starts them, shows what they hold of workers and schedulers, restarts everything, decides some of
them and sees those end.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import asyncpg
import httpx2
import psutil
from rich.console import Console
from rich.table import Table

from tests.eventually import PATIENCE_SECONDS, eventually
from tests.installation import ASKING, QUESTION
from tests.servers import own_folder
from tests.stack import RunningStack

AT_ONCE = 32


class Held(NamedTuple):
    """What a stack holds: slots of workers in use, MiB of its schedulers."""

    slots_used: int
    rss_mib: float
    pss_mib: float


async def held(stack: RunningStack) -> Held:
    """What the stack holds now, as its metrics and the kernel say."""
    services = stack.stack["services"]
    workers = [s["monitor_url"] for s in services if s["name"].startswith("agent-worker")]
    async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as http:
        pages = [(await http.get(f"{url}/metrics")).text for url in workers]
    lines = [line for page in pages for line in page.splitlines()]
    assert sum(line.startswith("penstock_slots{") for line in lines) == 2 * len(workers)
    used = [float(line.split()[-1]) for line in lines if line.startswith("penstock_slots_used{")]
    memory = [
        psutil.Process(s["pid"]).memory_full_info() for s in services if s["name"] == "scheduler"
    ]
    rss, pss = sum(m.rss for m in memory), sum(m.pss for m in memory)
    return Held(int(sum(used)), rss / 2**20, pss / 2**20)


async def started(stack: RunningStack, count: int) -> list[str]:
    """So many runs more, each waiting for a person."""
    async with stack.client() as client, counting(stack) as count_of:
        before = await count_of("waiting")

        async def start(number: int) -> str:
            return (await client.runs.create(flow=ASKING, input=str(number))).run_id

        runs = await _gathered(start, range(count))

        async def all_wait() -> bool:
            return await count_of("waiting") == before + count

        await eventually(all_wait, every=0.1)
    return runs


async def approved(stack: RunningStack, runs: Iterable[str]) -> None:
    """These runs are approved, and end with what comes of it. Raises: AssertionError."""
    async with stack.client() as client:

        async def approve(run: str) -> str:
            await client.runs.decide(run, QUESTION, "approve", comment="all of them")
            return run

        async def is_completed(run: str) -> bool:
            found = await client.runs.get(run)
            assert found.status in ("running", "completed"), found
            return found.output == f"about {found.input}, approved"

        for run in await _gathered(approve, runs):
            await eventually(partial(is_completed, run))


@asynccontextmanager
async def counting(
    stack: RunningStack,
) -> AsyncIterator[Callable[[str], Awaitable[int]]]:
    """How many questions have this status, as Postgres shows them."""
    connection = await asyncpg.connect(stack.stack["database_url"])
    try:

        async def count_of(status: str) -> int:
            query = "select count(*) from steps where step = $1 and status::text = $2"
            return int(await connection.fetchval(query, QUESTION, status))

        yield count_of
    finally:
        await connection.close()


async def _gathered(work: Callable[[Any], Awaitable[str]], items: Iterable[Any]) -> list[str]:
    """What `work` makes of each, several at once, in order."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(item: Any) -> str:
        async with room:
            return await work(item)

    return await asyncio.gather(*map(one, items))


async def _measured(folder: Path, count: int) -> Table:
    table = Table("waiting runs", "worker slots used", "scheduler RSS MiB", "PSS MiB", "seconds")

    async def note(label: str, stack: RunningStack, began: float) -> None:
        found = await held(stack)
        assert found.slots_used == 0, "a run that waits holds no worker"
        seconds = f"{perf_counter() - began:.1f}"
        table.add_row(
            label, str(found.slots_used), f"{found.rss_mib:.1f}", f"{found.pss_mib:.1f}", seconds
        )

    began = perf_counter()
    stack = RunningStack(folder / "data", 2, {})
    try:
        await note("0", stack, began)
        runs: list[str] = []
        for part in (count // 2, count - count // 2):
            began = perf_counter()
            runs += await started(stack, part)
            await note(f"{len(runs):,}", stack, began)
        stack.stop()
        began = perf_counter()
        stack = RunningStack(folder / "data", 2, {})
        await note(f"{len(runs):,} after a restart", stack, began)
        began = perf_counter()
        some = runs[:: max(1, count // 200)]
        await approved(stack, some)
        await note(f"{len(some):,} decided, all completed", stack, began)
    finally:
        stack.stop()
    return table


def main() -> None:
    """Print what so many waiting runs hold."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with own_folder() as folder:
        Console(width=100).print(asyncio.run(_measured(folder, count)))


if __name__ == "__main__":
    main()
