"""The words people read: the status of a run and of a step, from a folded state."""

from __future__ import annotations

from itertools import chain
from typing import Literal, assert_never

from shared.run import facts as f
from shared.run.state import RunState, Stage

RunStatus = Literal[
    "pending", "running", "waiting", "cancelling", "failing", "completed", "failed", "cancelled"
]
StepStatus = Literal[
    "pending",
    "waiting_inputs",
    "ready",
    "running",
    "waiting",
    "retrying",
    "completed",
    "failed",
    "skipped",
    "cancelled",
]


def status_of(state: RunState) -> RunStatus:
    """The run's status; `waiting` when nothing but a person's answer is awaited."""
    match state.ended:
        case f.RunCompleted():
            return "completed"
        case f.RunFailed():
            return "failed"
        case f.RunCancelled():
            return "cancelled"
        case None:
            pass
        case _:
            assert_never(state.ended)
    if state.stop is not None:
        return "cancelling" if state.cancel_requested else "failing"
    if state.cancel_requested:
        return "cancelling"
    if not state.started:
        return "pending"
    listed = chain(state.agenda, state.timed)
    busy = len(state.open) > state.asking or any(n not in state.open for n in listed)
    return "waiting" if state.asking and not busy else "running"


def step_status_of(state: RunState, number: int) -> StepStatus:
    """The step's status; one without an outcome is cancelled with its run's end."""
    step = state.step(number)
    status = _by_stage(state, number)
    settled = status in ("completed", "failed", "skipped", "cancelled")
    if state.ended is None or settled:
        return status
    return "failed" if step.stage is Stage.FINISHED else "cancelled"


def _by_stage(state: RunState, number: int) -> StepStatus:
    step = state.step(number)
    match step.stage:
        case Stage.PENDING:
            resolved = len(state.flow.steps[number].inputs) - state.unresolved_of(number)
            return "waiting_inputs" if resolved else "pending"
        case Stage.READY | Stage.QUEUE_DUE:
            return "ready"
        case Stage.EXECUTING:
            return "ready" if step.released else "running"
        case Stage.WAITING | Stage.ANSWERED:
            return "waiting"
        case Stage.RETRYING | Stage.RETRY_DUE:
            return "retrying"
        case Stage.SKIPPED:
            return "skipped"
        case Stage.FINISHED:
            if step.output is not None:
                return "completed"
            if step.error is None:
                return "cancelled"
            return "failed" if step.final else "retrying"
        case _:
            assert_never(step.stage)
