"""One cancel of very many runs, workers at work: `python -m tests.acceptance.many_cancelled [RUNS]`

Four of five runs wait for a person, the others for a slot of a worker behind a model that never
answers. Besides there are runs of another tag, which must go on: some wait for a person, some stand
in the queue behind all that is cancelled. Prints how long it took and what the api, the projector
and the scheduler held of memory. Raises AssertionError where a run was lost, or one too many
stopped.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, TypeVar

import asyncpg
import httpx2
import psutil
from rich.console import Console
from rich.table import Table

from tests.acceptance.cancels import timers_left
from tests.eventually import eventually
from tests.installation import ASKING, QUESTION, agent
from tests.stack import RunningStack, running_stack

T = TypeVar("T")

RUNS = 100_000
BATCH = 500
OTHERS = 50
WORKERS = 2
WATCHED = ("api", "projector", "scheduler")
MANY, OTHER = "many", "other"
_COUNT = "select status::text, count(*) from runs where tags ? $1 group by 1"


@dataclass
class Cancelling:
    """A stack, and what was seen of it."""

    stack: RunningStack
    http: httpx2.AsyncClient
    database: asyncpg.Connection
    table: Table
    most_mib: dict[str, float] = field(default_factory=dict)

    async def begin(self, count: int, flow: Mapping[str, Any], tag: str) -> None:
        """So many runs more. Raises: AssertionError if one was refused."""
        for first in range(0, count, BATCH):
            runs = [
                {"flow": flow, "input": "go", "tags": [tag]}
                for _ in range(min(BATCH, count - first))
            ]
            answer = await self.http.post("runs/batch", json={"runs": runs})
            assert answer.status_code == 200, answer.text
            refused = [item for item in answer.json()["items"] if item["problem"]]
            assert not refused, refused[:3]
            self.look()

    async def counted(self, tag: str) -> dict[str, int]:
        """How many runs of a tag Postgres has, by status."""
        return {row[0]: row[1] for row in await self.database.fetch(_COUNT, tag)}

    async def are(self, tag: str, expected: Mapping[str, int]) -> None:
        """Returns once they are. Raises: AssertionError where they do not come to it."""
        await self.comes_to(lambda: self.counted(tag), expected)

    async def comes_to(self, read: Callable[[], Awaitable[T]], expected: T) -> None:
        """Returns once this is read; what is read must change while patience lasts."""
        found = await read()

        async def has_moved() -> bool:
            self.look()
            return await read() != found

        while found != expected:
            await eventually(has_moved, every=0.5)
            found = await read()

    def look(self) -> None:
        """Note what the parts hold now."""
        for name in WATCHED:
            held = psutil.Process(self.stack.service(name)["pid"]).memory_info().rss / 2**20
            self.most_mib[name] = max(held, self.most_mib.get(name, 0.0))

    def row(self, what: str, began: float) -> None:
        """What took so long, and the most that was held meanwhile."""
        held = (f"{self.most_mib.get(name, 0.0):.0f}" for name in WATCHED)
        self.table.add_row(what, f"{perf_counter() - began:.1f}", *held)
        self.most_mib.clear()

    async def job_done(self, job: str, total: int) -> None:
        """Returns once the job is; what it tells never goes back."""
        before = 0

        async def state() -> tuple[str, int, int]:
            nonlocal before
            told = (await self.http.get(f"jobs/{job}")).json()
            assert before <= told["done"] <= total == told["total"], told
            before = told["done"]
            return told["status"], told["done"], told["failed"]

        await self.comes_to(state, ("done", total, 0))


async def _run_all(stack: RunningStack, runs: int) -> Table:
    table = Table("what", "seconds", *(f"{name} MiB" for name in WATCHED))
    database = await asyncpg.connect(stack.stack["database_url"])
    async with stack.http() as http:
        seen = Cancelling(stack, http, database, table)
        await _begun(seen, runs)
        await _cancelled(seen, runs)
        await _others_go_on(seen)
    await database.close()
    return table


async def _begun(seen: Cancelling, runs: int) -> None:
    began = perf_counter()
    queued = runs // 5
    await seen.begin(runs - queued, ASKING, MANY)
    await seen.begin(OTHERS, ASKING, OTHER)
    await seen.begin(queued, agent("silent"), MANY)
    await seen.begin(OTHERS, agent("text=hello"), OTHER)
    seen.row(f"{runs:,} runs begun", began)
    began = perf_counter()
    waiting = "select count(*) from steps where step = $1 and status = 'waiting'"
    await seen.comes_to(lambda: seen.database.fetchval(waiting, QUESTION), runs - queued + OTHERS)

    async def known() -> int:
        return sum((await seen.counted(MANY)).values())

    await seen.comes_to(known, runs)
    seen.row("all of them wait", began)


async def _cancelled(seen: Cancelling, runs: int) -> None:
    began = perf_counter()
    asked = await seen.http.post("runs/cancel", json={"filter": {"tags": [MANY]}})
    assert asked.status_code == 202, asked.text
    await seen.job_done(asked.json()["id"], runs)
    seen.row("all asked to stop", began)
    await seen.are(MANY, {"cancelled": runs})
    seen.row("all cancelled, since asked", began)


async def _others_go_on(seen: Cancelling) -> None:
    """Those behind in the queue complete; those that wait do, and complete once approved."""
    began = perf_counter()
    query = "select run_id::text from runs where tags ? $1 and status <> 'completed'"

    async def waiting() -> int:
        return len(await seen.database.fetch(query, OTHER))

    await seen.comes_to(waiting, OTHERS)
    for (run,) in await seen.database.fetch(query, OTHER):
        path = f"runs/{run}/steps/{QUESTION}/decision"
        answer = await seen.http.post(path, json={"decision": "approve"})
        assert answer.status_code == 200, answer.text
    await seen.are(OTHER, {"completed": 2 * OTHERS})

    async def is_clear() -> bool:
        return await timers_left(seen.stack) == 0

    await eventually(is_clear)
    seen.row(f"{2 * OTHERS} others completed, no timer left", began)


def main() -> None:
    """Cancel on a stack of its own, and print what was seen."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with running_stack(workers=WORKERS) as stack:
        Console(width=100).print(asyncio.run(_run_all(stack, runs)))


if __name__ == "__main__":
    main()
