"""The slots of a pool, and its queues, served in turn: free slots become credit, and credit moves.

    a slot is free   each interactive queue is asked for one, the one that delivered last for all
                     slots that are left; each batch queue for one, once it has been quiet
    no slot is free  nothing is asked for; what comes all the same is held for HOLD_SECONDS, in
                     which it gets the next free slot, then handed back

Quiet is a while of free slots in which no interactive queue had anything: they are empty.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from services.agent_worker import signals
from shared.log.port import Deliveries, Delivery

HOLD_SECONDS = 1.0
QUIET_SECONDS = 0.05
# How often it is seen whether what was asked of a queue that has nothing has come back.
LOOK_SECONDS = 0.5


@dataclass(eq=False, slots=True)
class Queue:
    """A queue that is served; `held` came while no slot was free."""

    deliveries: Deliveries
    is_batch: bool = False
    held: deque[tuple[Delivery, asyncio.TimerHandle]] = field(default_factory=deque)

    def take_held(self) -> Delivery:
        """What has been held longest."""
        delivery, timer = self.held.popleft()
        timer.cancel()
        return delivery


class Slots:
    """So many slots; `begin` is called with each delivery that gets one.

    While `is_closed`, free slots are withheld; whoever opens them again calls `spread`.
    """

    def __init__(
        self, count: int, begin: Callable[[Delivery], None], is_closed: Callable[[], bool]
    ) -> None:
        self._free = count
        self._begin = begin
        self._is_closed = is_closed
        self._lanes: list[Queue] = []
        self._batches: list[Queue] = []
        self._busiest: Queue | None = None
        self._loop = asyncio.get_running_loop()
        self._free_since: float | None = None
        self._look: asyncio.TimerHandle | None = None

    def serve(self, queue: Queue) -> None:
        """Ask this queue too, from now on."""
        self._like(queue).append(queue)
        self.spread()

    def leave(self, queue: Queue) -> None:
        """Ask it no more; what is held of it goes back."""
        self._like(queue).remove(queue)
        while queue.held:
            queue.take_held().nak()

    def arrived(self, queue: Queue, deliveries: Iterable[Delivery]) -> None:
        """These came of a queue: each gets a slot, or is held."""
        if not queue.is_batch:
            self._busiest = queue
        for delivery in deliveries:
            if self._free > 0 and (not queue.is_batch or self._is_quiet()):
                self._give_slot(queue, delivery)
            else:
                self._hold(queue, delivery)
        self.spread()

    def freed(self) -> None:
        """A slot is free again."""
        self._free += 1
        self.spread()

    def spread(self) -> None:
        """Give free slots to what is held, and let as many deliveries come as are left."""
        is_closed = self._is_closed()
        while self._free > 0 and not is_closed and (queue := self._next_held()):
            self._give_slot(queue, queue.take_held())
        if self._free > 0 and not is_closed:
            self._ask()
            return
        self._free_since = None
        for queue in (*self._lanes, *self._batches):
            queue.deliveries.want(0)

    def _ask(self) -> None:
        if self._free_since is None:
            self._free_since = self._loop.time()
        idle = [queue for queue in self._lanes if queue is not self._busiest]
        if len(idle) == len(self._lanes):
            idle = idle[1:]
        surplus = sum(max(0, queue.deliveries.outstanding - 1) for queue in idle)
        for queue in self._lanes:
            queue.deliveries.want(1 if queue in idle else max(1, self._free - surplus))
        is_quiet = self._is_quiet()
        if is_quiet:
            for queue in self._batches:
                queue.deliveries.want(1)
        if self._batches and not is_quiet:
            self._look_after(QUIET_SECONDS)
        elif surplus:
            self._look_after(LOOK_SECONDS)

    def _look_after(self, seconds: float) -> None:
        if self._look is None:
            self._look = self._loop.call_later(seconds, self._look_again)

    def _look_again(self) -> None:
        self._look = None
        if self._lanes:
            self.spread()

    def _next_held(self) -> Queue | None:
        """Whose turn it is of those of which something is held."""
        turns = (*self._lanes, *self._batches) if self._is_quiet() else self._lanes
        return next((queue for queue in turns if queue.held), None)

    def _give_slot(self, queue: Queue, delivery: Delivery) -> None:
        self._free -= 1
        turns = self._like(queue)
        if turns[-1] is not queue:
            turns.remove(queue)
            turns.append(queue)
        self._begin(delivery)

    def _hold(self, queue: Queue, delivery: Delivery) -> None:
        timer = self._loop.call_later(HOLD_SECONDS, self._hand_back, queue)
        queue.held.append((delivery, timer))

    def _hand_back(self, queue: Queue) -> None:
        signals.HANDED_BACK.labels("no_slot").inc()
        queue.take_held().nak()

    def _is_quiet(self) -> bool:
        since = self._free_since
        return since is not None and self._loop.time() - since >= QUIET_SECONDS

    def _like(self, queue: Queue) -> list[Queue]:
        return self._batches if queue.is_batch else self._lanes
