"""A scripted worker: takes ready steps, starts them, and records what the script says."""

from __future__ import annotations

import asyncio
from itertools import product

from shared.errors import Unavailable
from shared.log.filters import matches
from shared.log.flows import Flows
from shared.log.port import Delivery
from shared.log.queues import queues_of
from shared.log.subjects import CANCEL, FINISHED, REQUESTED, STOPPING, StepKey
from shared.run import facts as f
from tests.simulation.process import Connection
from tests.simulation.script import Script, at_attempt
from tests.simulation.virtual import passes

SLOTS = 64
LANES = 2


class Worker:
    """Works for all queues of both pools until it dies."""

    def __init__(self, script: Script) -> None:
        self._script = script

    async def main(self, log: Connection) -> None:
        async with asyncio.TaskGroup() as tasks:
            for pool, queue in product(("default", "local"), queues_of(LANES)):
                tasks.create_task(self._pull(log, pool, queue))

    async def _pull(self, log: Connection, pool: str, queue: str) -> None:
        flows = Flows(log)
        async with log.work(pool, queue) as deliveries, asyncio.TaskGroup() as tasks:
            deliveries.credit(SLOTS)
            while True:
                batch = await deliveries.next()
                for delivery in batch:
                    tasks.create_task(self._execute(log, flows, delivery))
                deliveries.credit(len(batch))

    async def _execute(self, log: Connection, flows: Flows, delivery: Delivery) -> None:
        ready = delivery.entry.recorded().fact
        assert isinstance(ready, f.StepReady)
        try:
            await self._attempt(log, flows, delivery, ready)
        except Unavailable:
            delivery.nak(1)
        else:
            delivery.ack()

    async def _attempt(
        self, log: Connection, flows: Flows, delivery: Delivery, ready: f.StepReady
    ) -> None:
        own = StepKey(ready.step, ready.attempt)
        rests = [REQUESTED, CANCEL, STOPPING, FINISHED, own.finished(), own.started()]
        address = delivery.entry.address
        history = await log.select(address, rests, at_least=0)
        known = {entry.rest: entry for entry in history.entries}
        if REQUESTED not in known or FINISHED in known or own.finished() in known:
            return
        if CANCEL in known or STOPPING in known:
            await log.append(f.StepCancelled(**at_attempt(ready)))
            return
        requested = known[REQUESTED].recorded().fact
        assert isinstance(requested, f.RunRequested)
        flow = await flows.flow(requested.flow)
        execution = 1 + sum(matches(own.started(), rest) for rest in known)
        at = at_attempt(ready)
        await log.append(f.StepStarted(**at, execution=execution, worker=log.name))
        await passes(self._script.seconds_of(ready, execution))
        await log.append(self._script.outcome(flow, ready, execution))
