"""What runs cost, from their facts alone: by calls, tiers and days, rounded once."""

import json

import pytest

from services.api.runs.attempts import attempts_of
from services.api.runs.usage import AttemptUsage, ModelCall, cost_usd
from shared.run import facts as f
from shared.run.content import Usage
from shared.run.wire import decode
from tests.unit.api.costs import COSTS, HAIKU, Costing, turn


@pytest.mark.parametrize("case", COSTS)
def test_a_run_costs_what_its_calls_cost_on_the_day_each_attempt_began(case: str) -> None:
    assert cost_of(COSTS[case]) == COSTS[case].cost_usd


@pytest.mark.parametrize(("model", "cost"), [(HAIKU, "0.500000"), ("m", None)])
def test_a_turn_of_version_1_costs_what_its_model_costs(model: str, cost: str | None) -> None:
    now = turn(1, model, output_tokens=1_000_000).model_dump(exclude={"provider", "text"})
    before = decode(json.dumps({**now, "version": 1}).encode())
    assert isinstance(before, f.StepTurn)
    assert cost_of(Costing([before], cost)) == cost


def test_the_calls_of_an_attempt_are_its_turns_and_what_was_cut_short() -> None:
    used = AttemptUsage()
    used.add_turn(1, ModelCall("a", Usage(input_tokens=5)))
    used.add_turn(1, ModelCall("b", Usage(input_tokens=6)))
    assert used.usage == Usage(input_tokens=5)
    used.end(ModelCall("c", Usage()))
    assert list(used.calls()) == [ModelCall("a", Usage(input_tokens=5))]
    used.end(ModelCall("c", Usage(input_tokens=5, web_fetch_requests=1)))
    used.end(ModelCall("d", Usage(input_tokens=9)))
    assert used.usage == Usage(input_tokens=5, web_fetch_requests=1)
    assert list(used.calls())[1:] == [ModelCall("c", Usage(web_fetch_requests=1))]


def cost_of(costing: Costing) -> str | None:
    """As the api tells it of a run that is read."""
    recorded = costing.recorded
    ends = (n for n, each in enumerate(recorded, 1) if isinstance(each.fact, f.RunEnded))
    end = next(ends, len(recorded))
    attempts = attempts_of(recorded[:end], recorded[end:])
    every = [attempt for of_step in attempts.values() for attempt in of_step]
    return cost_usd((each.used, each.started_at or costing.since) for each in every)
