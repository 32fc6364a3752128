"""The worker's loop: as many deliveries as there are free slots, each carried out in a task.

When it is asked to stop it takes no more, finishes what it can while it may, and hands the rest
back to the queues.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from services.agent_worker import heartbeat, signals, stop
from services.agent_worker.attempt import Workplace, carry_out, fail
from services.agent_worker.exclusive import ExclusiveSlot
from services.agent_worker.execution import Execution, Hands, ready_of
from services.agent_worker.kinds import KINDS
from services.agent_worker.kinds.kind import Equipment, Execute
from shared.errors import Corrupt, Unavailable
from shared.log.port import Deliveries, Delivery
from shared.runtime.logging import logger

RELEASE_SECONDS = 3.0
UNAVAILABLE_SECONDS, FAILED_SECONDS, CORRUPT_SECONDS = 1.0, 5.0, 30.0

GROUP = "agent-worker"

log = logger()


@dataclass(slots=True)
class _Pool:
    """A pool this worker serves, and where its deliveries come from.

    While a suspect has the process to itself, slots that get free are `withheld`.
    """

    name: str
    deliveries: Deliveries
    places: ExclusiveSlot
    is_open: bool = True
    withheld: int = 0

    def freed(self) -> None:
        """A slot is free again."""
        signals.SLOTS_USED.labels(self.name).dec()
        self.withheld += 1
        if not self.places.is_closed:
            self.give()

    def give(self) -> None:
        """Let as many deliveries come as there are slots withheld."""
        withheld, self.withheld = self.withheld, 0
        if self.is_open and withheld:
            self.deliveries.credit(withheld)


class Worker:
    """Serves pools, `slots` at a time of each; executes steps of these kinds."""

    def __init__(
        self, equipment: Equipment, slots: Mapping[str, int], kinds: Mapping[str, Execute] = KINDS
    ) -> None:
        self._equipment = equipment
        self._places = ExclusiveSlot(self._on_open)
        self._workplace = Workplace(equipment, kinds, self._places)
        self._pools: list[_Pool] = []
        self._slots = slots
        self._hands = Hands()
        self._tasks: set[asyncio.Task[None]] = set()
        self._served: set[str] = set()

    async def run(
        self,
        stopping: asyncio.Event,
        drain_seconds: float,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        """Work until `stopping` is set, then drain; `on_ready` is told when all pools are served.

        Raises: a group of Unavailable, when a pool's queue is not there.
        """
        store, hands = self._equipment.store, self._hands
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
            stack.push_async_callback(self._equipment.evaluators.close)
            await stack.enter_async_context(store.answer_alive(hands.is_executing))
            me = self._equipment.worker
            await stack.enter_async_context(store.announced(GROUP, me, self._says))
            heard = [await stack.enter_async_context(feed) for feed in stop.feeds(store)]
            keepers = [group.create_task(heartbeat.beat(store, hands))]
            keepers += [group.create_task(stop.obey(store, feed, hands)) for feed in heard]
            takers = [group.create_task(self._take(pool, on_ready)) for pool in self._slots]
            await stopping.wait()
            for taker in takers:
                taker.cancel()
            await self._drain(drain_seconds)
            for keeper in keepers:
                keeper.cancel()

    async def _take(self, name: str, on_ready: Callable[[], None]) -> None:
        async with self._equipment.store.work(name) as deliveries:
            pool = _Pool(name, deliveries, self._places)
            self._pools.append(pool)
            signals.SLOTS.labels(name).set(self._slots[name])
            deliveries.credit(self._slots[name])
            self._served.add(name)
            if self._served == self._slots.keys():
                on_ready()
            try:
                while True:
                    for delivery in await deliveries.next():
                        self._begin(delivery, pool)
            finally:
                pool.is_open = False
                signals.SLOTS.labels(name).set(0)

    def _on_open(self) -> None:
        for pool in self._pools:
            pool.give()

    def _says(self) -> bytes:
        used = Counter(execution.ready.pool for execution in self._hands)
        pools = {name: {"slots": n, "used": used[name]} for name, n in self._slots.items()}
        return json.dumps({"pools": pools}).encode()

    def _begin(self, delivery: Delivery, pool: _Pool) -> None:
        signals.SLOTS_USED.labels(pool.name).inc()
        ready = ready_of(delivery)
        if isinstance(ready, Corrupt):
            log.error("delivery.unreadable", rest=delivery.entry.rest, error=str(ready))
            delivery.nak(CORRUPT_SECONDS)
            pool.freed()
            return
        execution = self._hands.take(ready, delivery)
        if execution is None:
            signals.REDELIVERED.labels("adopted").inc()
            pool.freed()
            return
        task = asyncio.create_task(self._carry(execution))
        self._tasks.add(task)
        task.add_done_callback(lambda ended: self._ended(ended, execution, pool))

    async def _carry(self, execution: Execution) -> None:
        try:
            await carry_out(execution, self._workplace)
        except (Unavailable, Corrupt):
            raise
        except Exception as error:
            about = {"run": execution.key.run, "step": execution.key.step}
            log.exception("step.crashed", **about)
            await fail(execution, self._equipment, error)

    def _ended(self, task: asyncio.Task[None], execution: Execution, pool: _Pool) -> None:
        self._tasks.discard(task)
        self._hands.drop(execution)
        pool.freed()
        about = {"run": execution.key.run, "step": execution.key.step}
        if task.cancelled():
            execution.delivery.nak()
            return
        match task.exception():
            case None:
                return
            case Unavailable() as error:
                log.warning("step.postponed", **about, error=str(error))
                signals.HANDED_BACK.labels("unavailable").inc()
                execution.delivery.nak(UNAVAILABLE_SECONDS)
            case Corrupt() as error:
                log.error("step.parked", **about, code=error.code, error=str(error))
                execution.delivery.nak(CORRUPT_SECONDS)
            case error:
                log.error("step.crashed", **about, exc_info=error)
                execution.delivery.nak(FAILED_SECONDS)

    async def _drain(self, seconds: float) -> None:
        log.info("worker.draining", executions=len(self._tasks), seconds=seconds)
        await self._wait(seconds)
        for execution in self._hands:
            log.info("step.handed_back", run=execution.key.run, step=execution.key.step)
            execution.interrupt.fire("released")
        await self._wait(RELEASE_SECONDS)
        for task in tuple(self._tasks):
            task.cancel()
        await self._wait(1.0)

    async def _wait(self, seconds: float) -> None:
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=seconds)
