"""The read model against the fold of the facts: what differs, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.api.runs import attempts as told_attempts
from services.api.runs.usage import cost_usd, total
from shared.flow import Flow
from shared.ledger.facts import Source
from shared.ledger.runs import Run, get_run
from shared.ledger.steps import Step, attempts_of, steps_of
from shared.ledger.usage import NOTHING, usage_of
from shared.log.port import Entry
from shared.models import in_dollars
from shared.run import RunState, Stage, fold, owed, status_of, step_status_of
from shared.run import facts as f
from shared.run.wire import Recorded


async def differences(
    source: Source, workspace: str, run: str, flow: Flow, history: Iterable[Entry]
) -> list[str]:
    """Where the read model says of this run anything but the fold of its facts; empty if nowhere.

    Compares the row, every step and attempt, what was used and what that costs.
    """
    recorded = [entry.recorded() for entry in history]
    state = fold(flow, recorded)
    row = await get_run(source, workspace, run)
    if state.requested is None or row is None:
        inert = state.requested is None and row is None
        return [] if inert else [f"run: row {row}, requested {state.requested}"]
    steps = {step.step: step for step in await steps_of(source, workspace, run)}
    found = [*_run_differences(row, state), *_steps_differences(steps, state)]
    attempts = {(a.step, a.attempt): a.outcome for a in await attempts_of(source, workspace, run)}
    counted, void = _told(recorded)
    found += _unequal("attempts", attempts, _outcomes(counted))
    used = (await usage_of(source, [row])).get(run, NOTHING)
    found += _unequal("tokens", used.usage.total_tokens(), _tokens(counted + void))
    told = told_attempts.attempts_of(counted, void)
    each = [attempt for of_step in told.values() for attempt in of_step]
    found += _unequal("usage", used.usage, total(attempt.usage for attempt in each))
    cost = cost_usd((attempt.used, attempt.started_at or counted[0].time) for attempt in each)
    return found + list(_unequal("cost", in_dollars(used.micro_dollars), cost))


def _run_differences(row: Run, state: RunState) -> Iterator[str]:
    requested = state.requested
    assert requested is not None
    status = status_of(state)
    # A run between two facts of its scheduler: the fold knows of the second, the rows cannot.
    if not (row.status == "waiting" and status == "running" and owed(state)):
        yield from _unequal("status", row.status, status)
    yield from _unequal("flow", row.flow, requested.flow)
    yield from _unequal("pipeline", row.pipeline_id, requested.pipeline_id)
    yield from _unequal("metadata", row.metadata, requested.metadata)
    yield from _unequal("cancel", row.cancel_requested_at is not None, state.cancel_requested)
    yield from _unequal("started", row.started_at is not None, state.started)
    yield from _unequal("stopping", row.stopping, state.stop.reason if state.stop else None)
    yield from _unequal("is_finished", row.is_finished, state.ended is not None)
    match state.ended:
        case f.RunCompleted():
            yield from _unequal("result", row.result, [r.model_dump() for r in state.ended.result])
        case f.RunFailed():
            yield from _unequal("error", row.error, state.ended.error.model_dump())
        case _:
            yield from _unequal("result", row.result, None)


def _steps_differences(steps: dict[int, Step], state: RunState) -> Iterator[str]:
    yield from _unequal("steps", sorted(steps), sorted(state.steps))
    for number, known in state.steps.items():
        row, name = steps.get(number), f"step {number}"
        if row is None:
            continue
        status = step_status_of(state, number)
        # Failed, and the retry it will get not recorded yet: that is for the flow to know.
        if not (row.status == "failed" and known.stage is Stage.FINISHED and status == "retrying"):
            yield from _unequal(f"{name} status", row.status, status)
        yield from _unequal(f"{name} attempt", row.attempt, known.attempt)
        yield from _unequal(f"{name} node", row.node, state.flow.steps[number].node)
        if row.kind is not None:
            yield from _unequal(f"{name} kind", row.kind, state.flow.steps[number].kind)
        if known.output is not None:
            yield from _unequal(f"{name} output", row.output_sha256, known.output.sha256)
            yield from _unequal(f"{name} size", row.output_size_bytes, known.output.size_bytes)


def _told(history: list[Recorded]) -> tuple[list[Recorded], list[Recorded]]:
    """What counts: the facts between `requested` and the end, and those behind it, void."""
    begun = next(i for i, each in enumerate(history) if isinstance(each.fact, f.RunRequested))
    ends = (i for i, each in enumerate(history) if isinstance(each.fact, f.RunEnded))
    end = next(ends, len(history))
    return history[begun : end + 1], history[end + 1 :]


def _outcomes(history: list[Recorded]) -> dict[tuple[int, int], str | None]:
    """The outcome of every attempt that a fact made known."""
    outcomes: dict[tuple[int, int], str | None] = {}
    for fact in (each.fact for each in history):
        match fact:
            case f.StepReady() | f.StepStarted() | f.StepWaiting():
                outcomes.setdefault((fact.step, fact.attempt), None)
            case f.StepCompleted() | f.StepFailed() | f.StepCancelled():
                outcomes[fact.step, fact.attempt] = fact.type.removeprefix("step.")
    return outcomes


def _tokens(history: list[Recorded]) -> int:
    """All tokens of the run: an attempt's outcome says them, or else its turns."""
    whole: dict[tuple[int, int], int] = {}
    turns: dict[tuple[int, int], int] = {}
    for fact in (each.fact for each in history):
        match fact:
            case f.StepTurn():
                key = (fact.step, fact.attempt)
                turns[key] = turns.get(key, 0) + fact.usage.total_tokens()
            case f.StepCompleted() | f.StepFailed():
                whole[fact.step, fact.attempt] = fact.usage.total_tokens()
            case f.StepCancelled():
                whole[fact.step, fact.attempt] = fact.receipt.usage.total_tokens()
    return sum((turns | {key: used for key, used in whole.items() if used}).values())


def _unequal(what: str, row: object, folded: object) -> Iterator[str]:
    if row != folded:
        yield f"{what}: the row says {row!r}, the fold {folded!r}"
