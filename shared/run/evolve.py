"""What a fact means: the state after it.

`evolve` is total: a stale, duplicate or void fact gives back the state it got, the same object.
No rule of what happens next is here; those are in `owed`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

from immutables import Map

from shared.flow import ApprovalWork, Flow, Step
from shared.run import facts as f
from shared.run.content import ContentRef
from shared.run.fallback import next_model
from shared.run.kept import NOTHING_KEPT, Kept, leading_to
from shared.run.retry import MOST_UNCOUNTED, will_retry
from shared.run.state import Answer, Output, RunState, Stage, StepState, Stop, initial
from shared.run.texts import RUN_TOO_LARGE
from shared.run.used import used_by
from shared.run.wire import Recorded


def fold(flow: Flow, history: Iterable[Recorded], kept: Kept = NOTHING_KEPT) -> RunState:
    """The state after these facts. What is `kept` matters to what is owed alone."""
    state = initial(flow, kept)
    for recorded in history:
        state = evolve(state, recorded)
    return state


def evolve(state: RunState, recorded: Recorded) -> RunState:
    """The state after one more fact."""
    fact = recorded.fact
    if isinstance(fact, f.RunRequested):
        return _requested(state, fact, recorded.time)
    if state.requested is None or state.ended is not None:
        return state
    if isinstance(fact, f.StepMark):
        return _step_level(state, fact, recorded)
    if isinstance(fact, f.RunMark):
        return _run_level(state, fact, recorded.time)
    if isinstance(fact, f.RunEnded):
        return state._replace(ended=fact)
    return _inert(state, fact)


def _inert(state: RunState, fact: f.Inert) -> RunState:
    return state


def _requested(state: RunState, fact: f.RunRequested, time: datetime) -> RunState:
    if state.requested is not None:
        return state
    wanted = leading_to(state.flow, fact.until_steps) if fact.until_steps else None
    written = fact.input_size_bytes
    return state._replace(requested=fact, begins=time, wanted=wanted, written_bytes=written)


def _run_level(state: RunState, fact: f.RunMark, time: datetime) -> RunState:
    match fact:
        case f.RunStartDue():
            return state if state.start_due else state._replace(start_due=True, begins=time)
        case f.RunStarted():
            return state if state.started else state._replace(started=True)
        case f.RunCancelRequested():
            return state if state.cancel_requested else state._replace(cancel_requested=True)
        case f.RunDeadlineReached():
            return state if state.deadline_reached else state._replace(deadline_reached=True)
        case f.RunStopDue():
            return state if state.stop_due else state._replace(stop_due=True)
        case f.RunStopping():
            stop = Stop(reason=fact.reason, error=fact.error, since=time)
            return state if state.stop is not None else state._replace(stop=stop)
        case _:
            assert_never(fact)


def _step_level(state: RunState, fact: f.StepMark, recorded: Recorded) -> RunState:
    if not 0 <= fact.step < len(state.flow.steps) or not _concerns(state.flow, fact):
        return state
    before = state.step(fact.step)
    after = _step_after(state.flow, before, fact, recorded)
    if after is before:
        return state
    return _with_step(state, fact, before, after)


def _step_after(flow: Flow, before: StepState, fact: f.StepMark, recorded: Recorded) -> StepState:
    if isinstance(fact, f.StepSkipped):
        return before if before.attempt else _skipped(before)
    stage = _stage_of(fact)
    reached = (before.attempt, before.stage)
    if reached > (fact.attempt, stage):
        return before
    if reached == (fact.attempt, stage) and not _refines(before, fact, recorded.sequence):
        return before
    fresh = before.at(fact.attempt, stage, recorded.time)
    match fact:
        case f.StepReady():
            passed = fact.attempt - fact.uncounted - fact.tries
            return fresh._replace(uncounted=fact.uncounted, model=fact.model, passed=passed)
        case f.StepWaiting() | f.StepCancelled():
            return fresh
        case f.StepStarted() | f.StepReleased():
            released = isinstance(fact, f.StepReleased)
            return fresh._replace(execution=fact.execution, released=released)
        case f.StepDecided():
            answer = Answer(sequence=recorded.sequence, decision=fact.decision)
            return fresh._replace(answer=answer)
        case f.StepDue():
            answer = Answer(sequence=recorded.sequence, decision=None)
            error = before.error if fact.attempt == before.attempt else None
            return fresh._replace(answer=answer if stage is Stage.ANSWERED else None, error=error)
        case f.StepCompleted():
            return fresh._replace(output=_output_of(fact))
        case f.StepFailed():
            return _failed(flow, fresh, fact)
        case f.StepRetryScheduled():
            return fresh._replace(delay_seconds=fact.delay_seconds, error=before.error)
        case _:
            assert_never(fact)


def _concerns(flow: Flow, fact: f.StepMark) -> bool:
    """The step is one of which such a fact can be said: only approvals are answered."""
    return _stage_of(fact) is not Stage.ANSWERED or isinstance(
        flow.steps[fact.step].work, ApprovalWork
    )


def _stage_of(fact: f.StepMark) -> Stage:
    match fact:
        case f.StepReady():
            return Stage.READY
        case f.StepStarted() | f.StepReleased():
            return Stage.EXECUTING
        case f.StepWaiting():
            return Stage.WAITING
        case f.StepDecided():
            return Stage.ANSWERED
        case f.StepCompleted() | f.StepFailed() | f.StepCancelled():
            return Stage.FINISHED
        case f.StepRetryScheduled():
            return Stage.RETRYING
        case f.StepDue(purpose=purpose):
            return _DUE[purpose]
        case f.StepSkipped():
            return Stage.SKIPPED
        case _:
            assert_never(fact)


_DUE = {"queue": Stage.QUEUE_DUE, "approval": Stage.ANSWERED, "retry": Stage.RETRY_DUE}


def _refines(before: StepState, fact: f.StepMark, sequence: int) -> bool:
    """A fact of the stage already reached says more: a later execution, an earlier answer."""
    if isinstance(fact, f.StepStarted | f.StepReleased):
        released = isinstance(fact, f.StepReleased)
        return (fact.execution, released) > (before.execution, before.released)
    return before.answer is not None and 0 < sequence < before.answer.sequence


def _skipped(before: StepState) -> StepState:
    if before.stage is Stage.SKIPPED:
        return before
    return StepState(stage=Stage.SKIPPED)


def _output_of(fact: f.StepCompleted) -> Output:
    own = (ContentRef(step=fact.step, attempt=fact.attempt),)
    return Output(
        content=own if fact.content is None else fact.content,
        sha256=fact.output_sha256,
        size_bytes=fact.size_bytes,
        branches=fact.branches,
        stop_reason=fact.stop_reason,
        truncated=fact.truncated,
        is_json=fact.is_json,
    )


def _failed(flow: Flow, fresh: StepState, fact: f.StepFailed) -> StepState:
    step, error = flow.steps[fact.step], fact.error
    fallback = next_model(step, fresh.model, error)
    if not fact.counted and fresh.uncounted < MOST_UNCOUNTED:
        more = fresh.uncounted + 1
        return fresh._replace(error=error, counted=False, uncounted=more, fallback=fallback)
    retried = will_retry(step.retry, error, fresh.tries)
    if fallback is not None and not retried:
        return fresh._replace(error=error, fallback=fallback)
    final = not retried
    # A run that may write no more ends, whatever its steps make of failures.
    carries_on = final and step.on_error == "continue" and error.code != RUN_TOO_LARGE
    return fresh._replace(error=error, final=final, carries_on=carries_on)


def _tokens_of(fact: f.StepMark) -> int:
    used = used_by(fact)
    return 0 if used is None else used.usage.total_tokens()


def _written_by(fact: f.StepMark) -> int:
    """What the fact's own text weighs, in bytes; one that passes others on has none."""
    if isinstance(fact, f.StepCompleted) and fact.output is not None:
        return fact.size_bytes
    return 0


