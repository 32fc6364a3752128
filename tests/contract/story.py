"""Facts of one run, told shortly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict

from shared.log.subjects import Address
from shared.run import facts as f
from shared.run.content import Cause


class _Identity(TypedDict):
    workspace: str
    run: str
    partition: int


class _StepIdentity(_Identity):
    step: int
    node: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Story:
    """A run that things happen to."""

    workspace: str
    run: str
    partition: int = 0

    @property
    def address(self) -> Address:
        return Address(self.partition, self.workspace, self.run)

    def _is(self) -> _Identity:
        return {"workspace": self.workspace, "run": self.run, "partition": self.partition}

    def _at(self, step: int, attempt: int) -> _StepIdentity:
        return {**self._is(), "step": step, "node": f"node-{step}", "attempt": attempt}

    def requested(self, text: str = "") -> f.RunRequested:
        return f.RunRequested(**self._is(), flow="0" * 64, input=text)

    def started(self) -> f.RunStarted:
        return f.RunStarted(**self._is())

    def start_due(self) -> f.RunStartDue:
        return f.RunStartDue(**self._is())

    def cancel(self) -> f.RunCancelRequested:
        return f.RunCancelRequested(**self._is())

    def deadline(self) -> f.RunDeadlineReached:
        return f.RunDeadlineReached(**self._is())

    def stopping(self) -> f.RunStopping:
        return f.RunStopping(**self._is(), reason="cancelled")

    def stop_due(self) -> f.RunStopDue:
        return f.RunStopDue(**self._is())

    def finished(self) -> f.RunCompleted:
        return f.RunCompleted(**self._is())

    def ready(
        self, step: int = 0, attempt: int = 1, pool: str = "default", queue: str = "shared"
    ) -> f.StepReady:
        return f.StepReady(**self._at(step, attempt), kind="agent", pool=pool, queue=queue)

    def step_started(self, step: int = 0, attempt: int = 1, execution: int = 1) -> f.StepStarted:
        return f.StepStarted(**self._at(step, attempt), execution=execution, worker="w")

    def released(self, step: int = 0, attempt: int = 1, execution: int = 1) -> f.StepReleased:
        return f.StepReleased(**self._at(step, attempt), execution=execution, worker="w")

    def turn(self, step: int = 0, attempt: int = 1, turn: int = 1) -> f.StepTurn:
        return f.StepTurn(
            **self._at(step, attempt), turn=turn, execution=1, model="m", content="words"
        )

    def completed(self, step: int = 0, attempt: int = 1, text: str = "") -> f.StepCompleted:
        return f.StepCompleted(**self._at(step, attempt), execution=1, output=text)

    def failed(self, step: int = 0, attempt: int = 1) -> f.StepFailed:
        cause = Cause(code="overloaded", message="the model is busy", retryable=True)
        return f.StepFailed(**self._at(step, attempt), error=cause)

    def retry(self, step: int = 0, attempt: int = 1) -> f.StepRetryScheduled:
        return f.StepRetryScheduled(**self._at(step, attempt), delay_seconds=5)

    def waiting(self, step: int = 0, attempt: int = 1) -> f.StepWaiting:
        return f.StepWaiting(**self._at(step, attempt))

    def decided(self, step: int = 0, attempt: int = 1) -> f.StepDecided:
        return f.StepDecided(**self._at(step, attempt), decision="approve")

    def due(
        self,
        step: int = 0,
        attempt: int = 1,
        purpose: Literal["retry", "approval", "queue"] = "retry",
    ) -> f.StepDue:
        return f.StepDue(**self._at(step, attempt), purpose=purpose)

    def skipped(self, step: int = 0) -> f.StepSkipped:
        return f.StepSkipped(**self._is(), step=step, node=f"node-{step}")

    def delta(self, offset: int, text: str = "x", step: int = 0, attempt: int = 1) -> f.StepDelta:
        return f.StepDelta(**self._at(step, attempt), execution=1, offset=offset, text=text)
