"""One run, told fact by fact: its log, the state folded so far, and the timers that stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar

from shared.flow import Step
from shared.log.subjects import rest_of
from shared.run import (
    NOTHING_KEPT,
    Kept,
    Recorded,
    RunState,
    StepStatus,
    Timer,
    evolve,
    initial,
    owed,
)
from shared.run import facts as f
from shared.run.content import Blob, Cause, Limits, Receipt, Usage
from shared.run.owed import Owed
from shared.run.status import step_status_of
from tests.unit.flow.drawing import Drawn, flow_of

F = TypeVar("F", bound=f.RunFact)

DAWN = datetime(2030, 1, 1, tzinfo=UTC)
TICK = timedelta(milliseconds=1)
NO_LIMITS = Limits()
IDENTITY: dict[str, Any] = {"workspace": "acme", "run": "run-1", "partition": 0}
BUSY = Cause(code="overloaded", message="the model is busy", retryable=True)
LIMITED = Cause(
    code="rate_limited", message="the limit is reached", retryable=True, retry_after_seconds=9
)
UNCOUNTED: dict[str, Any] = {"version": f.UNCOUNTED, "counted": False, "error": LIMITED}
BROKEN = Cause(code="invalid_request", message="the model refuses the request")


@dataclass(frozen=True)
class ForkOf:
    """What a fork has from another run, and behind which steps it ends."""

    kept: Kept
    until: tuple[int, ...] = ()

    @property
    def fields(self) -> dict[str, Any]:
        """What its request says of that."""
        return {
            "version": f.KEEPS_JSON if any(k.is_json for k in self.kept.values()) else f.FORKED,
            "forked_from": "run-0",
            "until_steps": self.until,
            "kept": Blob(blob="ef" * 32, size_bytes=2),
        }


class Tale:
    """Every fact is recorded once, a millisecond after the one before. Steps go by node id."""

    def __init__(
        self,
        raw: Drawn,
        *,
        limits: Limits = NO_LIMITS,
        start_at: str | None = None,
        fork: ForkOf | None = None,
        queue: str = "shared",
    ) -> None:
        self.flow = flow_of(raw)
        self.state: RunState = initial(self.flow, NOTHING_KEPT if fork is None else fork.kept)
        self.log: dict[str, Recorded] = {}
        self.timers: dict[str, Timer] = {}
        self.now = DAWN
        self.record(
            f.RunRequested(
                **IDENTITY,
                flow=self.flow.version,
                input="words",
                input_sha256="sha-of-words",
                input_size_bytes=5,
                limits=limits,
                start_at=start_at,
                queue=queue,
                **({} if fork is None else fork.fields),
            )
        )

    @property
    def history(self) -> list[Recorded]:
        return list(self.log.values())

    def record(self, fact: f.Lifecycle) -> bool:
        """Store and fold the fact, unless one of its subject is there."""
        rest = rest_of(fact)
        if rest in self.log:
            return False
        self.now += TICK
        recorded = Recorded(fact=fact, sequence=len(self.log) + 1, time=self.now)
        self.log[rest] = recorded
        self.state = evolve(self.state, recorded)
        return True

    # What the scheduler does

    def owes(self) -> dict[str, Owed]:
        """What is owed now, by the rest of its subject."""
        return {rest_of(_fact(one)): one for one in owed(self.state)}

    def settle(self) -> list[str]:
        """Record what is owed until nothing but timers is; the rests of it all, in order."""
        told: list[str] = []
        while True:
            required = self.owes()
            self.timers = {rest: one for rest, one in required.items() if isinstance(one, Timer)}
            facts = {rest: one for rest, one in required.items() if not isinstance(one, Timer)}
            if not facts:
                return told
            for rest, fact in facts.items():
                assert self.record(fact), f"{rest} is recorded and still owed"
            told += facts

    # What others do

    def start(self, node: str, execution: int = 1) -> None:
        self.record(f.StepStarted(**self.at(node), execution=execution, worker="w-1"))

    def release(self, node: str, execution: int = 1) -> None:
        self.record(f.StepReleased(**self.at(node), execution=execution, worker="w-1"))

    def complete(
        self, node: str, output: str = "done", *, take: Iterable[str] | None = None, tokens: int = 0
    ) -> list[str]:
        """The step completes by these handles; what the scheduler records then."""
        self.record(
            f.StepCompleted(
                **self.at(node),
                execution=1,
                output=output,
                output_sha256=f"sha-{node}",
                size_bytes=len(output),
                branches=None if take is None else tuple(take),
                usage=Usage(output_tokens=tokens),
            )
        )
        return self.settle()

    def fail(self, node: str, error: Cause = BROKEN) -> list[str]:
        self.record(f.StepFailed(**self.at(node), execution=1, error=error))
        return self.settle()

    def hand_back(self, node: str, error: Cause = LIMITED) -> list[str]:
        """A worker does not begin the step: its provider's limit is reached."""
        self.record(f.StepFailed(**self.at(node), **{**UNCOUNTED, "error": error}))
        return self.settle()

    def abort(self, node: str) -> list[str]:
        receipt = Receipt(aborted_after_ms=3, text="do", usage=Usage(output_tokens=1))
        self.record(f.StepCancelled(**self.at(node), execution=1, receipt=receipt))
        return self.settle()

    def decide(self, node: str, decision: Literal["approve", "reject"] = "approve") -> list[str]:
        self.record(f.StepDecided(**self.at(node), decision=decision))
        return self.settle()

    def due(self, node: str, purpose: Literal["retry", "approval", "queue"]) -> list[str]:
        self.record(f.StepDue(**self.at(node), purpose=purpose))
        return self.settle()

    def cancel(self) -> list[str]:
        self.record(f.RunCancelRequested(**IDENTITY))
        return self.settle()

    def deadline(self) -> list[str]:
        self.record(f.RunDeadlineReached(**IDENTITY))
        return self.settle()

    def stop_due(self) -> list[str]:
        self.record(f.RunStopDue(**IDENTITY))
        return self.settle()

    # What a reader asks

    def at(self, node: str) -> dict[str, Any]:
        """The fields of a fact about the latest attempt of a node's step."""
        number = self.step(node).number
        attempt = max(1, self.state.step(number).attempt)
        return {**IDENTITY, "step": number, "node": node, "attempt": attempt}

    def run(self) -> dict[str, Any]:
        """The fields of a fact about the run."""
        return IDENTITY

    def step(self, node: str) -> Step:
        return self.flow.step_of(node)

    def status(self, node: str) -> StepStatus:
        return step_status_of(self.state, self.step(node).number)

    def said(self, kind: type[F], rest: str) -> F:
        """The recorded fact of this rest, which must be of this kind."""
        fact = self.log[rest].fact
        assert isinstance(fact, kind), fact
        return fact

    def seconds_until(self, rest: str) -> float:
        """How long after the latest fact the timer fires."""
        return (self.timers[rest].fires_at - self.now).total_seconds()


def _fact(one: Owed) -> f.Lifecycle:
    return one.fact if isinstance(one, Timer) else one
