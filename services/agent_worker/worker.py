"""The worker's loop: as many deliveries as there are free slots, each carried out in a task.

When it is asked to stop it takes no more, finishes what it can while it may, and hands the rest
back to the queues.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from services.agent_worker import errands, heartbeat, signals, stop
from services.agent_worker.attempt import Workplace, carry_out, fail
from services.agent_worker.exclusive import ExclusiveSlot
from services.agent_worker.execution import Execution, Hands, ready_of
from services.agent_worker.kinds import KINDS
from services.agent_worker.kinds.kind import Equipment, Execute
from services.agent_worker.queues import Queue, Slots
from shared.errors import Corrupt, Unavailable
from shared.log.port import Delivery
from shared.log.queues import is_limited, priority_of, queues_of
from shared.runtime.logging import logger

RELEASE_SECONDS = 3.0
UNAVAILABLE_SECONDS, FAILED_SECONDS, CORRUPT_SECONDS = 1.0, 5.0, 30.0

GROUP = "agent-worker"

log = logger()


@dataclass(frozen=True, slots=True)
class _Pool:
    """A pool this worker serves, by name, with its slots."""

    name: str
    size: int
    slots: Slots

    def freed(self) -> None:
        """A slot is free again."""
        signals.SLOTS_USED.labels(self.name).dec()
        self.slots.freed()


class Worker:
    """Serves pools, `slots` at a time of each; executes steps of these kinds."""

    def __init__(
        self, equipment: Equipment, slots: Mapping[str, int], kinds: Mapping[str, Execute] = KINDS
    ) -> None:
        self._equipment = equipment
        self._places = ExclusiveSlot(self._on_open)
        self._workplace = Workplace(equipment, kinds, self._places)
        self._pools: list[_Pool] = []
        self._sizes = slots
        self._hands = Hands()
        self._tasks: set[asyncio.Task[None]] = set()
        self._takers: dict[str, list[asyncio.Task[None]]] = {}
        self._unserved = 0
        self._start: Callable[[str], None] | None = None

    async def run(
        self,
        stopping: asyncio.Event,
        drain_seconds: float,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        """Work until `stopping` is set, then drain; `on_ready` is told when all queues are served.

        Raises: a group of Unavailable, when a queue is not there.
        """
        store, hands = self._equipment.store, self._hands
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
            stack.push_async_callback(self._equipment.evaluators.close)
            stack.push_async_callback(self._equipment.checkers.close)
            await stack.enter_async_context(store.answer_alive(hands.is_executing))
            carry = errands.carrying(self._equipment)
            carrying = store.errands.carrying_out(carry, errands.MOST_AT_ONCE)
            await stack.enter_async_context(carrying)
            me = self._equipment.worker
            limits = self._equipment.limits
            others = store.presence(GROUP, me, self._says, limits.news)
            limits.listen_to(await stack.enter_async_context(others))
            heard = [await stack.enter_async_context(feed) for feed in stop.feeds(store)]
            keepers = [group.create_task(heartbeat.beat(store, hands))]
            keepers += [group.create_task(stop.obey(store, feed, hands)) for feed in heard]
            self._pools = [self._pool(name, size) for name, size in self._sizes.items()]
            self._start = partial(self._serve, group, on_ready)
            self.serve_queues((await store.about()).lanes)
            await stopping.wait()
            self._start = None
            for queue in tuple(self._takers):
                self._leave(queue)
            await self._drain(drain_seconds)
            for keeper in keepers:
                keeper.cancel()

    def serve_queues(self, lanes: int, limited: Iterable[str] = ()) -> None:
        """Serve the queues of so many lanes, and of the limited ones these and no others.

        There may be more of both than at the last look; lanes stay.
        """
        if self._start is None:
            return
        wanted = (*queues_of(lanes), *limited)
        for queue in wanted:
            if queue not in self._takers:
                self._start(queue)
        for queue in [queue for queue in self._takers if is_limited(queue)]:
            if queue not in wanted:
                self._leave(queue)

    def _serve(self, group: asyncio.TaskGroup, on_ready: Callable[[], None], queue: str) -> None:
        if is_limited(queue):
            takes = [self._take_limited(pool, queue) for pool in self._pools]
        else:
            self._unserved += len(self._pools)
            takes = [self._take_lane(pool, queue, on_ready) for pool in self._pools]
        self._takers[queue] = [group.create_task(take) for take in takes]

    def _leave(self, queue: str) -> None:
        for taker in self._takers.pop(queue, ()):
            taker.cancel()

    def _pool(self, name: str, size: int) -> _Pool:
        slots = Slots(size, lambda delivery: self._begin(delivery, pool), self._is_closed)
        pool = _Pool(name, size, slots)
        return pool

    def _is_closed(self) -> bool:
        return self._places.is_closed

    async def _take_lane(self, pool: _Pool, name: str, on_ready: Callable[[], None]) -> None:
        def served() -> None:
            signals.SLOTS.labels(pool.name).set(pool.size)
            self._unserved -= 1
            if not self._unserved:
                on_ready()

        try:
            await self._take(pool, name, served)
        finally:
            signals.SLOTS.labels(pool.name).set(0)

    async def _take_limited(self, pool: _Pool, name: str) -> None:
        try:
            await self._take(pool, name)
        except Unavailable as error:
            # It was given away meanwhile, or NATS is away: what the next look finds is served.
            log.warning("queue.missed", queue=name, error=str(error))
            self._leave(name)

    async def _take(
        self, pool: _Pool, name: str, on_served: Callable[[], None] = lambda: None
    ) -> None:
        async with self._equipment.store.work(pool.name, name) as deliveries:
            queue = Queue(deliveries, priority_of(name) == "batch")
            pool.slots.serve(queue)
            on_served()
            try:
                while True:
                    pool.slots.arrived(queue, await deliveries.next())
            finally:
                pool.slots.leave(queue)

    def _on_open(self) -> None:
        for pool in self._pools:
            pool.slots.spread()

    def _says(self) -> bytes:
        used = Counter(execution.ready.pool for execution in self._hands)
        pools = {name: {"slots": n, "used": used[name]} for name, n in self._sizes.items()}
        limits = {"limits": self._equipment.limits.said()}
        return json.dumps({"pools": pools, **self._equipment.keys.said(), **limits}).encode()

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
        # Calls of tools that may not be repeated end by their own time-outs.
        while any(execution.unrepeatable for execution in self._hands):
            await self._wait(RELEASE_SECONDS)
        for task in tuple(self._tasks):
            task.cancel()
        await self._wait(1.0)

    async def _wait(self, seconds: float) -> None:
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=seconds)
