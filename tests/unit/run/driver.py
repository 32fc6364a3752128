"""Drives a run to its end: plays scheduler, workers, timers, a person and the api, in any order.

Pure: what happens next is drawn from `chance`. Every action records one fact of a subject that is
not taken, attempts and executions are bounded, so a drive ends; if its run has not, none ever will.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from random import Random

from shared.flow import ConditionWork
from shared.log.subjects import rest_of
from shared.run import Timer, owed
from shared.run import facts as f
from shared.run.content import Limits, Receipt, Usage
from tests.unit.flow.drawing import Drawn
from tests.unit.run.tale import BROKEN, BUSY, IDENTITY, NO_LIMITS, UNCOUNTED, Tale

Action = Callable[[], object]

MOST_EXECUTIONS = 2
RARELY = 0.03
ENDS = (f.RunCompleted, f.RunFailed, f.RunCancelled)


class Driver:
    """One run, driven; `tale` is what became of it."""

    def __init__(
        self,
        raw: Drawn,
        chance: Random,
        *,
        limits: Limits = NO_LIMITS,
        start_at: str | None = None,
        cancels: bool = True,
    ) -> None:
        self.tale = Tale(raw, limits=limits, start_at=start_at)
        self._chance = chance
        self._cancels = cancels

    def drive(self) -> Tale:
        """The run, ended, unless nothing more can happen to it."""
        while self.tale.state.ended is None:
            actions = list(self._actions())
            if not actions:
                break
            self._chance.choice(actions)()
        return self.tale

    def _actions(self) -> Iterator[Action]:
        yield from self._scheduling()
        for rest, timer in self.tale.timers.items():
            if rest not in self.tale.log:
                yield partial(self._fire, timer)
        for recorded in self.tale.history:
            if isinstance(recorded.fact, f.StepReady):
                yield from self._working(recorded.fact)
            elif isinstance(recorded.fact, f.StepWaiting):
                yield from self._deciding(recorded.fact)
        if self._cancels and self._chance.random() < RARELY and "cancel" not in self.tale.log:
            yield partial(self.tale.record, f.RunCancelRequested(**IDENTITY))

    def _scheduling(self) -> Iterator[Action]:
        """Any fact that is owed, the end only after all others; timers come to stand."""
        required = owed(self.tale.state)
        facts = [one for one in required if not isinstance(one, Timer)]
        for one in required:
            if isinstance(one, Timer):
                self.tale.timers.setdefault(rest_of(one.fact), one)
        for fact in facts:
            assert rest_of(fact) not in self.tale.log, f"{rest_of(fact)} is recorded and still owed"
            if len(facts) == 1 or not isinstance(fact, ENDS):
                yield partial(self.tale.record, fact)

    def _fire(self, timer: Timer) -> None:
        self.tale.now = max(self.tale.now, timer.fires_at)
        self.tale.record(timer.fact)

    def _working(self, ready: f.StepReady) -> Iterator[Action]:
        at = {**IDENTITY, "step": ready.step, "node": ready.node, "attempt": ready.attempt}
        prefix = f"step.{ready.step}.{ready.attempt}"
        if f"{prefix}.finished" in self.tale.log:
            return
        record = self.tale.record
        execution = 1 + sum(f"{prefix}.{e}.started" in self.tale.log for e in (1, 2))
        if execution <= MOST_EXECUTIONS:
            yield partial(record, f.StepStarted(**at, execution=execution, worker="w"))
        if execution == 1:
            return
        last = execution - 1
        if f"{prefix}.{last}.released" not in self.tale.log:
            yield partial(record, f.StepReleased(**at, execution=last, worker="w"))
        yield partial(record, self._outcome(at, ready, last))

    def _outcome(self, at: dict[str, object], ready: f.StepReady, execution: int) -> f.StepFinished:
        usage = Usage(output_tokens=self._chance.randrange(10))
        stopping = "cancel" in self.tale.log or "stopping" in self.tale.log
        match self._chance.randrange(7):
            case 0:
                return f.StepFailed(**at, execution=execution, error=BROKEN, usage=usage)
            case 1:
                return f.StepFailed(**at, execution=execution, error=BUSY, usage=usage)
            case 2:
                return f.StepFailed(**at, **UNCOUNTED)
            case 3 if stopping:
                return f.StepCancelled(**at, execution=execution, receipt=Receipt(usage=usage))
        branches = None
        if isinstance(self.tale.flow.steps[ready.step].work, ConditionWork):
            branches = tuple(name for name in ("yes", "else") if self._chance.random() < 0.5)
        return f.StepCompleted(
            **at, execution=execution, output="text", branches=branches, usage=usage
        )

    def _deciding(self, asked: f.StepWaiting) -> Iterator[Action]:
        at = {**IDENTITY, "step": asked.step, "node": asked.node, "attempt": asked.attempt}
        if f"step.{asked.step}.{asked.attempt}.decided" not in self.tale.log:
            approve = self._chance.random() < 0.5
            decision = "approve" if approve else "reject"
            fact = f.StepDecided.model_validate({**at, "decision": decision})
            yield partial(self.tale.record, fact)
