"""What waits, who is there and what lives, as metrics: asked every few seconds by every api.

All apis tell the same, so who asks Prometheus takes the greatest. What cannot be asked, because
NATS or Postgres is away, is not told meanwhile: an old number would look like a true one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from prometheus_client import Gauge

from services.api.admin.models import QueueShape
from services.api.admin.overview import Overview
from shared.errors import Unavailable
from shared.log.queues import is_limited, priority_of
from shared.runtime.metrics import gauge

LOOK_SECONDS = 5.0
# Counted in Postgres, over all runs that live.
COUNT_SECONDS = 15.0

WAITING = gauge("queue_waiting_steps", "Ready steps no worker has taken, by pool.", "pool")
TAKEN = gauge("queue_taken_steps", "Steps that workers have taken and not finished.", "pool")
OLDEST = gauge(
    "queue_oldest_seconds",
    "Age of the oldest step that waits for a worker; 0 if none. Batch runs do not count.",
    "pool",
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
    """Keeps these gauges up to date while `watch` runs."""

    def __init__(self, overview: Overview) -> None:
        self._overview = overview

    async def watch(self) -> None:
        """Keeps looking, for ever: one that fails keeps none of the others up."""
        await asyncio.gather(
            _keep(self._queues, (WAITING, TAKEN, OLDEST, SLOTS, USED, WORKERS), LOOK_SECONDS),
            _keep(self._schedulers, (OWNED, UNDECIDED), LOOK_SECONDS),
            _keep(self._projectors, (BEHIND, BEHIND_SECONDS), LOOK_SECONDS),
            _keep(self._runs, (LIVING,), COUNT_SECONDS),
        )

    async def _queues(self) -> None:
        by_pool: dict[str, list[QueueShape]] = {}
        for queue in await self._overview.queues():
            by_pool.setdefault(queue.pool, []).append(queue)
        for pool, queues in by_pool.items():
            # Batch runs may wait: their age is nobody's alarm.
            # What waits for a limit, or gives way, waits as it should.
            prompt = [q for q in queues if priority_of(q.queue) != "batch"]
            ages = [q.oldest_seconds or 0 for q in prompt if not is_limited(q.queue)]
            WAITING.labels(pool).set(sum(queue.waiting for queue in queues))
            TAKEN.labels(pool).set(sum(queue.in_progress for queue in queues))
            OLDEST.labels(pool).set(max(ages, default=0))
            workers = self._overview.workers()
            serving = [worker.pools[pool] for worker in workers if pool in worker.pools]
            WORKERS.labels(pool).set(len(serving))
            SLOTS.labels(pool).set(sum(each.slots for each in serving))
            USED.labels(pool).set(sum(each.used for each in serving))

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
