"""The loop: what limits say becomes rows, rows become consumers, and names are given away.

    limits ──> rows ──> consumers ──> the list that workers go by ──> ready, for new runs

Each look begins from the tables and from what NATS has, so whatever a look was killed in, the next
one goes on; where all is as it should be it changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import product

import asyncpg

from services.provisioner import signals
from services.provisioner.table import LEFT_SECONDS, Limits, Row, Table
from shared.errors import Corrupt, Unavailable
from shared.ledger.pool import opened, translated
from shared.log.queues import LIMITED_QUEUES
from shared.log.work_consumers import Shape, WorkConsumer, WorkConsumers
from shared.runtime.logging import logger
from shared.runtime.monitor import Health

LOOK_SECONDS = 2.0
AGAIN_SECONDS = 0.5
# Who wakes us again and again has what came meanwhile looked at together.
GATHER_SECONDS = 0.05
PART = "queues"

Found = Mapping[tuple[str, str], WorkConsumer]

log = logger()


class Provisioner:
    """Keeps consumers equal to what Postgres says until cancelled; of several one acts at a time.

    A queue is given away once it has been leaving for `left_seconds` and no run names it.
    """

    def __init__(
        self,
        consumers: WorkConsumers,
        database_url: str,
        health: Health,
        left_seconds: float = LEFT_SECONDS,
    ) -> None:
        self._consumers = consumers
        self._database_url = database_url
        self._health = health
        self._left_seconds = left_seconds
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._served_since = self._loop.time()
        self._queueless: Sequence[str] = ()

    async def run(self) -> None:
        """Never returns."""
        await self._consumers.hear(self._woken.set)
        while True:
            try:
                async with opened(self._database_url) as connection:
                    with translated():
                        await self._keep_looking(connection)
            except (Unavailable, Corrupt) as error:
                self._health.unready(PART, str(error))
                log.warning("provisioner.interrupted", error=str(error))
                await asyncio.sleep(AGAIN_SECONDS)

    async def _keep_looking(self, connection: asyncpg.Connection) -> None:
        table = Table(connection, self._left_seconds)
        while True:
            await self.look(table)
            self._health.ready(PART)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()
                    await asyncio.sleep(GATHER_SECONDS)
            self._woken.clear()

    async def look(self, table: Table) -> None:
        """Make everything as the limits say, unless another one does. Raises: Unavailable."""
        if not await table.lock():
            return
        try:
            await self._provide(table)
        finally:
            with suppress(OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
                await table.unlock()  # with the connection it goes as well

    async def _provide(self, table: Table) -> None:
        shape, found = await self._consumers.shape(), await self._consumers.found()
        limits = await table.limits()
        await self._note_changes(table, list(limits))
        rows = await self._assigned(table, limits, shape)
        for row in [row for row in rows if row.is_left]:
            if await self._is_free(table, row, shape, found):
                await table.give_away(row)
                rows.remove(row)
                log.info("queue.given_away", queue=row.queue, workspace=row.workspace)
        for row in rows:
            await self._provide_consumers(row, limits.get(row.workspace, {}), shape, found)
        await self._tell_workers([row.queue for row in rows])
        for row in rows:
            wanted = limits.get(row.workspace, {})
            if not row.is_ready or row.limits != wanted:
                await table.ready(row, wanted)
                log.info("queue.ready", queue=row.queue, workspace=row.workspace)
        await self._delete_others({row.queue for row in rows}, found)
        signals.QUEUES.set(len(rows))

    async def _note_changes(self, table: Table, limited: Sequence[str]) -> None:
        for queue, workspace in await table.leave(limited):
            log.info("queue.leaving", queue=queue, workspace=workspace)
        for queue, workspace in await table.come_back(limited):
            log.info("queue.assigned", queue=queue, workspace=workspace)

    async def _assigned(
        self, table: Table, limits: Mapping[str, Limits], shape: Shape
    ) -> list[Row]:
        """All rows, with one for each workspace that is limited while there are names left."""
        rows = await table.rows()
        owners, taken = {row.workspace for row in rows}, {row.queue for row in rows}
        free = iter([name for name in LIMITED_QUEUES if name not in taken])
        queueless = []
        for workspace in [name for name in limits if name not in owners]:
            if queue := next(free, None):
                rows.append(Row(queue, workspace, {}, shape.last))
                await table.assign(rows[-1])
                log.info("queue.assigned", queue=queue, workspace=workspace)
            else:
                queueless.append(workspace)
        if queueless and queueless != self._queueless:
            log.error("queue.none_left", workspaces=queueless)
        self._queueless = queueless
        signals.QUEUELESS.set(len(queueless))
        return rows

    async def _is_free(self, table: Table, row: Row, shape: Shape, found: Found) -> bool:
        """No run that has not ended names it, of those in Postgres and of those in the log."""
        there = [found.get((pool, row.queue)) for pool in self._consumers.pools]
        if any(consumer.open_steps for consumer in there if consumer is not None):
            return False
        copied = await table.positions()
        for partition in range(shape.partitions):
            asked = await self._consumers.last_request(partition, row.workspace)
            if asked > copied.get(partition, 0):
                return False
        return not await table.is_named(row)

    async def _provide_consumers(
        self, row: Row, limits: Limits, shape: Shape, found: Found
    ) -> None:
        for pool in self._consumers.pools:
            there, most = found.get((pool, row.queue)), limits.get(pool)
            if there is None:
                # A log that was begun anew may not have got so far.
                after = min(row.after, shape.last)
                await self._consumers.create(pool, row.queue, most=most, after=after)
                signals.CHANGES.labels("created").inc()
            elif there.most != most:
                await self._consumers.change(pool, row.queue, there, most)
                signals.CHANGES.labels("changed").inc()

    async def _tell_workers(self, queues: Sequence[str]) -> None:
        if sorted(await self._consumers.served()) != sorted(queues):
            await self._consumers.serve(queues)
            self._served_since = self._loop.time()

    async def _delete_others(self, kept: set[str], found: Found) -> None:
        """Consumers of queues that nobody has go once workers have left them."""
        if self._loop.time() - self._served_since < LOOK_SECONDS:
            return
        for pool, queue in product(self._consumers.pools, LIMITED_QUEUES):
            if queue not in kept and (pool, queue) in found:
                await self._consumers.delete(pool, queue)
                signals.CHANGES.labels("deleted").inc()
