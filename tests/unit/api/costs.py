"""Runs of which it is known what they cost: the facts, when each was recorded, and the dollars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from shared.run import facts as f
from shared.run.content import Cause, Receipt, Usage
from shared.run.wire import Recorded

RUN = "019e0000-0000-7000-8000-000000000001"
HAIKU = "claude-haiku-5-5"
SONNET = "claude-sonnet-5-5"
MILLION = 1_000_000
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EVE = datetime(2026, 10, 6, 23, 59, 50, tzinfo=UTC)  # reads from the cache cost half a day later
_IDS: dict[str, Any] = {"workspace": "acme", "run": RUN, "partition": 0}
REQUESTED = f.RunRequested(**_IDS, flow="0" * 64)
ENDED = f.RunCompleted(**_IDS)


class Costing(NamedTuple):
    """Facts in their order, the first recorded at `since` and each a second after the other."""

    facts: list[f.Lifecycle]
    cost_usd: str | None
    since: datetime = NOON

    @property
    def recorded(self) -> list[Recorded]:
        """As a log has them."""
        return [
            Recorded(fact=fact, sequence=n, time=self.since + timedelta(seconds=n - 1))
            for n, fact in enumerate([REQUESTED, *self.facts], 1)
        ]


def of(step: int = 0, attempt: int = 1) -> dict[str, Any]:
    return {**_IDS, "step": step, "node": f"node-{step}", "attempt": attempt}


def ready(first: int) -> list[f.Lifecycle]:
    """Steps made ready, one a second, until behind midnight where they began in the eve."""
    return [f.StepReady(**of(step), kind="agent", pool="p") for step in range(first, 15)]


def started(step: int = 0, attempt: int = 1, execution: int = 1) -> f.StepStarted:
    return f.StepStarted(**of(step, attempt), execution=execution, worker="w")


def turn(number: int, model: str = HAIKU, step: int = 0, **counts: int) -> f.StepTurn:
    said = {"turn": number, "execution": 1, "content": "[]", "model": model}
    return f.StepTurn(**of(step), **said, usage=Usage(**counts))


def completed(model: str | None = HAIKU, step: int = 0, **counts: int) -> f.StepCompleted:
    return f.StepCompleted(**of(step), output="", model=model, usage=Usage(**counts))


def failed(model: str | None = HAIKU, step: int = 0, **counts: int) -> f.StepFailed:
    cause = Cause(code="overloaded", message="busy")
    return f.StepFailed(**of(step), error=cause, model=model, usage=Usage(**counts))


def cancelled(model: str | None = HAIKU, **counts: int) -> f.StepCancelled:
    return f.StepCancelled(**of(), receipt=Receipt(usage=Usage(**counts)), model=model)


COSTS: dict[str, Costing] = {
    "a run that used nothing": Costing([started(), completed(None)], "0.000000"),
    "a run that has not begun": Costing([], "0.000000"),
    "one call": Costing(
        [started(), completed(input_tokens=31, output_tokens=19)], "0.000013"
    ),
    "a prompt that ends a tier": Costing([started(), completed(input_tokens=100_000)], "0.010000"),
    "a prompt that begins the next": Costing(
        [started(), completed(input_tokens=60_000, cache_read_tokens=40_001)], "0.032000"
    ),
    "small calls that are large together": Costing(
        [
            started(),
            turn(1, input_tokens=90_000),
            turn(2, input_tokens=90_000),
            completed(input_tokens=180_000),
            started(1),
            completed(step=1, input_tokens=90_000),
        ],
        "0.027000",
    ),
    "turns of two tiers": Costing(
        [
            started(),
            turn(1, input_tokens=100_000),
            turn(2, input_tokens=100_001),
            completed(input_tokens=200_001),
        ],
        "0.060001",
    ),
    "turns so far": Costing([started(), turn(1, output_tokens=MILLION)], "0.500000"),
    "a call cut short behind turns": Costing(
        [
            started(),
            turn(1, input_tokens=100_000),
            failed(input_tokens=200_500, output_tokens=10),
        ],
        # 10,000 and, in the tier above, 50,250 + 25.
        "0.060275",
    ),
    "an outcome that used nothing behind turns": Costing(
        [started(), turn(1, input_tokens=MILLION), failed(None)], "0.500000"
    ),
    "a receipt": Costing([started(), cancelled(input_tokens=10, output_tokens=2)], "0.000002"),
    "an outcome with less than its turns": Costing(
        [
            started(),
            turn(1, input_tokens=90_000),
            turn(2, input_tokens=90_000),
            failed(input_tokens=120_000),
        ],
        "0.060000",
    ),
    "attempts and models": Costing(
        [
            started(),
            failed(output_tokens=2),
            started(attempt=2),
            turn(1, SONNET, step=1, output_tokens=3),
            completed(SONNET, step=1, output_tokens=3),
        ],
        "0.000031",
    ),
    "halves of micro-dollars, rounded once": Costing(
        [
            fact
            for step in range(3)
            for fact in (started(step), completed(step=step, output_tokens=1))
        ],
        # 1.5 and not 3 x 0.5, each rounded up.
        "0.000002",
    ),
    "a day before the price fell, by its start": Costing(
        [
            started(),
            *ready(1),
            completed(SONNET, cache_read_tokens=MILLION),
        ],
        "0.200000",
        EVE,
    ),
    "a start before midnight, lost, and another behind it": Costing(
        [
            started(),
            *ready(1),
            started(execution=2),
            completed(SONNET, cache_read_tokens=MILLION),
        ],
        "0.200000",
        EVE,
    ),
    "attempts of two days": Costing(
        [
            started(),
            failed(SONNET, cache_read_tokens=MILLION),
            *ready(2),
            started(1),
            completed(SONNET, step=1, cache_read_tokens=MILLION),
        ],
        "0.300000",
        EVE,
    ),
    "no start on record: the day it was asked for": Costing(
        [
            *ready(0),
            completed(SONNET, cache_read_tokens=MILLION),
        ],
        "0.200000",
        EVE,
    ),
    "a model that nobody knows": Costing(
        [started(), completed(input_tokens=1), started(1), completed("m", step=1, input_tokens=1)],
        None,
    ),
    "a model that is not named": Costing([started(), failed(None, input_tokens=1)], None),
    "a model nobody knows that used nothing": Costing([started(), completed("m")], "0.000000"),
    "turns behind the run's end": Costing(
        [started(), turn(1, output_tokens=2), ENDED, turn(2, output_tokens=2)], "0.000002"
    ),
}  # fmt: skip
