"""Runs that are told to stop: nobody waits for what nobody works at; judged from the log alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from services.scheduler.runs import Runs
from shared.log.flows import Flows
from shared.log.memory import Faults
from shared.log.subjects import Address, rest_of
from shared.run import Recorded
from shared.run import facts as f
from shared.run.owed import STOP_GRACE_SECONDS
from tests.simulation.alone import alone, request, rests
from tests.simulation.city import Plan, simulate
from tests.simulation.conftest import SEEDS_AT_ONCE
from tests.simulation.process import Connection
from tests.simulation.script import Script
from tests.simulation.test_faults import EVERYTHING, objections_to, plan_of, rivals
from tests.unit.flow.drawing import drawing, node
from tests.unit.run.tale import BUSY, IDENTITY

SEEDS = 60
AT_ONCE_SECONDS = 0.5
LINES = Faults(delay_seconds=0.02)


def cancelling(seed: int) -> Plan:
    """The usual runs, each cancelled while it goes on."""
    plan = plan_of(seed)
    script = Script(seed, fails=0.3, cancels=1.0)
    return replace(plan, script=script, faults=LINES)


def plans(first: int, block: int) -> list[Plan]:
    start = first + block * SEEDS_AT_ONCE
    return [cancelling(seed) for seed in range(start, start + SEEDS_AT_ONCE)]


def seconds_stopping(history: Sequence[Recorded]) -> float | None:
    """From the order to stop to the end; None for a run that was not told to."""
    times = {rest_of(recorded.fact): recorded.time for recorded in history}
    if "stopping" not in times:
        return None
    return (times["finished"] - times["stopping"]).total_seconds()


def is_worked_on(history: Sequence[Recorded]) -> bool:
    """When the run was told to stop, a worker was at one of its steps, or began at one later."""
    begun: set[tuple[int, int]] = set()
    over: set[tuple[int, int]] = set()
    for recorded in history:
        fact = recorded.fact
        if isinstance(fact, f.StepStarted):
            begun.add((fact.step, fact.attempt))
        elif isinstance(fact, f.RunStopping):
            begun -= over
        elif isinstance(fact, f.StepCompleted | f.StepFailed | f.StepCancelled):
            over.add((fact.step, fact.attempt))
    return bool(begun)


def test_a_run_nobody_works_at_ends_at_once(block: int) -> None:
    idle: list[float] = []
    busy: list[float] = []
    for plan in plans(10_000, block):
        told = simulate(plan)
        assert objections_to(plan, told) == []
        for history in told.histories.values():
            seconds = seconds_stopping(history)
            if seconds is not None:
                (busy if is_worked_on(history) else idle).append(seconds)
    assert max(idle) < AT_ONCE_SECONDS
    assert max(busy) < STOP_GRACE_SECONDS + AT_ONCE_SECONDS
    assert len(idle) > 5


def test_runs_without_a_worker_end_as_soon_as_they_are_cancelled(block: int) -> None:
    took = []
    for plan in plans(11_000, block):
        told = simulate(replace(plan, workers=0))
        assert objections_to(plan, told) == []
        took += [seconds_stopping(history) for history in told.histories.values()]
    stopped = [seconds for seconds in took if seconds is not None]
    assert max(stopped) < AT_ONCE_SECONDS
    assert len(stopped) > 50, "the others needed no worker to end"


def test_cancelled_runs_end_in_order_whatever_goes_wrong(block: int) -> None:
    for plan in plans(12_000, block):
        stormy = replace(rivals(plan), faults=EVERYTHING, dies_every=8.0)
        assert objections_to(stormy, simulate(stormy)) == [], plan.seed


def test_a_skip_may_be_lost_where_a_run_was_stopped_before_it_was_told_again() -> None:
    plan = next(each for each in plans(12_000, 12) if each.seed == 12_245)
    stormy = replace(rivals(plan), faults=EVERYTHING, dies_every=8.0)
    assert objections_to(stormy, simulate(stormy)) == []


def test_who_stops_a_run_it_does_not_know_purges_the_timers_that_stand() -> None:
    async def main(log: Connection) -> None:
        await request(log, drawing([node("a")]))
        at = {**IDENTITY, "step": 0, "node": "a", "attempt": 1}
        for fact in (
            f.StepReady(**at, kind="template", pool="local"),
            f.StepFailed(**at, error=BUSY),
            f.StepRetryScheduled(**at, delay_seconds=60),
        ):
            await log.append(fact)
        retry = f.StepDue(**at, purpose="retry")
        await log.set_timer(retry, log.clock.now + timedelta(seconds=60))
        await log.append(f.RunCancelRequested(**IDENTITY))
        await Runs(log, Flows(log)).caught_up(Address(0, "acme", "run-1"), [], None)
        assert (await rests(log))[-2:] == ["stopping", "finished"]
        async with log.firings() as firings:
            firings.credit(1)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(firings.next(), 120)

    alone(main)
