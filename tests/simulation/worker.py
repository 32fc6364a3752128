"""A scripted worker: takes ready steps, starts them, and records what the script says."""

from __future__ import annotations

import asyncio

from shared.errors import Unavailable
from shared.log.flows import Flows
from shared.log.port import Delivery
from shared.run import facts as f
from tests.simulation.process import Connection
from tests.simulation.script import Script, at_attempt
from tests.simulation.virtual import passes

SLOTS = 64


class Worker:
    """Works for both pools until it dies."""

    def __init__(self, script: Script) -> None:
        self._script = script

    async def main(self, log: Connection) -> None:
        async with asyncio.TaskGroup() as tasks:
            for pool in ("default", "local"):
                tasks.create_task(self._pull(log, pool))

    async def _pull(self, log: Connection, pool: str) -> None:
        flows = Flows(log)
        async with log.work(pool) as deliveries, asyncio.TaskGroup() as tasks:
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
        own = f"step.{ready.step}.{ready.attempt}"
        rests = ["requested", "cancel", "stopping", "finished", f"{own}.finished"]
        address = delivery.entry.address
        history = await log.select(address, [*rests, f"{own}.*.started"], at_least=0)
        known = {entry.rest: entry for entry in history.entries}
        if "requested" not in known or "finished" in known or f"{own}.finished" in known:
            return
        if "cancel" in known or "stopping" in known:
            await log.append(f.StepCancelled(**at_attempt(ready)))
            return
        requested = known["requested"].recorded().fact
        assert isinstance(requested, f.RunRequested)
        flow = await flows.flow(requested.flow)
        execution = 1 + sum(rest.endswith(".started") for rest in known)
        at = at_attempt(ready)
        await log.append(f.StepStarted(**at, execution=execution, worker=log.name))
        await passes(self._script.seconds_of(ready, execution))
        await log.append(self._script.outcome(flow, ready, execution))
