"""One delivery carried through: small steps, each of which may find that it is the last.

    read what the log knows, unless it came along -> verdict
      gone, settled    ack
      stopped          record step.cancelled, ack
      poisoned         record step.failed `poison`, ack
      execute          a kind not known here, no place, another worker at it? come again later
                       told to stop meanwhile? record step.cancelled, ack
                       record started -> execute -> record finished -> ack

A refused `finished` means that another execution was first: its outcome stands. Nothing is acked
before the log has answered, so whatever ends this process, the step comes again. What began and is
handed back is recorded as released, whatever the reason: only a dead worker leaves it open.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from time import perf_counter

from services.agent_worker import blame, signals
from services.agent_worker.allowed import require_allowed
from services.agent_worker.context import Context, Verdict, context_beside, context_of, rests_of
from services.agent_worker.exclusive import ExclusiveSlot
from services.agent_worker.execution import Execution
from services.agent_worker.identity import executed
from services.agent_worker.inputs import Inputs, joined, selected
from services.agent_worker.interrupt import Interrupted
from services.agent_worker.kinds.kind import Assignment, Equipment, Execute
from services.agent_worker.outcome import Aborted, Ended, Failure, Outcome, Released, failure_of
from services.agent_worker.recording import answered, append, finished_fact, reread
from shared.errors import AttemptFailed, Corrupt, Unavailable
from shared.flow import QUICK_KINDS
from shared.log.port import AlreadyRecorded, Appended
from shared.run.content import Cause, Receipt, Usage
from shared.run.facts import StepFailed, StepReleased, StepStarted
from shared.runtime.logging import logger

ALIVE_ELSEWHERE_SECONDS = 5.0
SLOW_SECONDS = 5.0  # until a condition comes again whose workspace has enough of them in line
LARGE_SECONDS = 1.0  # until a step with large texts comes again whose workspace has enough of them
NO_PLACE_SECONDS = 1.0
FIRST_ASKED_AGAIN_SECONDS, LAST_ASKED_AGAIN_SECONDS = 1.0, 30.0
RELEASE_SECONDS = 1.0

log = logger()


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where attempts are carried out: what they share, the kinds known here, their places."""

    equipment: Equipment
    kinds: Mapping[str, Execute]
    places: ExclusiveSlot


async def carry_out(execution: Execution, workplace: Workplace) -> None:
    """Returns with the delivery acked, or handed back. Raises: Unavailable, Corrupt."""
    try:
        await _carry_out(execution, workplace)
    except (Unavailable, Corrupt):
        await _release(execution, workplace.equipment)
        raise
    except asyncio.CancelledError:
        with suppress(TimeoutError):
            async with asyncio.timeout(RELEASE_SECONDS):
                await _release(execution, workplace.equipment)
        raise


async def fail(execution: Execution, equipment: Equipment, error: Exception) -> None:
    """Record that Penstock's own code failed: the attempt, not the worker, is over."""
    message = f"an unexpected error in the worker {equipment.worker}: {type(error).__name__}"
    cause = Cause(code="worker_error", message=message, retryable=True)
    number = None if execution.begun is None else execution.begun.execution
    await _record(execution, equipment, Failure(cause=cause), number)
    _acked(execution)


async def _carry_out(execution: Execution, workplace: Workplace) -> None:
    equipment = workplace.equipment
    context = await _read(execution, equipment)
    match context.verdict:
        case "gone" | "settled" as over:
            _redelivered(execution, over)
            execution.delivery.ack()
        case "stopped":
            await _settle(execution, equipment, Aborted(receipt=Receipt()))
        case "poisoned":
            log.error("step.poisoned", run=execution.key.run, step=execution.key.step)
            await _settle(execution, equipment, blame.poison(context.lost))
        case "execute":
            await _take_up(execution, context, workplace)


async def _read(execution: Execution, equipment: Equipment) -> Context:
    ready, delivery = execution.ready, execution.delivery
    again = delivery.count > 1
    if ready.kind in QUICK_KINDS and not again:
        context = context_beside(ready, delivery.beside)
        if context is not None:
            return context
    rests, entry = rests_of(ready, again=again), delivery.entry
    found = await selected(equipment.store, entry.address, rests, entry.sequence)
    return context_of(ready, found)


def _redelivered(execution: Execution, verdict: Verdict) -> None:
    if execution.delivery.count > 1:
        signals.REDELIVERED.labels(verdict).inc()


async def _is_alive_elsewhere(execution: Execution, context: Context, equipment: Equipment) -> bool:
    return context.may_be_alive and await equipment.store.ask_alive(execution.key)


def _is_slow(execution: Execution, equipment: Equipment) -> bool:
    ready = execution.ready
    return ready.kind == "condition" and equipment.evaluators.is_slow(ready.workspace)


async def _take_up(execution: Execution, context: Context, workplace: Workplace) -> None:
    try:
        execute = workplace.kinds[execution.ready.kind]
    except KeyError:
        _hand_back_unknown(execution)
        return
    async with AsyncExitStack() as held:
        assignment = await _begun(execution, context, workplace, held)
        if assignment is not None:
            await _execute(execute, assignment, workplace.equipment)


def _hand_back_unknown(execution: Execution) -> None:
    """Another worker's version may know the kind; the longer none does, the rarer it is asked."""
    ready, count = execution.ready, execution.delivery.count
    log.warning("step.kind_unknown", run=ready.run, step=ready.step, kind=ready.kind)
    delay = FIRST_ASKED_AGAIN_SECONDS * 2 ** min(count - 1, 10)
    _hand_back(execution, "unknown_kind", min(delay, LAST_ASKED_AGAIN_SECONDS))


