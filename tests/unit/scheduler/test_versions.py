"""Schedulers of two versions beside each other: what one does not know, it leaves to the other."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from services.scheduler.firing import fire
from services.scheduler.partition import Partition
from services.scheduler.runs import Runs
from shared.log.flows import Flows
from shared.run import facts as f
from tests.simulation.alone import alone, request, rests
from tests.simulation.process import Connection
from tests.simulation.virtual import passes
from tests.unit.flow.drawing import joined
from tests.unit.run.tale import DAWN, IDENTITY
from tests.versions import lacking, tell_versions_apart


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
