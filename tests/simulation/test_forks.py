"""Forks, whatever goes wrong: they end in order, and execute nothing that is kept."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from shared.run import facts as f
from shared.run import fold
from shared.run import plan_of as steps_of
from tests.simulation.city import Plan, Told, simulate
from tests.simulation.conftest import SEEDS_AT_ONCE
from tests.simulation.test_crashes import what_counts
from tests.simulation.test_faults import EVERYTHING, objections_to, plan_of, rivals
from tests.unit.flow.drawing import flow_of
from tests.unit.run.driver import Driver
from tests.unit.run.tale import ForkOf
from tests.unit.run.test_fork_laws import fork_of, kept_of

SEEDS = 100


def forking(plan: Plan) -> Plan:
    """The same with each run a fork of one that was driven to its end before."""
    forks: dict[str, ForkOf] = {}
    for run, raw in plan.flows.items():
        chance = Random(f"fork/{plan.seed}/{run}")
        parent = Driver(raw, chance, cancels=False).drive()
        fork = fork_of(parent, chance)
        kept = kept_of(parent, steps_of(parent.state, fork))
        forks[run] = ForkOf({each.step: each for each in kept}, until=fork.until)
    return replace(plan, forks=forks)


def executed(plan: Plan, told: Told) -> list[str]:
    """Steps that were executed though they are kept; kept ones that a completed run is without."""
    found: list[str] = []
    for run, fork in plan.forks.items():
        facts = [recorded.fact for recorded in told.histories[run]]
        begun = {
            x.step for x in facts if isinstance(x, f.StepReady | f.StepStarted | f.StepWaiting)
        }
        found += [f"{run}: step {n} was executed" for n in sorted(begun & fork.kept.keys())]
        state = fold(
            flow_of(plan.flows[run]), sorted(told.histories[run], key=lambda r: r.sequence)
        )
        if isinstance(state.ended, f.RunCompleted):
            done = {x.step for x in facts if isinstance(x, f.StepCompleted) and x.kept}
            found += [f"{run}: step {n} is missing" for n in sorted(fork.kept.keys() - done)]
    return found


def check(first: int, block: int, *, at_once: bool) -> None:
    found: dict[int, list[str]] = {}
    for seed in range(first + block * SEEDS_AT_ONCE, first + (block + 1) * SEEDS_AT_ONCE):
        plan = forking(plan_of(seed))
        if at_once:
            plan = replace(rivals(plan), faults=EVERYTHING, dies_every=8.0)
        told = simulate(plan)
        found[seed] = [*objections_to(plan, told), *executed(plan, told)]
    assert not {seed: wrong for seed, wrong in found.items() if wrong}


def test_forks_end_when_nothing_goes_wrong(block: int) -> None:
    check(5_000, block, at_once=False)


def test_forks_end_when_everything_goes_wrong_at_once(block: int) -> None:
    check(6_000, block, at_once=True)


def test_a_scheduler_that_forgets_all_writes_the_same_of_forks(block: int) -> None:
    for seed in range(SEEDS_AT_ONCE * block, SEEDS_AT_ONCE * (block + 1)):
        plan = replace(forking(plan_of(seed)), workers=1)
        forgetful = replace(plan, most_actors=0)
        assert what_counts(plan, simulate(forgetful)) == what_counts(plan, simulate(plan)), seed
