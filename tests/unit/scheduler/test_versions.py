"""Schedulers of two versions beside each other: what one does not know, it leaves to the other."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from services.scheduler.firing import fire
from services.scheduler.partition import Partition
from services.scheduler.runs import Runs
from shared.log.flows import Flows
from shared.log.parked import Look
from shared.log.subjects import Address
from shared.run import facts as f
from shared.run.ending import cause_of_end
from tests.simulation.alone import alone, request, rests
from tests.simulation.process import Connection
from tests.simulation.virtual import passes
from tests.unit.flow.drawing import joined
from tests.unit.run.tale import DAWN, IDENTITY
from tests.versions import lacking, tell_versions_apart

ADDRESS = Address(0, "acme", "run-1")


@pytest.fixture(autouse=True)
def _versions(monkeypatch: pytest.MonkeyPatch) -> None:
    tell_versions_apart(monkeypatch)


def partition(log: Connection) -> asyncio.Task[None]:
    """A scheduler at work on the one partition, as soon as nobody else is."""
    return asyncio.create_task(Partition(0, log, Runs(log, Flows(log))).work())


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


def test_a_run_with_a_fact_one_scheduler_lacks_goes_on_at_one_that_knows_it() -> None:
    async def main(log: Connection) -> tuple[list[str], list[str], list[str]]:
        with lacking("run.cancel_requested"):
            older = partition(log)
        await passes(0.01)
        newer = partition(log)
        await request(log, joined("a-b"))
        await request(log, joined("a-b"), run="run-2")
        await passes(0.01)
        await log.append(f.RunCancelRequested(**IDENTITY))
        other = {**IDENTITY, "run": "run-2", "step": 0, "node": "a", "attempt": 1}
        await log.append(f.StepCompleted(**other))
        await passes(70)
        parked, beside = await rests(log), await rests(log, "run-2")
        await ended(older)
        await passes(70)
        gone_on = await rests(log)
        await ended(newer)
        return parked, beside, gone_on

    parked, beside, gone_on = alone(main)
    assert parked[-1] == "cancel"
    assert beside[-1] == "step.1.1.ready.local.shared"
    assert gone_on[:-3] == parked
    assert gone_on[-3:] == ["stopping", "step.0.1.finished", "finished"]


def test_a_timer_one_scheduler_lacks_is_not_dropped() -> None:
    async def main(log: Connection) -> tuple[list[str], list[str]]:
        await request(log, joined("a-b"))
        await log.set_timer(f.RunDeadlineReached(**IDENTITY), DAWN + timedelta(seconds=1))
        with lacking("run.deadline_reached"):
            older = asyncio.create_task(fire(log))
        await passes(2)
        before = await rests(log)
        await ended(older)
        newer = asyncio.create_task(fire(log))
        await passes(70)
        await ended(newer)
        return before, await rests(log)

    before, after = alone(main)
    assert before == ["requested"]
    assert after == ["requested", "deadline"]


def test_a_run_that_a_person_ended_is_parked_no_more_and_its_facts_come_no_more() -> None:
    async def main(log: Connection) -> tuple[list[Look], list[int], list[str]]:
        older = Partition(0, log, Runs(log, Flows(log)))
        with lacking("run.cancel_requested"):
            working = asyncio.create_task(older.work())
            await request(log, joined("a-b"))
            await passes(0.01)
            await log.append(f.RunCancelRequested(**IDENTITY))
            await passes(0.01)
            looks = [await older.tell(ADDRESS, "say"), await older.tell(ADDRESS, "look")]
            in_progress = [await unacknowledged(log)]
            await log.append(f.RunFailed(**IDENTITY, error=cause_of_end(None)))
            looks.append(await older.tell(ADDRESS, "say"))
            looks.append(await older.tell(ADDRESS, "look"))
        await passes(70)
        in_progress.append(await unacknowledged(log))
        await ended(working)
        return looks, in_progress, await rests(log)

    looks, in_progress, recorded = alone(main)
    outcomes = [look.outcome for look in looks]
    assert outcomes == ["parked", "parked", "parked", "released"]
    assert looks[0].parked is not None
    assert (looks[0].parked.type, looks[0].parked.code) == ("run.cancel_requested", "unknown_fact")
    assert in_progress == [1, 0]
    assert recorded[-2:] == ["cancel", "finished"]


def test_what_is_parked_is_since_the_first_look_and_goes_with_the_partition() -> None:
    async def main(log: Connection) -> tuple[list[datetime], list[int]]:
        with lacking("run.cancel_requested"):
            first, second = (Partition(0, log, Runs(log, Flows(log))) for _ in range(2))
            working = asyncio.create_task(first.work())
        await request(log, joined("a-b"))
        await log.append(f.RunCancelRequested(**IDENTITY))
        await passes(0.01)
        since = [each.since for each in first.parking.runs]
        await passes(70)
        since += [each.since for each in first.parking.runs]
        await ended(working)
        with lacking("run.cancel_requested"):
            working = asyncio.create_task(second.work())
        await passes(70)
        counts = [len(second.parking.runs)]
        await ended(working)
        return since, counts

    since, counts = alone(main)
    assert len(since) == 2
    assert since[0] == since[1]
    assert counts == [1]


def test_a_look_at_a_run_that_is_not_parked_changes_nothing() -> None:
    async def main(log: Connection) -> tuple[Look, list[str], list[str]]:
        idle = Partition(0, log, Runs(log, Flows(log)))
        working = asyncio.create_task(idle.work())
        await request(log, joined("a-b"))
        await passes(0.01)
        before = await rests(log)
        look = await idle.tell(ADDRESS, "look")
        await ended(working)
        return look, before, await rests(log)

    look, before, after = alone(main)
    assert look == Look(instance=None, outcome="not_parked")
    assert before == after


async def unacknowledged(log: Connection) -> int:
    """How many deliveries of the partition are not done with."""
    backlog = await log.oversight.partition(0)
    assert backlog is not None
    return backlog.in_progress
