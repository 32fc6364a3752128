"""What a sweep finds: expected is nothing; whatever was lost goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from services.scheduler.scheduler import Scheduler
from services.scheduler.sweep import visit
from shared.ledger.unfinished import Unfinished
from shared.log.subjects import Address
from shared.run import facts as f
from tests.simulation.alone import alone, request, rests
from tests.simulation.process import Connection
from tests.simulation.virtual import passes
from tests.unit.flow.drawing import joined
from tests.unit.run.tale import DAWN, IDENTITY

ADDRESS = Address(0, "acme", "run-1")
OVERLOOKED = f.StepCompleted(**IDENTITY, step=0, node="a", attempt=1)


async def overlooked(log: Connection) -> None:
    """A scheduler acked everything and did nothing about the last fact."""
    await request(log, joined("a-b"))
    await log.append(f.RunStarted(**IDENTITY))
    await log.append(
        f.StepReady(**IDENTITY, step=0, node="a", attempt=1, kind="template", pool="local")
    )
    await log.append(OVERLOOKED)
    async with log.partition(0) as deliveries:
        deliveries.credit(10)
        for delivery in await deliveries.next():
            delivery.ack()


async def swept(log: Connection, *, seen_after: timedelta) -> int:
    """What a visit of the run finds, so long after it was requested."""
    scheduler = Scheduler(log, 1, "alone")
    stopping = asyncio.Event()
    working = asyncio.create_task(scheduler.work(stopping))
    await passes(0.01)
    found = await visit(log, scheduler, Unfinished(ADDRESS, DAWN, DAWN + seen_after, 0))
    await passes(0.01)
    stopping.set()
    await working
    return found


def tried(
    prepare: Callable[[Connection], Awaitable[None]], seen_after: timedelta
) -> tuple[int, list[str]]:
    async def main(log: Connection) -> tuple[int, list[str]]:
        await prepare(log)
        return await swept(log, seen_after=seen_after), await rests(log)

    return alone(main)


def test_what_a_quiet_run_owes_is_asked_for_and_counted() -> None:
    found, told = tried(overlooked, timedelta(minutes=10))
    assert found == 1
    assert told[-1] == "step.1.1.ready.local.shared"


def test_a_run_something_just_happened_to_is_left_alone() -> None:
    found, told = tried(overlooked, timedelta(seconds=30))
    assert found == 0
    assert told[-1] == "step.0.1.finished"


def test_a_run_older_than_any_run_may_grow_is_ended() -> None:
    _, told = tried(overlooked, timedelta(days=30, minutes=1))
    assert "deadline" in told
    assert "stopping" in told


def test_a_run_that_waits_for_a_worker_owes_nothing() -> None:
    async def waiting(log: Connection) -> None:
        await request(log, joined("a-b"))

    found, told = tried(waiting, timedelta(minutes=10))
    assert found == 0
    assert told[-1] == "step.0.1.ready.local.shared"


def test_a_run_that_is_not_in_the_log_or_has_ended_is_passed_over() -> None:
    async def gone(log: Connection) -> None:
        await log.append(f.RunStarted(**IDENTITY))

    async def over(log: Connection) -> None:
        await overlooked(log)
        await log.append(f.RunCancelled(**IDENTITY))

    assert tried(gone, timedelta(days=31)) == (0, ["started"])
    found, told = tried(over, timedelta(days=31))
    assert (found, told[-1]) == (0, "finished")
