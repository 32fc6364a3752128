"""A limit of steps in flight is exact over four workers, whoever is killed: told by the model.

What runs at once is counted where the calls arrive, from their begins and ends on one clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from shared.ledger.pool import opened
from shared.log.work_consumers import work_consumers
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.stack import RunningStack, running_stack

WORKERS = 4
LIMITS = "workspaces/default/limits"
STEPS, RUNS = 5, 8
POOLS = ("default", "local")

Call = dict[str, Any]


@pytest.fixture(scope="module")
def stack() -> Any:
    with running_stack(workers=WORKERS, environment={"PENSTOCK_LANES": "2"}) as running:
        yield running


@pytest.fixture
async def http(stack: RunningStack) -> AsyncIterator[httpx2.AsyncClient]:
    """The api; the workspace is without a limit and without runs before and after."""
    async with stack.http() as client:
        yield client
        (await client.put(LIMITS, json={})).raise_for_status()


async def limit(stack: RunningStack, http: httpx2.AsyncClient, most: int) -> None:
    """Set it; returns once new runs come under it."""
    asked = {"steps_in_flight": {"default": most}}
    (await http.put(LIMITS, json=asked)).raise_for_status()
    await eventually(lambda: in_force(stack, most))
    await eventually(lambda: names_queue(http))


async def in_force(stack: RunningStack, most: int) -> bool:
    async with work_consumers(stack.nats_url("provisioner"), POOLS) as consumers:
        found = await consumers.found()
    return [each.most for (pool, _), each in found.items() if pool == "default"] == [most]


async def names_queue(http: httpx2.AsyncClient) -> bool:
    told = (await http.get(LIMITS)).raise_for_status().json()
    return told["used"]["steps_in_flight"] is not None


async def start(http: httpx2.AsyncClient, word: str, runs: int = RUNS, ms: int = 300) -> list[str]:
    """Runs of STEPS agents beside each other; each of their calls has the word in it."""
    data = {"instructions": f"{word} [[sim: text=done rate=0 delay={ms}ms]]"}
    flow = {
        "nodes": [{"id": f"n{n}", "type": "agent", "data": data} for n in range(STEPS)],
        "edges": [],
    }
    asked = [http.post("runs", json={"flow": flow}) for _ in range(runs)]
    return [answer.raise_for_status().json()["run_id"] for answer in await asyncio.gather(*asked)]


async def all_ended(http: httpx2.AsyncClient, runs: list[str]) -> bool:
    for run in runs:
        told = await http.get(f"runs/{run}")
        if told.status_code != httpx2.codes.OK or told.json()["status"] != "completed":
            return False
    return True


def most_at_once(calls: list[Call]) -> int:
    """The greatest number of calls that were open together."""
    moments = [(call["began_monotonic"], 1) for call in calls]
    moments += [(call["ended_monotonic"], -1) for call in calls if call["ended_monotonic"]]
    most = now = 0
    for _, change in sorted(moments):
        now += change
        most = max(most, now)
    return most


def time_of(call: Call, what: str = "ended") -> float:
    return float(call[f"{what}_monotonic"])


async def test_no_more_than_the_limit_run_at_once_and_as_many_do(
    stack: RunningStack, http: httpx2.AsyncClient
) -> None:
    await limit(stack, http, 3)
    runs = await start(http, "alpha")
    await eventually(lambda: all_ended(http, runs))
    calls = await stack.calls("alpha")
    assert len(calls) == RUNS * STEPS
    assert most_at_once(calls) == 3


async def test_a_limit_that_changes_holds_at_once_for_runs_under_way(
    stack: RunningStack, http: httpx2.AsyncClient
) -> None:
    await limit(stack, http, 2)
    runs = await start(http, "beta")
    await eventually(lambda: begun(stack, "beta", 4))
    await limit(stack, http, 6)
    before = await stack.calls("beta")
    assert most_at_once(before[:4]) == 2
    await eventually(lambda: begun(stack, "beta", len(before) + 12))
    raised = await stack.calls("beta")
    assert most_at_once(raised) == 6
    await limit(stack, http, 1)
    lowered = await stack.calls("beta")
    await eventually(lambda: all_ended(http, runs))
    last = await stack.calls("beta")
    # Those that were under way when it was lowered end; behind them there is one at a time.
    ended = max(time_of(call) for call in last[: len(lowered)])
    after = [call for call in last[len(lowered) :] if time_of(call, "began") > ended]
    assert most_at_once(after) == 1
    assert most_at_once(last) == 6
    assert len(last) == RUNS * STEPS


@pytest.mark.parametrize("victim", ["agent-worker-1", "provisioner", "nats", "scheduler"])
async def test_whoever_is_killed_there_are_never_more_and_nothing_is_lost(
    stack: RunningStack, http: httpx2.AsyncClient, victim: str
) -> None:
    await limit(stack, http, 4)
    runs = await start(http, f"gamma {victim}.", ms=700)
    await eventually(lambda: begun(stack, f"gamma {victim}.", 6))
    await stack.kill(victim)
    await eventually(lambda: all_ended(http, runs), every=0.5)
    calls = await stack.calls(f"gamma {victim}.")
    assert most_at_once(calls) == 4
    completed = [call for call in calls if call["outcome"] == "completed"]
    assert len(completed) >= RUNS * STEPS


async def begun(stack: RunningStack, word: str, calls: int) -> bool:
    return len(await stack.calls(word)) >= calls


async def test_an_idle_provisioner_changes_nothing(
    stack: RunningStack, http: httpx2.AsyncClient
) -> None:
    await limit(stack, http, 3)
    before = await state_of(stack)
    assert await changes_of(stack)
    await stack.kill("provisioner")
    await eventually(lambda: none_changed(stack))
    assert await state_of(stack) == before


async def changes_of(stack: RunningStack) -> list[str] | None:
    """What the provisioner says it has changed since its start; None before its first look."""
    url = stack.service("provisioner")["monitor_url"]
    if not url:
        return None
    async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as client:
        told = (await client.get(f"{url}/metrics")).text.splitlines()
    if "penstock_provisioner_queues 1.0" not in told:
        return None
    return [line for line in told if line.startswith("penstock_provisioner_changes_total{")]


async def none_changed(stack: RunningStack) -> bool:
    """It has looked, and has changed nothing since it was started."""
    return await changes_of(stack) == []


async def state_of(stack: RunningStack) -> object:
    """Rows and consumers, as they are."""
    async with opened(stack.stack["database_url"]) as connection:
        rows = await connection.fetch("select * from work_queues")
    async with work_consumers(stack.nats_url("provisioner"), POOLS) as consumers:
        found = await consumers.found()
    return [dict(row) for row in rows], {name: dict(each.config) for name, each in found.items()}