def _hand_back(execution: Execution, reason: str, seconds: float) -> None:
    signals.HANDED_BACK.labels(reason).inc()
    execution.delivery.nak(seconds)


async def _begun(
    execution: Execution, context: Context, workplace: Workplace, held: AsyncExitStack
) -> Assignment | None:
    """What is to be executed, in a place held for it; None if that was settled or handed back."""
    equipment = workplace.equipment
    try:
        with execution.interrupt:
            if await _is_alive_elsewhere(execution, context, equipment):
                signals.REDELIVERED.labels("alive").inc()
                execution.delivery.nak(ALIVE_ELSEWHERE_SECONDS)
                return None
            equipment.room.require()
            if _is_slow(execution, equipment):
                _hand_back(execution, "slow_workspace", SLOW_SECONDS)
                return None
            share = equipment.shares.place
            if context.is_large and not held.enter_context(share(execution.ready.workspace)):
                _hand_back(execution, "large_texts", LARGE_SECONDS)
                return None
            place = workplace.places.place(alone=context.is_suspect)
            if not await held.enter_async_context(place):
                _hand_back(execution, "no_place", NO_PLACE_SECONDS)
                return None
            execution.is_executing = True
            return await _assignment(execution, context, equipment)
    except Interrupted as early:
        if early.reason == "stopped":
            await _settle(execution, equipment, Aborted(receipt=Receipt()))
        else:
            _hand_back(execution, "stopping", 0)
    except AttemptFailed as error:
        await _settle(execution, equipment, failure_of(error))
    return None


async def _execute(execute: Execute, assignment: Assignment, equipment: Equipment) -> None:
    execution, store = assignment.execution, equipment.store
    started = StepStarted(
        **executed(execution.ready, assignment.number),
        worker=equipment.worker,
        alone=assignment.context.is_suspect,
    )
    starting = store.append(started)
    if execution.ready.kind in QUICK_KINDS and execution.delivery.count == 1:
        # `finished` is sent behind `started`, so it is stored behind it: one round trip for both.
        execution.begun = started
        try:
            ended = await execute(assignment, equipment)
            assert not isinstance(ended, Released)
            await _record(execution, equipment, ended, assignment.number)
        finally:
            await answered(store, started, starting)
        _acked(execution)
        return
    beginning = await answered(store, started, starting)
    if isinstance(beginning, AlreadyRecorded) and not await _is_own(started, equipment):
        execution.delivery.nak(ALIVE_ELSEWHERE_SECONDS)
        return
    execution.begun = started
    await _conclude(execution, equipment, await execute(assignment, equipment), started)


async def _assignment(execution: Execution, context: Context, equipment: Equipment) -> Assignment:
    ready, requested = execution.ready, context.requested
    assert requested is not None
    share = execution.share = equipment.shares.of(ready, requested)
    flow = await equipment.flows.flow(requested.flow)
    if not 0 <= ready.step < len(flow.steps):
        raise Corrupt(f"expected step {ready.step} in flow {requested.flow}, which has fewer steps")
    await require_allowed(flow.steps[ready.step], ready, equipment)
    at_least = execution.delivery.entry.sequence
    inputs = Inputs(equipment.store, flow, requested, at_least, share)
    texts = await inputs.texts(ready, context)
    return Assignment(
        execution=execution,
        number=context.execution,
        step=flow.steps[ready.step],
        requested=requested,
        context=context,
        inputs=inputs,
        input=joined(ready.inputs, texts) if ready.inputs else await inputs.run_input(),
        texts=texts,
    )


async def _is_own(started: StepStarted, equipment: Equipment) -> bool:
    """The recorded start of this number is this process's: its append was answered late."""
    fact = await reread(equipment.store, started)
    return isinstance(fact, StepStarted) and fact.worker == started.worker


async def _conclude(
    execution: Execution, equipment: Equipment, outcome: Outcome, started: StepStarted
) -> None:
    if not isinstance(outcome, Released):
        await _record(execution, equipment, outcome, started.execution)
        _acked(execution)
        return
    await _release(execution, equipment)
    signals.finished(execution.ready.kind, "released", Usage())
    _hand_back(execution, "stopping", 0)


async def _release(execution: Execution, equipment: Equipment) -> None:
    """Record that an execution which began was given up by a living worker."""
    begun = execution.begun
    if begun is not None:
        ids = executed(execution.ready, begun.execution)
        await append(equipment.store, StepReleased(**ids, worker=equipment.worker))


async def _settle(execution: Execution, equipment: Equipment, ended: Failure | Aborted) -> None:
    """Record the outcome of an attempt that is not executed."""
    await _record(execution, equipment, ended, None)
    _acked(execution)


async def _record(
    execution: Execution, equipment: Equipment, ended: Ended, number: int | None
) -> None:
    fact = await finished_fact(equipment.store, execution, number, ended)
    answer = await append(equipment.store, fact)
    # Refused: another execution was first, and what it recorded stands.
    label = fact.type if isinstance(answer, Appended) else "superseded"
    signals.finished(execution.ready.kind, label, _usage(ended))
    if isinstance(fact, StepFailed) and not fact.counted:
        signals.HANDED_BACK.labels("provider_limit").inc()
    elif isinstance(fact, StepFailed):
        if label == fact.type:
            signals.FAILED.labels(execution.ready.kind, fact.error.code).inc()
        log.info(
            "step.failed", run=fact.run, step=fact.step, attempt=fact.attempt, code=fact.error.code
        )


def _usage(ended: Ended) -> Usage:
    return ended.receipt.usage if isinstance(ended, Aborted) else ended.usage


def _acked(execution: Execution) -> None:
    execution.delivery.ack()
    elapsed = perf_counter() - execution.taken_at
    signals.STEP_SECONDS.labels(execution.ready.kind).observe(elapsed)
