"""What folding costs, in calls made rather than in time: a fact costs what its step's edges do."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from shared.run import RunState, evolve, initial, owed
from shared.run import facts as f
from tests.cost import calls_in
from tests.unit.flow.drawing import Drawn, drawing, edge, node
from tests.unit.run.tale import Tale


def chain(length: int) -> Drawn:
    names = [str(n) for n in range(length)]
    return drawing([node(name) for name in names], [edge(a, b) for a, b in pairwise(names)])


def star(width: int) -> Drawn:
    """One step, `width` steps behind it, and a merge of them all."""
    rays = [f"r{n}" for n in range(width)]
    nodes = [node("hub"), *(node(ray) for ray in rays), node("end", "merge")]
    return drawing(nodes, [*(edge("hub", r) for r in rays), *(edge(r, "end") for r in rays)])


def completed(raw: Drawn) -> Tale:
    tale = Tale(raw)
    tale.settle()
    for step in tale.flow.steps:
        tale.complete(step.node)
    assert tale.state.ended is not None
    return tale


def folding(tale: Tale) -> Callable[[], RunState]:
    def work() -> RunState:
        state = initial(tale.flow)
        for recorded in tale.history:
            state = evolve(state, recorded)
            if isinstance(recorded.fact, f.StepCompleted):  # what a scheduler is told of
                owed(state)
        return state

    return work


def test_a_chain_ten_times_as_long_costs_ten_times_as_much() -> None:
    short, long = (calls_in(folding(completed(chain(n)))) for n in (100, 1_000))
    assert long < 11 * short


def test_a_fan_ten_times_as_wide_costs_ten_times_as_much() -> None:
    narrow, wide = (calls_in(folding(completed(star(n)))) for n in (50, 500))
    assert wide < 12 * narrow


def test_a_fact_costs_a_bounded_number_of_calls() -> None:
    tale = completed(chain(1_000))
    assert calls_in(folding(tale)) < 120 * len(tale.history)
