"""Schedulers that die at any call they make, before or behind its effect; and that forget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.run import evolve, initial
from shared.run import facts as f
from tests.simulation.city import Plan, Told, simulate
from tests.simulation.conftest import SEEDS_AT_ONCE
from tests.simulation.process import Connection
from tests.simulation.script import Script
from tests.simulation.test_faults import objections_to, plan_of
from tests.unit.flow.drawing import Drawn, drawing, edge, flow_of, node

SEEDS = 80
EVERY_KIND: Drawn = drawing(
    [
        node("in", "input"),
        node("ask", "condition", branches=[{"handle": "yes", "expression": "true"}]),
        node("left", retry={"initial_seconds": 1}),
        node("right", on_error="continue", queue_seconds=30),
        node("ok", "approval", timeout_seconds=20, default="approve"),
        node("join", "merge"),
        node("out", "output"),
    ],
    [
        edge("in", "ask"),
        edge("ask", "left", "yes"),
        edge("ask", "right", "else"),
        edge("left", "ok"),
        edge("ok", "join", "approved"),
        edge("right", "join"),
        edge("join", "out"),
    ],
)


class Doom:
    """Dies at the `at`-th call of the first life of a scheduler; counts the calls it saw."""

    def __init__(self, at: int, *, behind: bool) -> None:
        self.calls = 0
        self._at = at
        self._behind = behind
        self._lives = 0

    def inspect(self, name: str, connection: Connection) -> None:
        if not name.startswith("scheduler"):
            return
        self._lives += 1
        if self._lives == 1:
            hook = self._hook(connection)
            if self._behind:
                connection.behind = hook
            else:
                connection.before = hook

    def _hook(self, connection: Connection) -> Callable[[str], None]:
        def count(call: str) -> None:
            self.calls += 1
            if self.calls == self._at:
                connection.die()

        return count


def plan_with(doom: Doom, cancels: float) -> Plan:
    script = Script(seed=3, fails=0, stumbles=0.5, cancels=cancels)
    return Plan(seed=3, flows={"run-1": EVERY_KIND}, script=script, inspect=doom.inspect)


def calls_of(cancels: float) -> int:
    doom = Doom(0, behind=False)
    simulate(plan_with(doom, cancels))
    return doom.calls


@pytest.mark.parametrize("behind", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("cancels", [0.0, 1.0], ids=["to_the_end", "cancelled"])
def test_a_scheduler_may_die_at_every_call(behind: bool, cancels: float) -> None:
    calls = calls_of(cancels)
    assert calls > 20
    found: dict[int, list[str]] = {}
    for at in range(1, calls + 1):
        plan = plan_with(Doom(at, behind=behind), cancels)
        found[at] = objections_to(plan, simulate(plan))
    assert not {at: wrong for at, wrong in found.items() if wrong}


def what_counts(plan: Plan, told: Told) -> dict[str, list[str]]:
    """The facts of each run that changed it.

    Timers are left out: one that is overtaken is purged only by who knows that it stands, and one
    that mattered shows by what followed from it.
    """
    counted: dict[str, list[str]] = {}
    for run, raw in plan.flows.items():
        state = initial(flow_of(raw))
        facts = counted[run] = []
        for recorded in told.histories[run]:
            before, state = state, evolve(state, recorded)
            if state is not before and not isinstance(recorded.fact, f.TimerFact):
                facts.append(recorded.fact.model_copy(update={"at": ""}).model_dump_json())
        facts.sort()
    return counted


def test_a_scheduler_that_forgets_all_after_each_delivery_writes_the_same(block: int) -> None:
    for seed in range(SEEDS_AT_ONCE * block, SEEDS_AT_ONCE * (block + 1)):
        plan = replace(plan_of(seed), workers=1)
        forgetful = replace(plan, most_actors=0)
        assert what_counts(plan, simulate(forgetful)) == what_counts(plan, simulate(plan)), seed
