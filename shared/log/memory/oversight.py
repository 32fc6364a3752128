"""What waits in the log and who is there, as its twin in memory knows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from shared.log.memory.consumer import Consumer
from shared.log.memory.presence import Company, Heard
from shared.log.memory.store import Store
from shared.log.oversight import Backlog, Tell
from shared.log.oversight import Store as StoreSize
from shared.log.parked import Look, Question, Service
from shared.log.subjects import Address


class Oversight:
    """See `shared.log.oversight`."""

    def __init__(
        self,
        store: Store,
        company: Company,
        partitions: Mapping[int, Consumer],
        work: Mapping[tuple[str, str], Consumer],
    ) -> None:
        self._store = store
        self._company = company
        self._partitions = partitions
        self._work = work

    async def queue(self, pool: str, queue: str = "shared") -> Backlog | None:
        consumer = self._work.get((pool, queue))
        return None if consumer is None else consumer.backlog()

    async def partition(self, number: int) -> Backlog | None:
        consumer = self._partitions.get(number)
        if consumer is None:
            return None
        counted = consumer.backlog()
        return Backlog(counted.waiting, counted.in_progress)

    async def behind(self, partition: int, after: int) -> Backlog:
        entries = self._store.of_partition(partition, after)
        return Backlog(len(entries), oldest=entries[0].time if entries else None)

    async def stores(self) -> tuple[StoreSize, ...]:
        return ()

    async def has_room(self) -> bool:
        return True

    @asynccontextmanager
    async def attendance(self, group: str) -> AsyncIterator[Heard]:
        yield self._company.heard(group)

    async def ask_parked(
        self, service: Service, address: Address, question: Question
    ) -> Look | None:
        return await self._company.ask_parked(service, address, question)

    @asynccontextmanager
    async def answer_parked(self, service: Service, tell: Tell) -> AsyncIterator[None]:
        with self._company.telling_parked(service, tell):
            yield
