"""A worker of before there were queues, beside one of now, where a workspace's steps are limited.

It serves `shared` alone: limited steps wait for the worker of now, all others are done by both.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import httpx2
import psutil
import pytest

from tests.acceptance.fairness import caller_of
from tests.chaos.test_limited_steps import RUNS, STEPS, all_ended, begun, limit, most_at_once, start
from tests.earlier.checkouts import before_queues, checkout
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.servers import own_folder
from tests.stack import RunningStack, code_of, running_stack

EARLIER, SLOTS, MOST = "earlier", 4, 2
# What it refuses to start with.
UNKNOWN = {"PENSTOCK_LANES", "PENSTOCK_EGRESS_ALLOW"}


class EarlierWorker:
    """A worker of the earlier version, which is given what a worker of the stack is given."""

    def __init__(self, stack: RunningStack, folder: Path) -> None:
        self._stack, self._code = stack, checkout(before_queues(), folder / "code")
        self._output = folder / "output"
        self.start()

    def start(self) -> None:
        """Another process of it."""
        given = psutil.Process(self._stack.service("agent-worker-1")["pid"]).environ()
        known = {name: value for name, value in given.items() if name not in UNKNOWN}
        monitor = str(self._output.with_name("monitor"))
        own = {"PENSTOCK_MONITOR_FILE": monitor, "PENSTOCK_INSTANCE": EARLIER}
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                (sys.executable, "-P", "-m", "cli", "agent-worker"),
                env=known | code_of(self._code) | own,
                stdout=output,
                stderr=output,
            )

    def kill(self) -> None:
        """It is gone, with what it had in hand."""
        self._process.kill()
        self._process.wait(PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack(1, {"PENSTOCK_MODEL_SLOTS": str(SLOTS)}) as running:
        yield running


@pytest.fixture(scope="module")
def worker(stack: RunningStack) -> Iterator[EarlierWorker]:
    with own_folder() as folder:
        started = EarlierWorker(stack, folder)
        try:
            yield started
        finally:
            started.kill()


@pytest.fixture
async def held(stack: RunningStack, worker: EarlierWorker) -> AsyncIterator[httpx2.AsyncClient]:
    """The api for a workspace with a limit."""
    async with stack.http() as client:
        await limit(stack, client, MOST)
        yield client


@pytest.fixture
async def free(stack: RunningStack, held: httpx2.AsyncClient) -> AsyncIterator[httpx2.AsyncClient]:
    """The api for a workspace without one, some of whose steps the earlier worker does."""
    async with await caller_of(stack, f"free-{uuid4()}") as client:
        await eventually(lambda: helps(client))
        yield client


async def helps(http: httpx2.AsyncClient) -> bool:
    """The earlier worker does steps, too."""
    runs = await start(http, "at first", 2)
    await eventually(lambda: all_ended(http, runs))
    return EARLIER in await executions(http, runs)


async def executions(http: httpx2.AsyncClient, runs: list[str]) -> Counter[str]:
    """How often each worker has begun a step of these runs."""
    asked = [http.get(f"runs/{run}/steps/{step}") for run in runs for step in range(STEPS)]
    answers = [each for each in await asyncio.gather(*asked) if each.status_code == httpx2.codes.OK]
    attempts = [attempt for answer in answers for attempt in answer.json()["attempts"]]
    return Counter(each["worker"] for attempt in attempts for each in attempt["executions"])


async def test_limited_steps_are_done_by_the_newer_worker_alone_and_the_limit_holds(
    stack: RunningStack, held: httpx2.AsyncClient, free: httpx2.AsyncClient
) -> None:
    runs, others = await start(held, "held."), await start(free, "free.")
    await eventually(lambda: all_ended(held, runs))
    await eventually(lambda: all_ended(free, others))
    calls = await stack.calls("held.")
    assert most_at_once(calls) == MOST
    limited, unlimited = await executions(held, runs), await executions(free, others)
    assert EARLIER not in limited
    assert unlimited.keys() > {EARLIER}
    assert len(calls) == limited.total()
    assert len(await stack.calls("free.")) == unlimited.total() == limited.total()


async def test_what_a_killed_worker_had_in_hand_is_done_once_more_and_nothing_else_is(
    stack: RunningStack, worker: EarlierWorker, held: httpx2.AsyncClient, free: httpx2.AsyncClient
) -> None:
    runs, others = await start(held, "killed held."), await start(free, "killed free.", ms=700)
    await eventually(lambda: is_executing(free, others))
    worker.kill()
    await eventually(lambda: begun(stack, "killed held.", 6))
    await stack.kill("agent-worker-1")
    worker.start()
    await eventually(lambda: all_ended(held, runs))
    await eventually(lambda: all_ended(free, others))
    limited, unlimited = await executions(held, runs), await executions(free, others)
    assert EARLIER not in limited
    assert most_at_once(await stack.calls("killed held.")) <= MOST
    assert limited.total() <= RUNS * STEPS + MOST
    assert unlimited.total() <= RUNS * STEPS + 2 * SLOTS


async def is_executing(http: httpx2.AsyncClient, runs: list[str]) -> bool:
    """The earlier worker has begun a step of one of these runs."""
    return EARLIER in await executions(http, runs)
