"""What others wait for while one workspace has much queued.

    python -m tests.acceptance.fairness [STEPS [LANES]]

A has STEPS steps queued in front of SLOTS slots, each of STEP_SECONDS; then B asks for one run
after the other. Told is the time from a run's request to its step's start, with A and B in one lane
and with a lane each. In one lane B's runs are asked for together: each waits for all that A has.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from typing import Any

import httpx2
from rich.console import Console
from rich.table import Table

from bench.measured import percentile
from shared.log.queues import queue_for
from tests.eventually import PATIENCE_SECONDS
from tests.stack import RunningStack, running_stack

STEPS, STEPS_OF_A_RUN = 10_000, 100
WORKERS, SLOTS = 2, 16
STEP_SECONDS = 0.2
RUNS, RUNS_IN_ONE_LANE = 60, 10
A = "default"


def flow_of(steps: int) -> dict[str, Any]:
    """So many agents beside each other, each as slow."""
    instructions = f"[[sim: text=done rate=0 delay={STEP_SECONDS * 1000:g}ms]]"
    nodes = [
        {"id": f"n{n}", "type": "agent", "data": {"instructions": instructions}}
        for n in range(steps)
    ]
    return {"nodes": nodes, "edges": []}


def other_of(lanes: int) -> str:
    """A workspace of another lane than A's, if there is one."""
    names = [f"b{n}" for n in range(100)]
    own = queue_for(A, "interactive", lanes)
    apart = (name for name in names if queue_for(name, "interactive", lanes) != own)
    return next(apart, names[0])


async def fill(stack: RunningStack, steps: int) -> None:
    """Have A ask for so many steps."""
    body = {"flow": flow_of(STEPS_OF_A_RUN)}
    async with stack.http() as http:
        for _ in range(steps // STEPS_OF_A_RUN):
            (await http.post("runs", json=body)).raise_for_status()


async def caller_of(stack: RunningStack, workspace: str) -> httpx2.AsyncClient:
    """A client of a new workspace."""
    async with stack.http() as http:
        (await http.post("workspaces", json={"slug": workspace, "name": "B"})).raise_for_status()
        asked = {"name": "measured", "role": "member", "workspace": workspace}
        made = (await http.post("tokens", json=asked)).raise_for_status().json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    url = f"{stack.stack['api_url']}/api/v1/"
    return httpx2.AsyncClient(base_url=url, headers=headers, timeout=2 * PATIENCE_SECONDS)


async def delay_of(http: httpx2.AsyncClient) -> float:
    """Milliseconds from the request of a run to the start of its step."""
    run = (await http.post("runs", json={"flow": flow_of(1)})).raise_for_status().json()["run_id"]
    async with http.stream("GET", f"runs/{run}/events") as events:
        async for _ in events.aiter_bytes():
            pass
    told = (await http.get(f"runs/{run}")).json()
    step = (await http.get(f"runs/{run}/steps/0")).json()
    began = step["attempts"][0]["executions"][0]["started_at"]
    waited = datetime.fromisoformat(began) - datetime.fromisoformat(told["created_at"])
    return waited.total_seconds() * 1000


async def delays(stack: RunningStack, lanes: int, steps: int) -> list[float]:
    """What B waits for, while A has so many steps queued."""
    async with await caller_of(stack, other_of(lanes)) as http:
        await fill(stack, steps)
        if lanes == 1 and steps:
            return await asyncio.gather(*(delay_of(http) for _ in range(RUNS_IN_ONE_LANE)))
        return [await delay_of(http) for _ in range(RUNS)]


def main() -> None:
    """Measure on stacks of its own."""
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else STEPS
    only = int(sys.argv[2]) if len(sys.argv) > 2 else None
    table = Table("lanes", "queued by A", "B's runs", "first step p50", "p99 ms")
    for lanes, queued in ((2, 0), (2, steps), (1, steps)):
        if only not in (None, lanes):
            continue
        settings = {"PENSTOCK_LANES": str(lanes), "PENSTOCK_MODEL_SLOTS": str(SLOTS // WORKERS)}
        with running_stack(workers=WORKERS, environment=settings) as stack:
            found = asyncio.run(delays(stack, lanes, queued))
        p50, p99 = (f"{percentile(found, each):,.1f}" for each in (50, 99))
        table.add_row(str(lanes), f"{queued:,}", str(len(found)), p50, p99)
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
