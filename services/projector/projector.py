"""The loop: batches of the log into Postgres, each in one transaction, for good.

    claims -> positions -> intake -> batch -> [ move positions, store facts, apply ] -> ...

Whatever goes wrong, it begins again from the positions: a batch whose commit got no answer was
either applied, and is behind the positions, or was not, and comes again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import asyncpg

from services.projector import signals
from services.projector.batch import Batch, read
from services.projector.bodies import copy_bodies
from services.projector.claims import Claims
from services.projector.counting import count_rest
from services.projector.flow_versions import FlowVersions, fill_in_approvers
from services.projector.intake import Intake, Taken, intake
from services.projector.lag import Lag
from services.projector.lingering import linger, set_apart
from services.projector.looks import Looks
from services.projector.parked import look_again, park, parked_runs, take_up
from services.projector.positions import Move, Overtaken, move, read_positions
from services.projector.refused import apply_or_park
from services.projector.span_sums import settle_spans
from services.projector.upserts import AlreadyThere, settle_waits, store_facts
from shared.errors import Unavailable
from shared.ledger.pool import opened, translated
from shared.log.parked import Look
from shared.log.port import Log
from shared.log.subjects import Address
from shared.runtime.logging import logger
from shared.runtime.monitor import Health

SETTLE_SECONDS = 2.0
AGAIN_SECONDS = 0.5

log = logger()


class Projector:
    """Copies the log into one database until cancelled; any number may run at once."""

    def __init__(self, source: Log, database_url: str, health: Health) -> None:
        self._source = source
        self._database_url = database_url
        self._health = health
        # Not ready before the log is known to be the one that was copied.
        health.unready("projector", "has yet to find where it goes on")
        self._looks = Looks()

    async def run(self) -> None:
        """Never returns. Raises: StreamYounger."""
        while True:
            try:
                await self._connected()
            except Unavailable as error:
                self._health.unready("projector", str(error))
                log.warning("projector.interrupted", error=str(error))
                await asyncio.sleep(AGAIN_SECONDS)

    async def _connected(self) -> None:
        """Copies over one connection, until it fails. Raises: Unavailable, StreamYounger."""
        about = await self._source.about()
        answering = self._source.oversight.answer_parked("projector", self._looks.tell)
        async with answering, opened(self._database_url) as connection:
            with translated():
                claims = Claims(connection, about.partitions)
                await claims.settle()
                while True:
                    positions = await read_positions(connection, claims.held, about.created)
                    await self._copy(connection, claims, positions)

    async def _copy(
        self, connection: asyncpg.Connection, claims: Claims, positions: dict[int, int]
    ) -> None:
        """Copies on from these positions, until they or the claims are others'."""
        signals.CLAIMED.set(len(positions))
        await take_up(connection, self._source, claims.held)
        await fill_in_approvers(connection)
        await settle_waits(connection, claims.held)
        await count_rest(connection, claims.held)
        await settle_spans(connection, claims.held)
        parked = await parked_runs(connection)
        signals.PARKED.set(len(parked))
        async with intake(self._source, positions) as incoming:
            writer = Writer(connection, self._source, positions, parked)
            self._looks.open(positions, incoming.wake)
            try:
                await writer.write_while_settled(incoming, claims, self._looks, self._health)
            except Overtaken:
                signals.OVERTAKEN.inc()
                log.info("projector.overtaken")
            finally:
                self._looks.close()


class Writer:
    """Writes batches down over one connection, from these positions on."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        source: Log,
        positions: dict[int, int],
        parked: set[str],
    ) -> None:
        self._connection = connection
        self._source = source
        self._flows = FlowVersions(connection, source)
        self._parked = parked
        self.positions = positions

    async def write_while_settled(
        self, incoming: Intake, claims: Claims, looks: Looks, health: Health
    ) -> None:
        """Writes what comes, and looks where asked and at the lag, until the claims change.

        Raises: Overtaken, Unavailable.
        """
        loop = asyncio.get_running_loop()
        settled = loop.time()
        lag = Lag(self._source)
        while True:
            taken = await incoming.take(SETTLE_SECONDS)
            if taken:
                await self.write(taken)
            await looks.answer(self._look_again)
            if loop.time() - settled >= SETTLE_SECONDS:
                settled = loop.time()
                about = await self._source.about()
                if await claims.settle(about.partitions):
                    return
                signals.BEHIND.set(await lag.look(self.positions, about.last))
                if not lag.stands:
                    health.ready("projector")

    async def write(self, taken: Taken) -> None:
        """One batch, applied once whoever else has it. Raises: Overtaken, Unavailable."""
        entries = [entry for some in taken.values() for entry in some]
        moves = {p: Move(self.positions[p], some[-1].sequence) for p, some in taken.items()}
        batch = read(entries, self._parked)
        with signals.BATCHES.time():
            await copy_bodies(self._connection, self._source, batch.blobs)
            await self._flows.copy(batch.flows)
            try:
                await self._commit(batch, moves, carefully=False)
            except AlreadyThere:
                signals.REDONE.inc()
                await self._commit(batch, moves, carefully=True)
        self._remember(batch, moves)

    async def _look_again(self, address: Address) -> Look:
        look = await look_again(self._connection, self._source, address)
        if look.outcome != "parked":
            self._parked.discard(address.run)
            signals.PARKED.set(len(self._parked))
        return look

    async def _commit(self, batch: Batch, moves: Mapping[int, Move], *, carefully: bool) -> None:
        async with self._connection.transaction():
            await move(self._connection, moves)
            await store_facts(self._connection, batch, carefully=carefully)
            outside, spent = await apply_or_park(self._connection, batch, carefully=carefully)
            await park(self._connection, self._source, batch)
            await linger(self._connection, batch.told.values())
            await set_apart(self._connection, batch.told_of(outside))
            await spent.write(self._connection)

    def _remember(self, batch: Batch, moves: Mapping[int, Move]) -> None:
        self.positions.update({partition: each.new for partition, each in moves.items()})
        self._parked |= batch.parked.keys()
        self._parked -= batch.ended
        signals.FACTS.inc(len(batch.entries))
        signals.PARKED.set(len(self._parked))
        if batch.entries:
            age = datetime.now(UTC) - batch.entries[-1].time
            signals.BEHIND.set(max(age.total_seconds(), 0))
        for parked in batch.parked.values():
            log.error("run.parked", run=parked.run, sequence=parked.sequence, reason=parked.reason)
        for run in batch.ended:
            log.info("run.unparked", run=run)
        for entry in batch.foreign:
            signals.FOREIGN.inc()
            log.error("message.foreign", sequence=entry.sequence)
