"""What waits, who is there and what lives, as metrics: asked every few seconds by every api.

All apis tell the same, so who asks Prometheus takes the greatest. What cannot be asked, because
NATS or Postgres is away, is not told meanwhile: an old number would look like a true one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator

from prometheus_client import Gauge

from services.api.admin.overview import Overview
from shared.errors import Unavailable
from shared.runtime.metrics import gauge

LOOK_SECONDS = 5.0
# Counted in Postgres, over all runs that live.
COUNT_SECONDS = 15.0

WAITING = gauge("queue_waiting_steps", "Ready steps no worker has taken, by pool.", "pool")
TAKEN = gauge("queue_taken_steps", "Steps that workers have taken and not finished.", "pool")
OLDEST = gauge(
    "queue_oldest_seconds", "Age of the oldest step that waits for a worker; 0 if none.", "pool"
)
SLOTS = gauge("pool_slots", "Slots of all workers that are heard of, by pool.", "pool")
USED = gauge("pool_slots_used", "Slots in use of all workers that are heard of.", "pool")
WORKERS = gauge("pool_workers", "Workers that are heard of, by pool.", "pool")
OWNED = gauge("partition_owned", "1 while a scheduler is heard of that works it.", "partition")
UNDECIDED = gauge(
    "scheduler_lag_facts", "Facts that a scheduler has yet to be done with.", "partition"
)
BEHIND = gauge("projector_lag_facts", "Facts that Postgres does not have yet.", "partition")
BEHIND_SECONDS = gauge(
    "projector_lag_seconds",
    "Age of the oldest fact that Postgres does not have yet; 0 if none.",
    "partition",
)
LIVING = gauge("runs_living", "Runs that have not ended, as Postgres knows them.", "status")

Measure = Callable[[], Awaitable[None]]


class Meters:
    """Keeps these gauges up to date while its `watches` run."""

    def __init__(self, overview: Overview) -> None:
        self._overview = overview

    def watches(self) -> Iterator[Coroutine[None, None, None]]:
        """What to run, each for ever: one failing keeps none of the others up."""
        yield _keep(self._queues, (WAITING, TAKEN, OLDEST, SLOTS, USED, WORKERS), LOOK_SECONDS)
        yield _keep(self._schedulers, (OWNED, UNDECIDED), LOOK_SECONDS)
        yield _keep(self._projectors, (BEHIND, BEHIND_SECONDS), LOOK_SECONDS)
        yield _keep(self._runs, (LIVING,), COUNT_SECONDS)

    async def _queues(self) -> None:
        for queue in await self._overview.queues():
            WAITING.labels(queue.pool).set(queue.waiting)
            TAKEN.labels(queue.pool).set(queue.in_progress)
            OLDEST.labels(queue.pool).set(queue.oldest_seconds or 0)
            serving = [
                worker.pools[queue.pool]
                for worker in self._overview.workers()
                if queue.pool in worker.pools
            ]
            WORKERS.labels(queue.pool).set(len(serving))
            SLOTS.labels(queue.pool).set(sum(each.slots for each in serving))
            USED.labels(queue.pool).set(sum(each.used for each in serving))

    async def _schedulers(self) -> None:
        """What is known of partitions without Postgres."""
        log = self._overview.log
        numbers = range((await log.about()).partitions)
        backlogs = await asyncio.gather(*(log.oversight.partition(each) for each in numbers))
        owners = self._overview.owners()
        for number, backlog in zip(numbers, backlogs, strict=True):
            OWNED.labels(str(number)).set(number in owners)
            if backlog is not None:
                UNDECIDED.labels(str(number)).set(backlog.waiting + backlog.in_progress)

    async def _projectors(self) -> None:
        about = await self._overview.log.about()
        for shape in await self._overview.partitions(about):
            number = str(shape.partition)
            BEHIND.labels(number).set(shape.behind_facts)
            BEHIND_SECONDS.labels(number).set(shape.behind_seconds)

    async def _runs(self) -> None:
        living = await self._overview.living()
        LIVING.clear()
        for status, count in living.items():
            LIVING.labels(status).set(count)


async def _keep(measure: Measure, gauges: tuple[Gauge, ...], seconds: float) -> None:
    while True:
        try:
            await measure()
        except Unavailable:
            for each in gauges:
                each.clear()
        await asyncio.sleep(seconds)
