"""What workers, people and callers do, decided by a hash: whoever asks gets the same answer."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

from shared.flow import ConditionWork, Flow
from shared.run import facts as f
from shared.run.content import Cause, Usage
from tests.unit.run.tale import LIMITED, UNCOUNTED

BUSY = Cause(code="overloaded", message="the model is busy", retryable=True)
BROKEN = Cause(code="invalid_request", message="the model refuses the request")


@dataclass(frozen=True, slots=True)
class Script:
    """The part of everyone but the scheduler, in runs of one seed."""

    seed: int
    fails: float = 0.15
    stumbles: float = 0.2
    cancels: float = 0.2
    limits: float = 0.15

    def _chance(self, *about: object) -> Random:
        return Random(f"{self.seed}/{'/'.join(map(str, about))}")

    def seconds_of(self, ready: f.StepReady, execution: int) -> float:
        """How long a worker works at it; never the same for two attempts, at first seldom long."""
        chance = self._chance("works", ready.run, ready.step, ready.attempt)
        is_long = execution == 1 and chance.random() < 0.1
        return chance.uniform(20, 50) if is_long else chance.uniform(0.01, 2)

    def outcome(self, flow: Flow, ready: f.StepReady, execution: int) -> f.StepFinished:
        """What comes of it."""
        chance = self._chance("ends", ready.run, ready.step, ready.attempt)
        at = at_attempt(ready)
        fate, usage = chance.random(), Usage(output_tokens=chance.randrange(9))
        if fate < self.fails:
            return f.StepFailed(**at, execution=execution, error=BROKEN, usage=usage)
        if fate < self.fails + self.stumbles:
            return f.StepFailed(**at, execution=execution, error=BUSY, usage=usage)
        if fate < self.fails + self.stumbles + self.limits:
            asked = chance.choice((None, -1.0, 0.0, 3.0, 45.0))
            limited = LIMITED.model_copy(update={"retry_after_seconds": asked})
            return f.StepFailed(**at, **{**UNCOUNTED, "error": limited})
        branches = None
        if isinstance(flow.steps[ready.step].work, ConditionWork):
            branches = tuple(name for name in ("yes", "else") if chance.random() < 0.6)
        return f.StepCompleted(
            **at, execution=execution, output="words", branches=branches, usage=usage
        )

    def decision(self, asked: f.StepWaiting) -> tuple[float, Literal["approve", "reject"]]:
        """After how many seconds a person answers, and what."""
        chance = self._chance("decides", asked.run, asked.step)
        return chance.uniform(1, 90), "approve" if chance.random() < 0.7 else "reject"

    def cancel_after(self, run: str) -> float | None:
        """After how many seconds the caller changes their mind, if ever."""
        chance = self._chance("cancels", run)
        return chance.uniform(0, 8) if chance.random() < self.cancels else None


def at_attempt(fact: f.StepReady | f.StepWaiting) -> dict[str, object]:
    """The fields that name the attempt."""
    names = ("workspace", "run", "partition", "step", "node", "attempt")
    return {name: getattr(fact, name) for name in names}
