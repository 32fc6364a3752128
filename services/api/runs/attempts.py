"""What became of each attempt of each step, gathered from a run's facts in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from services.api.runs.usage import AttemptUsage, ModelCall
from shared.run import facts as f
from shared.run.content import (
    Cause,
    CitationAt,
    Content,
    ContentRef,
    InputRef,
    KeptDecision,
    Receipt,
    Usage,
)
from shared.run.meaning import by_type
from shared.run.used import ALTOGETHER, used_by
from shared.run.wire import Recorded


@dataclass(slots=True)
class Execution:
    """One delivery to a worker."""

    execution: int
    worker: str
    started_at: datetime
    released_at: datetime | None = None


@dataclass(slots=True)
class Call:
    """One call of a tool: who began it, in order, and what came of it.

    One that was refused was begun by nobody and has no `input`.
    """

    turn: int
    index: int
    tool: str
    call_id: str
    executions: list[int] = field(default_factory=list)
    called_at: datetime | None = None
    input: Content | None = None
    returned: f.ToolReturned | None = None
    returned_at: datetime | None = None


@dataclass(slots=True)
class Approval:
    """A question to a person: until when, and what decided it first, a person or the time.

    `decided_in` is the run it was asked in, if that is another.
    """

    prompt: str | None
    asked_at: datetime
    expires_at: datetime | None
    decision: str | None = None
    comment: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    decided_in: str | None = None
    timed_out: bool = False


@dataclass(slots=True)
class Attempt:
    """One try of a step, as far as the facts tell."""

    attempt: int
    pool: str | None = None
    queue: str | None = None
    ready_at: datetime | None = None
    executions: list[Execution] = field(default_factory=list)
    calls: dict[tuple[int, int], Call] = field(default_factory=dict)
    finished_at: datetime | None = None
    outcome: str | None = None
    used: AttemptUsage = field(default_factory=AttemptUsage)
    model: str | None = None
    stop_reason: str | None = None
    truncated: bool = False
    error: Cause | None = None
    receipt: Receipt | None = None
    retry_delay_seconds: float | None = None
    output: Content | None = None
    content: tuple[ContentRef, ...] | None = None
    size_bytes: int = 0
    inputs: tuple[InputRef, ...] = ()
    branches: tuple[str, ...] | None = None
    approval: Approval | None = None
    kept: bool = False
    is_json: bool = False
    citations: tuple[CitationAt, ...] = ()
    citations_left_out: int = 0

    @property
    def started_at(self) -> datetime | None:
        """When work on it first began."""
        return self.executions[0].started_at if self.executions else None

    @property
    def usage(self) -> Usage:
        """What it used, so far or altogether."""
        return self.used.usage


Attempts = dict[int, list[Attempt]]
_DECISIONS = {"approved": "approve", "rejected": "reject"}


def attempts_of(recorded: Iterable[Recorded], void: Iterable[Recorded] = ()) -> Attempts:
    """The attempts by step number, in order; of `void` facts only what was used counts."""
    found: dict[int, dict[int, Attempt]] = {}
    for each in recorded:
        fact = each.fact
        if isinstance(fact, f.StepFact):
            of_step = found.setdefault(fact.step, {})
            attempt = of_step.setdefault(fact.attempt, Attempt(fact.attempt))
            _apply(attempt, fact, each.time)
    for late in (each.fact for each in void):
        if isinstance(late, f.StepFact) and late.attempt in found.get(late.step, {}):
            _use(found[late.step][late.attempt], late)
    return {step: list(attempts.values()) for step, attempts in found.items()}


def _apply(attempt: Attempt, fact: f.StepFact, time: datetime) -> None:
    _use(attempt, fact)
    if rule := _RULES.get(type(fact)):
        rule(attempt, fact, time)


def _ready(attempt: Attempt, fact: f.StepReady, time: datetime) -> None:
    attempt.pool, attempt.queue, attempt.model = fact.pool, fact.queue, fact.model
    attempt.ready_at, attempt.inputs = time, fact.inputs


def _waiting(attempt: Attempt, fact: f.StepWaiting, time: datetime) -> None:
    attempt.ready_at, attempt.inputs = time, fact.inputs
    attempt.approval = _asked(fact, time)


def _decided(attempt: Attempt, fact: f.StepDecided | f.StepDue, time: datetime) -> None:
    if attempt.approval is not None and attempt.approval.decided_at is None:
        _decide(attempt.approval, fact, time)


def _due(attempt: Attempt, fact: f.StepDue, time: datetime) -> None:
    if fact.purpose == "approval":
        _decided(attempt, fact, time)


def _started(attempt: Attempt, fact: f.StepStarted, time: datetime) -> None:
    attempt.executions.append(Execution(fact.execution, fact.worker, time))


def _released(attempt: Attempt, fact: f.StepReleased, time: datetime) -> None:
    for execution in attempt.executions:
        if execution.execution == fact.execution:
            execution.released_at = time


def _turn(attempt: Attempt, fact: f.StepTurn, time: datetime) -> None:
    attempt.model = fact.model


def _called(attempt: Attempt, fact: f.ToolCalled, time: datetime) -> None:
    call = _call(attempt, fact)
    call.executions.append(fact.execution)
    call.input, call.called_at = fact.input, call.called_at or time


def _returned(attempt: Attempt, fact: f.ToolReturned, time: datetime) -> None:
    call = _call(attempt, fact)
    call.returned, call.returned_at = fact, time


def _call(attempt: Attempt, fact: f.ToolCalled | f.ToolReturned) -> Call:
    place = fact.turn, fact.index
    return attempt.calls.setdefault(place, Call(*place, fact.tool, fact.call_id))


def _retrying(attempt: Attempt, fact: f.StepRetryScheduled, time: datetime) -> None:
    attempt.retry_delay_seconds = fact.delay_seconds


def _finished(attempt: Attempt, fact: f.StepFinished, time: datetime) -> None:
    attempt.finished_at = time
    attempt.outcome = fact.type.removeprefix("step.")
    attempt.model = fact.model or attempt.model
    _end(attempt, fact, time)


def _use(attempt: Attempt, fact: f.StepFact) -> None:
    used = used_by(fact)
    if used is None:
        return
    call = ModelCall(used.model, used.usage)
    if used.turn == ALTOGETHER:
        attempt.used.end(call)
    else:
        attempt.used.add_turn(used.turn, call)


def _asked(fact: f.StepWaiting, time: datetime) -> Approval:
    seconds = fact.timeout_seconds
    expires_at = None if seconds is None else time + timedelta(seconds=seconds)
    return Approval(fact.prompt, time, expires_at)


def _decide(approval: Approval, fact: f.StepDecided | f.StepDue, time: datetime) -> None:
    approval.decided_at = time
    if isinstance(fact, f.StepDecided):
        approval.decision, approval.comment = fact.decision, fact.comment
        approval.decided_by = fact.decided_by
    else:
        approval.timed_out = True


def _kept(decided: KeptDecision, time: datetime) -> Approval:
    """The question as it was answered in another run."""
    return Approval(
        prompt=None,
        asked_at=time,
        expires_at=None,
        decision=decided.decision,
        comment=decided.comment,
        decided_by=decided.decided_by,
        decided_at=time,
        decided_in=decided.run,
        timed_out=decided.decided_by is None,
    )


def _end(attempt: Attempt, fact: f.StepFinished, time: datetime) -> None:
    match fact:
        case f.StepCompleted():
            attempt.stop_reason, attempt.truncated = fact.stop_reason, fact.truncated
            attempt.output, attempt.content = fact.output, fact.content
            attempt.size_bytes, attempt.is_json = fact.size_bytes, fact.is_json
            attempt.branches, attempt.kept = fact.branches, fact.kept
            attempt.citations = fact.citations
            attempt.citations_left_out = fact.citations_left_out
            if fact.decided is not None:
                attempt.approval = _kept(fact.decided, time)
            if attempt.approval is not None and fact.branches:
                attempt.approval.decision = _DECISIONS.get(fact.branches[0])
            attempt.inputs = attempt.inputs or fact.inputs
        case f.StepFailed():
            attempt.error = fact.error
        case f.StepCancelled():
            attempt.receipt = fact.receipt


_Rule: TypeAlias = Callable[[Attempt, Any, datetime], None]
_RULES: dict[type[f.RunFact], _Rule] = by_type(
    "attempts",
    {
        f.StepReady: _ready,
        f.StepStarted: _started,
        f.StepReleased: _released,
        f.StepTurn: _turn,
        f.ToolCalled: _called,
        f.ToolReturned: _returned,
        f.StepCompleted: _finished,
        f.StepFailed: _finished,
        f.StepCancelled: _finished,
        f.StepRetryScheduled: _retrying,
        f.StepWaiting: _waiting,
        f.StepDecided: _decided,
        f.StepDue: _due,
    },
)
