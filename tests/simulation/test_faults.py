"""Whatever goes wrong, every run ends once, in order; judged from the log alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from shared.log.memory import Faults
from tests.simulation.city import Plan, Told, simulate
from tests.simulation.conftest import SEEDS_AT_ONCE
from tests.simulation.script import Script
from tests.unit.flow.drawing import flow_of
from tests.unit.run.flows import drawn
from tests.unit.run.judge import objections
from tests.unit.run.tale import ForkOf

SEEDS = 100
NO_FORK = ForkOf({})
EVERYTHING = Faults(
    delay_seconds=0.05, unanswered=0.03, unavailable=0.02, ack_lost=0.05, fired_twice=0.3
)


def plan_of(seed: int, runs: int = 3) -> Plan:
    """Runs of random flows, two of each."""
    flows = {f"run-{seed}-{n}": drawn(Random(f"{seed}/{n // 2}")) for n in range(runs)}
    return Plan(seed=seed, flows=flows, script=Script(seed))


def objections_to(plan: Plan, told: Told) -> list[str]:
    found = [repr(failure) for failure in told.failures]
    for run, raw in plan.flows.items():
        fork = plan.forks.get(run, NO_FORK)
        found += [
            f"{run}: {text}"
            for text in objections(
                flow_of(raw),
                told.histories[run],
                in_bursts=True,
                until=fork.until,
                kept=fork.kept,
            )
        ]
    return found


def check(first: int, block: int, how: Callable[[Plan], Plan]) -> None:
    seeds = range(first + block * SEEDS_AT_ONCE, first + (block + 1) * SEEDS_AT_ONCE)
    plans = [how(plan_of(seed)) for seed in seeds]
    found = {plan.seed: objections_to(plan, simulate(plan)) for plan in plans}
    assert not {seed: wrong for seed, wrong in found.items() if wrong}


def test_runs_end_when_nothing_goes_wrong(block: int) -> None:
    check(0, block, lambda plan: plan)


def test_runs_end_when_calls_and_acks_are_lost_and_timers_fire_twice(block: int) -> None:
    check(1_000, block, lambda plan: replace(plan, faults=EVERYTHING))


def test_runs_end_when_processes_die_at_any_moment(block: int) -> None:
    check(2_000, block, lambda plan: replace(plan, schedulers=2, dies_every=5.0))


def test_runs_end_when_two_schedulers_own_everything(block: int) -> None:
    check(3_000, block, rivals)


def test_runs_end_when_everything_goes_wrong_at_once(block: int) -> None:
    check(4_000, block, lambda plan: replace(rivals(plan), faults=EVERYTHING, dies_every=8.0))


def rivals(plan: Plan) -> Plan:
    return replace(plan, schedulers=2, are_rivals=True, repins_every=0.5)
