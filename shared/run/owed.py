"""What a state still requires: every rule of what happens next.

Level-triggered: `owed` says all that is required now, however often it is asked, and the log
refuses what is there already. That is the whole of recovery. Timers stand for long and are many:
`timers_of` says them for one step, for who knows which steps have changed.

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
from shared.run.content import Cause
from shared.run.retry import delay_after, delay_uncounted
from shared.run.state import RunState, Stage, StepState
from shared.run.texts import RUN_TOO_LARGE, sources_of

STOP_GRACE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Timer:
    """A fact to come to pass at `fires_at` unless it is overtaken."""

    fact: f.TimerFact
    fires_at: datetime


Owed = f.Lifecycle | Timer


def owed(state: RunState) -> tuple[Owed, ...]:
    """Everything this state requires, facts first, in the order in which to record them."""
    timers = (timer for number in (None, *state.timed) for timer in timers_of(state, number))
    return (*facts_owed(state), *timers)


def facts_owed(state: RunState) -> tuple[f.Lifecycle, ...]:
    """The facts this state requires. O(steps that owe one)."""
    if state.requested is None or state.ended is not None:
        return ()
    if state.stop is not None:
        return tuple(_stopping(state))
    if stop := _reason_to_stop(state):
        return (stop,)
    return tuple(_going_on(state)) if _has_begun(state) else ()


def timers_of(state: RunState, number: int | None) -> tuple[Timer, ...]:
    """The timers that must stand for a step, or for the run itself (None). O(1)."""
    if state.requested is None or state.ended is not None:
        return ()
    if _stops(state):
        return tuple(_grace(state)) if number is None else ()
    return tuple(_timers_going_on(state, number))


def ids(state: RunState) -> dict[str, Any]:
    """The fields that name the run in each of its facts."""
    assert state.requested is not None
    at = state.requested
    return {"workspace": at.workspace, "run": at.run, "partition": at.partition}


def standing(state: RunState) -> tuple[Timer, ...]:
    """The timers of a run that is to stop which may stand, whoever has set them; else none."""
    if state.requested is None or state.ended is not None or not _stops(state):
        return ()
    numbers = (None, *state.timed)
    return tuple(timer for number in numbers for timer in _timers_going_on(state, number))


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


def waits_for_answers(fact: Owed, state: RunState) -> bool:
    """All that was asked for before must be in the log first.

    The end makes void whatever comes behind it; and who executes a step reads at once the texts it
    is given, which the scheduler itself records where they are kept from another run.
    """
    match fact:
        case f.RunCompleted() | f.RunFailed() | f.RunCancelled():
            return True
        case f.StepReady() | f.StepWaiting():
            return any(ref.step in state.kept for ref in sources_of(fact.inputs))
        case _:
            return False


def needs_history(fact: f.Lifecycle | f.Stream) -> bool:
    """What the fact means depends on facts nobody delivers: has a worker started the step?"""
    return isinstance(fact, f.StepDue) and fact.purpose == "queue"


def _reason_to_stop(state: RunState) -> f.RunStopping | None:
    assert state.requested is not None
    limit, most = state.requested.limits.max_total_tokens, state.requested.limits.max_written_bytes
    if state.cancel_requested:
        return f.RunStopping(**ids(state), reason="cancelled")
    if state.deadline_reached:
        seconds = state.requested.limits.deadline_seconds or LONGEST_SECONDS
        error = Cause(code="deadline_exceeded", message=f"not done within {seconds} s")
        return f.RunStopping(**ids(state), reason="deadline", error=error)
    if limit is not None and state.tokens > limit:
        error = Cause(code="budget_exceeded", message=f"used {state.tokens} of {limit} tokens")
        return f.RunStopping(**ids(state), reason="budget", error=error)
    if most is not None and state.written_bytes > most:
        words = f"the run wrote {state.written_bytes:,} bytes of at most {most:,}"
        error = Cause(code=RUN_TOO_LARGE, message=words)
        return f.RunStopping(**ids(state), reason="failed", error=error)
    if state.failure is not None:
        return f.RunStopping(**ids(state), reason="failed", error=state.failure)
    return None


def _stops(state: RunState) -> bool:
    return state.stop is not None or _reason_to_stop(state) is not None


def _has_begun(state: RunState) -> bool:
    assert state.requested is not None
    return state.requested.start_at is None or state.start_due


def _grace(state: RunState) -> Iterator[Timer]:
    if state.stop is not None and state.open and not state.stop_due:
        grace = timedelta(seconds=STOP_GRACE_SECONDS)
        yield Timer(f.RunStopDue(**ids(state)), state.stop.since + grace)


def _timers_going_on(state: RunState, number: int | None) -> Iterator[Timer]:
    """What `timers_of` says of a run that goes on."""
    if number is None:
        yield from _run_timers(state)
    elif _has_begun(state):
        yield from _step_timers(state, state.flow.steps[number], state.step(number))


def _run_timers(state: RunState) -> Iterator[Timer]:
    assert state.requested is not None
    assert state.begins is not None
    if not _has_begun(state):
        assert state.requested.start_at is not None
        at = datetime.fromisoformat(state.requested.start_at)
        yield Timer(f.RunStartDue(**ids(state)), at)
    elif (seconds := state.requested.limits.deadline_seconds) is not None:
        yield Timer(f.RunDeadlineReached(**ids(state)), state.begins + timedelta(seconds=seconds))


def _step_timers(state: RunState, step: Step, now: StepState) -> Iterator[Timer]:
    match now.stage:
        case Stage.READY if step.queue_seconds is not None:
            yield _timer(state, step, now, "queue", step.queue_seconds)
        case Stage.WAITING if (seconds := resolve.approval(step).timeout_seconds) is not None:
            yield _timer(state, step, now, "approval", seconds)
        case Stage.RETRYING:
            yield _timer(state, step, now, "retry", now.delay_seconds)


def _going_on(state: RunState) -> Iterator[f.Lifecycle]:
    if not state.started:
        yield f.RunStarted(**ids(state), steps=len(state.flow.steps))
    for number in state.agenda:
        yield from _for_step(state, state.flow.steps[number], state.step(number))
    if state.settled == len(state.flow.steps):
        yield _end(state)


def _for_step(state: RunState, step: Step, now: StepState) -> Iterator[f.Lifecycle]:
    match now.stage:
        case Stage.PENDING:
            yield resolve.begin(state, step)
        case Stage.QUEUE_DUE:
            error = Cause(code="queue_timeout", message=f"no worker within {step.queue_seconds} s")
            yield f.StepFailed(**_attempt(state, step, now.attempt), error=error)
        case Stage.ANSWERED:
            yield resolve.answered(state, step, now)
        case Stage.FINISHED if now.fallback is not None:
            yield resolve.handed_on(state, step, now, now.fallback)
        case Stage.FINISHED:
            yield _retry(state, step, now)
        case Stage.RETRY_DUE:
            yield resolve.again(state, step, now)
        case Stage.READY | Stage.WAITING | Stage.EXECUTING | Stage.RETRYING | Stage.SKIPPED:
            return


def _attempt(state: RunState, step: Step, attempt: int) -> dict[str, Any]:
    return {**ids(state), "step": step.number, "node": step.node, "attempt": attempt}


def _timer(state: RunState, step: Step, now: StepState, purpose: str, seconds: float) -> Timer:
    assert now.since is not None
    fact = f.StepDue(**_attempt(state, step, now.attempt), purpose=purpose)
    return Timer(fact, now.since + timedelta(seconds=seconds))


def _retry(state: RunState, step: Step, now: StepState) -> f.StepRetryScheduled:
    assert now.error is not None
    named = _attempt(state, step, now.attempt)
    subject = f"{named['run']}.{step.number}.{now.attempt}"
    if now.counted:
        delay = delay_after(step.retry, now.error, now.tries, subject)
    else:
        delay = delay_uncounted(now.error, now.uncounted, subject)
    return f.StepRetryScheduled(**named, delay_seconds=round(delay, 3))


def _stopping(state: RunState) -> Iterator[f.Lifecycle]:
    if not state.open:
        yield _end(state)
        return
    for number in state.open:
        step, now = state.flow.steps[number], state.step(number)
        if state.stop_due or not now.is_worked_on:
            yield f.StepCancelled(**_attempt(state, step, now.attempt))


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
