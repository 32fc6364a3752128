"""What a state still requires: every rule of what happens next.

Level-triggered: `owed` says all that is required now, however often it is asked, and the log
refuses what is there already. That is the whole of recovery.

    not begun    run.started, the timers of start and deadline
    running      per step on the agenda: ready, skipped, retry, waiting, its timers
                 all settled: completed, or failed `no_output`
                 cancelled, overdue, overspent, failed for good: stopping, once
    stopping     nothing new; open attempts nobody is at end by decree, the others by themselves,
                 or at stop_due by decree too; the end
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.flow import Step
from shared.flow.work import LONGEST_SECONDS
from shared.run import facts as f
from shared.run import resolve
from shared.run.content import Cause, Receipt
from shared.run.retry import delay_after
from shared.run.state import RunState, Stage, StepState

STOP_GRACE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Timer:
    """A fact to come to pass at `fires_at` unless it is overtaken."""

    fact: f.TimerFact
    fires_at: datetime


Owed = f.Lifecycle | Timer


def owed(state: RunState) -> tuple[Owed, ...]:
    """Everything this state requires, in the order in which it should be recorded."""
    if state.requested is None or state.ended is not None:
        return ()
    if state.stop is not None:
        return tuple(_stopping(state, state.stop.since))
    stop = _reason_to_stop(state)
    if stop is not None:
        return (stop,)
    start = _start(state)
    return (start,) if start is not None else tuple(_going_on(state))


def ids(state: RunState) -> dict[str, Any]:
    """The fields that name the run in each of its facts."""
    assert state.requested is not None
    at = state.requested
    return {"workspace": at.workspace, "run": at.run, "partition": at.partition}


def standing(state: RunState) -> tuple[Timer, ...]:
    """The timers of a run that is to stop which may stand, whoever has set them; else none."""
    if state.requested is None or state.ended is not None:
        return ()
    if state.stop is None and _reason_to_stop(state) is None:
        return ()
    start = _start(state)
    going_on = () if start is not None else _going_on(state)
    return tuple(one for one in (start, *going_on) if isinstance(one, Timer))


def reads_back(fact: Owed, state: RunState) -> bool:
    """The recorded fact must be read before anything follows from it.

    Its own time decides something, or another's outcome of the same attempt may stand there first.
    """
    match fact:
        case f.RunStopping() | f.StepRetryScheduled() | f.StepFailed():
            return True
        case f.StepWaiting():
            return fact.timeout_seconds is not None
        case f.StepReady():
            return state.flow.steps[fact.step].queue_seconds is not None
        case _:
            return False


def needs_history(fact: f.Lifecycle | f.Stream) -> bool:
    """What the fact means depends on facts nobody delivers: has a worker started the step?"""
    return isinstance(fact, f.StepDue) and fact.purpose == "queue"


def _reason_to_stop(state: RunState) -> f.RunStopping | None:
    assert state.requested is not None
    limit = state.requested.limits.max_total_tokens
    if state.cancel_requested:
        return f.RunStopping(**ids(state), reason="cancelled")
    if state.deadline_reached:
        seconds = state.requested.limits.deadline_seconds or LONGEST_SECONDS
        error = Cause(code="deadline_exceeded", message=f"not done within {seconds} s")
        return f.RunStopping(**ids(state), reason="deadline", error=error)
    if limit is not None and state.tokens > limit:
        error = Cause(code="budget_exceeded", message=f"used {state.tokens} of {limit} tokens")
        return f.RunStopping(**ids(state), reason="budget", error=error)
    if state.failure is not None:
        return f.RunStopping(**ids(state), reason="failed", error=state.failure)
    return None


def _start(state: RunState) -> Timer | None:
    """The timer of a delayed start that has not come."""
    assert state.requested is not None
    if state.requested.start_at is None or state.start_due:
        return None
    at = datetime.fromisoformat(state.requested.start_at)
    return Timer(f.RunStartDue(**ids(state)), at)


def _going_on(state: RunState) -> Iterator[Owed]:
    assert state.requested is not None
    assert state.begins is not None
    if not state.started:
        yield f.RunStarted(**ids(state))
    deadline = state.requested.limits.deadline_seconds
    if deadline is not None:
        fires_at = state.begins + timedelta(seconds=deadline)
        yield Timer(f.RunDeadlineReached(**ids(state)), fires_at)
    for number in state.agenda:
        yield from _for_step(state, state.flow.steps[number], state.step(number))
    if state.settled == len(state.flow.steps):
        yield _end(state)


def _for_step(state: RunState, step: Step, now: StepState) -> Iterator[Owed]:
    match now.stage:
        case Stage.PENDING:
            yield resolve.begin(state, step)
        case Stage.READY:
            yield _timer(state, step, now, "queue", step.queue_seconds)
        case Stage.QUEUE_DUE:
            error = Cause(code="queue_timeout", message=f"no worker within {step.queue_seconds} s")
            yield f.StepFailed(**_attempt(state, step, now.attempt), error=error)
        case Stage.WAITING:
            yield _timer(state, step, now, "approval", resolve.approval(step).timeout_seconds)
        case Stage.ANSWERED:
            yield resolve.answered(state, step, now)
        case Stage.FINISHED:
            yield _retry(state, step, now)
        case Stage.RETRYING:
            yield _timer(state, step, now, "retry", now.delay_seconds)
        case Stage.RETRY_DUE:
            yield resolve.ready(state, step, now.attempt + 1)
        case Stage.EXECUTING | Stage.SKIPPED:
            return


def _attempt(state: RunState, step: Step, attempt: int) -> dict[str, Any]:
    return {**ids(state), "step": step.number, "node": step.node, "attempt": attempt}


def _timer(
    state: RunState, step: Step, now: StepState, purpose: str, seconds: float | None
) -> Timer:
    assert now.since is not None
    fact = f.StepDue(**_attempt(state, step, now.attempt), purpose=purpose)
    return Timer(fact, now.since + timedelta(seconds=seconds or 0))


def _retry(state: RunState, step: Step, now: StepState) -> f.StepRetryScheduled:
    assert now.error is not None
    named = _attempt(state, step, now.attempt)
    subject = f"{named['run']}.{step.number}.{now.attempt}"
    delay = delay_after(step.retry, now.error, now.attempt, subject)
    return f.StepRetryScheduled(**named, delay_seconds=round(delay, 3))


def _stopping(state: RunState, since: datetime) -> Iterator[Owed]:
    if not state.open:
        yield _end(state)
        return
    for number in state.open:
        step, now = state.flow.steps[number], state.step(number)
        if state.stop_due or not now.is_worked_on:
            yield f.StepCancelled(**_attempt(state, step, now.attempt), receipt=Receipt())
    if not state.stop_due:
        yield Timer(f.RunStopDue(**ids(state)), since + timedelta(seconds=STOP_GRACE_SECONDS))


def _end(state: RunState) -> f.RunEnded:
    if state.cancel_requested:
        return f.RunCancelled(**ids(state))
    if state.stop is not None:
        error = state.stop.error or Cause(code="stopped", message="the run was stopped")
        return f.RunFailed(**ids(state), error=error)
    result = resolve.result(state)
    if not result and state.failures:
        message = "no step that makes the result completed"
        return f.RunFailed(**ids(state), error=Cause(code="no_output", message=message))
    return f.RunCompleted(**ids(state), result=result)
