"""How soon steps go on elsewhere when a worker falls silent without closing its socket.

Run by `python -m tests.acceptance.frozen_workers [rounds]`.

Of two workers one is frozen, with agents in hand and steps coming in; then it is thawed, and what
it says late is judged too: every step has one outcome.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from statistics import median

from shared.log import connect
from shared.log.provision import provision
from shared.run import facts as f
from simulator.server import running
from tests.eventually import eventually
from tests.frozen import freeze
from tests.integration.agent_worker.processes import process
from tests.integration.agent_worker.stage import POOLS, Run, Stage, agent, chain
from tests.logged import logged
from tests.servers import NatsServer, own_folder
from tests.simulation.virtual import passes

ROUNDS = 20
IN_HAND, COMING = 4, 12
EVERY_SECONDS = 0.25
SLOW = "[[sim: words=40 rate=20/s]]"
FAST = "[[sim: text=done rate=0]]"


async def _begun(run: Run) -> tuple[datetime, str] | None:
    """When its last execution began, and where."""
    entries = await run.entries("started")
    if not entries:
        return None
    fact = entries[-1].recorded().fact
    assert isinstance(fact, f.StepStarted)
    return entries[-1].time, fact.worker


async def _ready(stage: Stage, instructions: str) -> Run:
    run = await stage.run(chain(agent("a", instructions)))
    await run.ready("a")
    return run


async def _waits(runs: Sequence[Run], since: datetime, frozen: str) -> list[float]:
    """For each step that a worker other than the frozen one began: how long that took."""
    waits = []
    for run in runs:
        await run.outcome("a")
        [ready] = await run.entries("ready.default.shared")
        begun = await _begun(run)
        assert begun is not None
        if begun[1] != frozen:
            waits.append((begun[0] - max(since, ready.time)).total_seconds())
    return waits


async def _round(stage: Stage, name: str, worker: Process) -> list[float]:
    in_hand = [await _ready(stage, SLOW) for _ in range(IN_HAND)]
    for run in in_hand:
        await eventually(partial(_begun, run))
    freeze(worker.pid)
    since = datetime.now(UTC)
    coming = []
    for _ in range(COMING):
        coming.append(await _ready(stage, FAST))
        await passes(EVERY_SECONDS)
    waits = await _waits([*in_hand, *coming], since, name)
    worker.send_signal(signal.SIGCONT)
    again = [await _ready(stage, FAST) for _ in range(COMING)]
    for run in again:
        await run.outcome("a")
    for run in (*in_hand, *coming):
        assert len(await run.entries("finished")) == 1
    return waits


async def _measure(nats: NatsServer, rounds: int) -> None:
    await provision(nats.url, partitions=1, pools=POOLS)
    async with (
        running() as model,
        connect(nats.url, name="measuring") as store,
        process(nats.url, model, PENSTOCK_INSTANCE="one") as one,
        process(nats.url, model, PENSTOCK_INSTANCE="two") as two,
    ):
        for worker in (one, two):
            await logged(worker, "service.started")
        stage = Stage(store, model)
        longest = []
        for number in range(rounds):
            name, worker = (("one", one), ("two", two))[number % 2]
            waits = await _round(stage, name, worker)
            longest.append(max(waits))
            delayed = sum(wait > 1 for wait in waits)
            sys.stdout.write(f"{number + 1}: longest {longest[-1]:.2f} s, {delayed} over 1 s\n")
            sys.stdout.flush()
        sys.stdout.write(f"{rounds}: median {median(longest):.2f}, most {max(longest):.2f} s\n")
        await stage.close()


def main() -> None:
    """Measures on a server of its own."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with own_folder() as folder:
        nats = NatsServer(folder)
        nats.start()
        try:
            asyncio.run(_measure(nats, rounds))
        finally:
            nats.stop()


if __name__ == "__main__":
    main()
