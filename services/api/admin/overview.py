"""The whole system at one look: what waits, who works, how far it is copied, who reads.

Workers and schedulers say of themselves what they do; the log counts what waits in it.
"""

from __future__ import annotations

import asyncio
import json
import platform
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import product, starmap
from typing import Any

import asyncpg

from services.api.admin.models import (
    Lag,
    LivingRuns,
    LogShape,
    PartitionShape,
    QueueShape,
    Readers,
    Slots,
    StoreShape,
    System,
    WorkerShape,
)
from services.api.live.hub import Hub
from shared.ledger import facts
from shared.ledger.pool import translated
from shared.ledger.runs import living_by_status
from shared.ledger.version import SCHEMA
from shared.log.oversight import About, Attendance, Backlog
from shared.log.port import Log
from shared.log.queues import queues_of
from shared.run import RunStatus

SCHEDULERS, WORKERS = "scheduler", "agent-worker"


class Overview:
    """Gathers the picture when it is asked for. Every call may raise Unavailable."""

    def __init__(
        self,
        log: Log,
        pool: asyncpg.Pool,
        pools: tuple[str, ...],
        attending: Mapping[str, Attendance],
    ) -> None:
        self.log = log
        self._pool = pool
        self._pools = pools
        self._attending = attending

    @property
    def schedulers(self) -> Attendance:
        """The schedulers that are heard of."""
        return self._attending[SCHEDULERS]

    async def picture(self, hub: Hub) -> System:
        """All of it."""
        about = await self.log.about()
        stores, queues, partitions, runs, postgres = await asyncio.gather(
            self.log.oversight.stores(),
            self.queues(),
            self.partitions(about),
            self.living(),
            self._postgres_version(),
        )
        return System(
            queues=queues,
            workers=self.workers(),
            partitions=partitions,
            projector=_lag(partitions),
            readers=Readers(**hub.counts()),
            log=LogShape(
                entries=about.entries,
                last_sequence=about.last,
                size_bytes=about.size_bytes,
                limit_bytes=about.limit_bytes,
                created_at=about.created,
            ),
            stores=[
                StoreShape(store=s.name, size_bytes=s.size_bytes, limit_bytes=s.limit_bytes)
                for s in stores
            ],
            runs=LivingRuns(living=sum(runs.values()), by_status=runs),
            versions={
                "penstock": _own_version(),
                "nats": about.server,
                "postgres": postgres,
                "schema": SCHEMA,
                "python": platform.python_version(),
            },
        )

    async def queues(self) -> list[QueueShape]:
        """What waits for workers, by pool and queue; a pool without queues is left out."""
        about, limited = await asyncio.gather(self.log.about(), self.log.limited.served())
        names = (*queues_of(about.lanes), *limited)
        queues = await asyncio.gather(*starmap(self._queue, product(self._pools, names)))
        return [queue for queue in queues if queue is not None]

    async def living(self) -> dict[RunStatus, int]:
        """How many runs have not ended, by status."""
        return await living_by_status(self._pool)

    async def _queue(self, pool: str, queue: str) -> QueueShape | None:
        backlog = await self.log.oversight.queue(pool, queue)
        if backlog is None:
            return None
        return QueueShape(
            pool=pool,
            queue=queue,
            waiting=backlog.waiting,
            in_progress=backlog.in_progress,
            oldest_seconds=_age(backlog),
        )

    def workers(self) -> list[WorkerShape]:
        """The workers that are heard of."""
        heard = sorted(self._attending[WORKERS].said().items())
        return [WorkerShape(worker=name, pools=_pools(_said(said))) for name, said in heard]

    def served(self) -> set[str]:
        """The pools that a worker which is heard of has slots for."""
        workers = self.workers()
        return {name for each in workers for name, pool in each.pools.items() if pool.slots}

    def worker_words(self) -> Mapping[str, bytes]:
        """What each worker says of itself."""
        return self._attending[WORKERS].said()

    def owners(self) -> dict[int, str]:
        """The scheduler that works each partition, of those that are heard of."""
        return {
            number: name
            for name, said in self._attending[SCHEDULERS].said().items()
            for number in _said(said).get("partitions", ())
        }

    async def partitions(self, about: About) -> list[PartitionShape]:
        """Every partition: who works it, and what waits in it for its scheduler and projector."""
        owners = self.owners()
        positions = await facts.positions(self._pool)
        numbers = range(about.partitions)
        return await asyncio.gather(
            *(self._partition(n, owners.get(n), positions.get(n, 0)) for n in numbers)
        )

    async def _partition(self, number: int, owner: str | None, position: int) -> PartitionShape:
        undecided, behind = await asyncio.gather(
            self.log.oversight.partition(number), self.log.oversight.behind(number, position)
        )
        pending = undecided or Backlog(0)
        return PartitionShape(
            partition=number,
            owner=owner,
            waiting=pending.waiting,
            in_progress=pending.in_progress,
            position=position,
            behind_facts=behind.waiting,
            behind_seconds=_age(behind) or 0.0,
        )

    async def _postgres_version(self) -> str:
        with translated():
            found: str = await self._pool.fetchval("select current_setting('server_version')")
        return found


@asynccontextmanager
async def overview(log: Log, pool: asyncpg.Pool, pools: tuple[str, ...]) -> AsyncIterator[Overview]:
    """An overview that hears who is there for as long as the block lasts."""
    oversight = log.oversight
    async with (
        oversight.attendance(SCHEDULERS) as schedulers,
        oversight.attendance(WORKERS) as workers,
    ):
        yield Overview(log, pool, pools, {SCHEDULERS: schedulers, WORKERS: workers})


def _age(backlog: Backlog) -> float | None:
    return backlog.seconds(datetime.now(UTC))


def _said(words: bytes) -> dict[str, Any]:
    """What a member says of itself; nothing, if that is of a version that says less."""
    try:
        said = json.loads(words)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _pools(said: Mapping[str, Any]) -> dict[str, Slots]:
    """What a worker says of its pools; what this version does not know of them is left out."""
    return {
        name: Slots(slots=each.get("slots", 0), used=each.get("used", 0))
        for name, each in said.get("pools", {}).items()
    }


def _lag(partitions: Sequence[PartitionShape]) -> Lag:
    """How far Postgres is behind, over all partitions."""
    return Lag(
        behind_facts=sum(each.behind_facts for each in partitions),
        behind_seconds=max((each.behind_seconds for each in partitions), default=0.0),
    )


def _own_version() -> str:
    try:
        return version("penstock")
    except PackageNotFoundError:
        return "unknown"