def _with_step(state: RunState, fact: f.StepMark, before: StepState, after: StepState) -> RunState:
    """The state with one step changed by a fact, and everything that follows from it."""
    number = fact.step
    agenda = _listed(state.agenda, number, _owes(after))
    unresolved = state.unresolved
    if before.is_resolved != after.is_resolved:
        change = -1 if after.is_resolved else 1
        for edge in state.flow.steps[number].outputs:
            left = unresolved.get(edge.target, len(state.flow.steps[edge.target].inputs)) + change
            unresolved = unresolved.set(edge.target, left)
            if state.step(edge.target).stage is Stage.PENDING:
                agenda = _listed(agenda, edge.target, left == 0)
    asks, asked = after.stage is Stage.WAITING, before.stage is Stage.WAITING
    return state._replace(
        steps=state.steps.set(number, after),
        unresolved=unresolved,
        agenda=agenda,
        timed=_listed(state.timed, number, _is_timed(state.flow.steps[number], after)),
        open=_listed(state.open, number, after.is_open),
        settled=state.settled + after.is_settled - before.is_settled,
        asking=state.asking + asks - asked,
        fatal=_listed(state.fatal, number, after.final and not after.carries_on),
        failures=state.failures + after.final - before.final,
        tokens=state.tokens + _tokens_of(fact),
        written_bytes=state.written_bytes + _written_by(fact),
    )


def _owes(state: StepState) -> bool:
    """A step that has begun owes a fact."""
    if state.stage is Stage.FINISHED:
        return state.error is not None and not state.final
    return state.stage in (Stage.QUEUE_DUE, Stage.ANSWERED, Stage.RETRY_DUE)


def _is_timed(step: Step, state: StepState) -> bool:
    """A timer must stand for the step."""
    match state.stage:
        case Stage.READY:
            return step.queue_seconds is not None
        case Stage.WAITING:
            return isinstance(step.work, ApprovalWork) and step.work.timeout_seconds is not None
        case _:
            return state.stage is Stage.RETRYING


def _listed(listed: Map[int, None], number: int, wanted: bool) -> Map[int, None]:
    if wanted == (number in listed):
        return listed
    return listed.set(number, None) if wanted else listed.delete(number)
