"""Slots that several queues share: whose turn it is, what is held, when nothing is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from services.agent_worker.queues import HOLD_SECONDS, LOOK_SECONDS, Queue, Slots
from shared.log.port import Delivery
from shared.log.queues import priority_of
from shared.log.subjects import queue_of
from tests.contract.story import Story
from tests.metered import metric
from tests.simulation.alone import alone
from tests.simulation.process import Connection
from tests.simulation.virtual import passes

STEP_SECONDS = 0.4
A, B, BATCH = "shared", "shared1", "batch"


class Pool:
    """A pool at work in virtual time: each step takes as long, and what began is written down."""

    def __init__(self, log: Connection, slots: int, seconds: float = STEP_SECONDS) -> None:
        self.begun: list[tuple[float, str, int]] = []
        self.is_closed = False
        self.queues: dict[str, Queue] = {}
        self.slots = Slots(slots, self._begin, lambda: self.is_closed)
        self._log = log
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()

    @property
    def order(self) -> list[str]:
        """The queues of what began, in order."""
        return [queue for _, queue, _ in self.begun]

    def outstanding(self, *queues: str) -> list[int]:
        """How many deliveries may still come of each."""
        return [self.queues[name].deliveries.outstanding for name in queues]

    def _begin(self, delivery: Delivery) -> None:
        named = queue_of(delivery.entry.rest)
        assert named is not None
        self.begun.append((self._loop.time(), named[1], int(delivery.entry.rest.split(".")[1])))
        self._loop.call_later(self._seconds, self._end, delivery)

    def _end(self, delivery: Delivery) -> None:
        delivery.ack()
        self.slots.freed()

    async def _serve(self, name: str) -> None:
        async with self._log.work("default", name) as deliveries:
            queue = self.queues[name] = Queue(deliveries, priority_of(name) == "batch")
            self.slots.serve(queue)
            try:
                while True:
                    self.slots.arrived(queue, await deliveries.next())
            finally:
                self.slots.leave(queue)

    @asynccontextmanager
    async def serving(self, *queues: str) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._serve(name)) for name in queues]
        await passes(0.001)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def queued(log: Connection, queue: str, count: int) -> None:
    """So many steps wait there."""
    story = Story("acme", f"run-of-{queue}", 0)
    for step in range(count):
        await log.append(story.ready(step, queue=queue))


def played(main: Callable[[Connection], Awaitable[None]]) -> None:
    alone(main, lanes=2)


def longest_stretch(order: Sequence[str], queue: str) -> int:
    """How many of one queue began one after the other, at most."""
    longest = now = 0
    for each in order:
        now = now + 1 if each == queue else 0
        longest = max(longest, now)
    return longest


def test_all_slots_are_there_for_the_one_queue_that_has_work() -> None:
    async def main(log: Connection) -> None:
        await queued(log, B, 20)
        pool = Pool(log, 8)
        async with pool.serving(A, B, BATCH):
            await passes(LOOK_SECONDS + STEP_SECONDS)
            began = [at for at, _, _ in pool.begun]
        assert len([at for at in began if at < STEP_SECONDS]) == 8
        assert set(pool.order) == {B}

    played(main)


def test_a_long_queue_delays_anothers_first_step_by_no_more_than_one_steps_time() -> None:
    async def main(log: Connection) -> None:
        await queued(log, A, 2000)
        pool = Pool(log, 4)
        async with pool.serving(A, B, BATCH):
            await passes(10 * STEP_SECONDS + 0.1)
            asked_at = asyncio.get_running_loop().time()
            await queued(log, B, 1)
            await passes(4 * STEP_SECONDS)
        (begun_at,) = [at for at, queue, _ in pool.begun if queue == B]
        assert begun_at - asked_at <= STEP_SECONDS

    played(main)


def test_queues_that_both_have_work_are_served_in_turn() -> None:
    async def main(log: Connection) -> None:
        await queued(log, A, 30)
        await queued(log, B, 30)
        pool = Pool(log, 1)
        async with pool.serving(A, B):
            await passes(20 * STEP_SECONDS)
        assert longest_stretch(pool.order, A) <= 2
        assert longest_stretch(pool.order, B) <= 2
        assert len(pool.order) >= 19

    played(main)


def test_batch_steps_begin_when_nothing_else_waits() -> None:
    async def main(log: Connection) -> None:
        await queued(log, BATCH, 5)
        await queued(log, A, 12)
        pool = Pool(log, 2)
        async with pool.serving(A, B, BATCH):
            await passes(30 * STEP_SECONDS)
        assert pool.order == [A] * 12 + [BATCH] * 5

    played(main)


def test_what_came_beyond_the_slots_is_handed_back_after_a_second_and_not_asked_for_again() -> None:
    async def main(log: Connection) -> None:
        handed_back = metric("penstock_steps_handed_back_total", reason="no_slot")
        busy, idle = Pool(log, 1, seconds=60), Pool(log, 1)
        async with busy.serving(A, B):
            await asyncio.gather(queued(log, A, 1), queued(log, B, 1))
            await passes(HOLD_SECONDS - 0.1)
            async with idle.serving(A, B):
                assert idle.order == []
                await passes(0.2)
            assert busy.outstanding(A, B) == [0, 0]
        assert sorted(busy.order + idle.order) == [A, B]
        assert metric("penstock_steps_handed_back_total", reason="no_slot") == handed_back + 1

    played(main)


def test_nothing_is_asked_for_while_slots_are_withheld() -> None:
    async def main(log: Connection) -> None:
        pool = Pool(log, 2)
        pool.is_closed = True
        async with pool.serving(A, B, BATCH):
            assert pool.outstanding(A, B, BATCH) == [0, 0, 0]
            pool.is_closed = False
            pool.slots.spread()
            assert pool.outstanding(A, B, BATCH) == [2, 1, 0]
            await passes(0.1)
            assert pool.outstanding(A, B, BATCH) == [2, 1, 1]
            await queued(log, A, 2)
            await passes(0.01)
            assert pool.outstanding(A, B, BATCH) == [0, 0, 0]

    played(main)


def test_what_is_held_goes_to_others_at_once_when_its_worker_stops() -> None:
    async def main(log: Connection) -> None:
        busy, idle = Pool(log, 1, seconds=60), Pool(log, 2)
        async with busy.serving(A, B):
            await asyncio.gather(queued(log, A, 1), queued(log, B, 1))
            await passes(0.01)
        async with idle.serving(A, B):
            await passes(0.01)
        assert sorted(busy.order + idle.order) == [A, B]

    played(main)
