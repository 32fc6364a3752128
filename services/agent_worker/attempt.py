"""One delivery carried through: small steps, each of which may find that it is the last.

    read what the log knows, unless it came along -> verdict
      gone, settled    ack
      stopped          record step.cancelled, ack
      poisoned         record step.failed `poison`, ack
      execute          is another worker at it? come again later
                       told to stop meanwhile? record step.cancelled, ack
                       record started -> execute -> record finished -> ack

A refused `finished` means that another execution was first: its outcome stands. Nothing is acked
before the log has answered, so whatever ends this process, the step comes again.
"""

from time import perf_counter

from services.agent_worker import signals
from services.agent_worker.context import Context, Verdict, context_beside, context_of, rests_of
from services.agent_worker.execution import Execution
from services.agent_worker.identity import executed
from services.agent_worker.inputs import Inputs, joined, selected
from services.agent_worker.interrupt import Interrupted
from services.agent_worker.kinds import KINDS
from services.agent_worker.kinds.kind import Assignment, Equipment, Execute
from services.agent_worker.outcome import Aborted, Ended, Failure, Outcome, Released, failure
from services.agent_worker.recording import answered, append, finished_fact, reread
from shared.errors import AttemptFailed, Corrupt
from shared.flow import QUICK_KINDS
from shared.log.port import AlreadyRecorded, Appended
from shared.run.content import Receipt, Usage
from shared.run.facts import StepFailed, StepReleased, StepStarted
from shared.runtime.logging import logger

ALIVE_ELSEWHERE_SECONDS = 5.0
SLOW_SECONDS = 5.0  # until a condition comes again whose workspace has enough of them in line

log = logger()


async def carry_out(execution: Execution, equipment: Equipment) -> None:
    """Returns with the delivery acked, or handed back. Raises: Unavailable, Corrupt."""
    context = await _read(execution, equipment)
    match context.verdict:
        case "gone" | "settled" as over:
            _redelivered(execution, over)
            execution.delivery.ack()
        case "stopped":
            await _settle(execution, equipment, Aborted(receipt=Receipt()))
        case "poisoned":
            await _settle(execution, equipment, _poisoned(execution, context))
        case "execute":
            await _take_up(execution, context, equipment)


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


def _poisoned(execution: Execution, context: Context) -> Failure:
    log.error("step.poisoned", run=execution.key.run, step=execution.key.step)
    message = (
        f"{len(context.lost)} workers were lost executing this step; "
        "see their logs for what its input does to them"
    )
    return failure("poison", message)


async def _take_up(execution: Execution, context: Context, equipment: Equipment) -> None:
    """Execute the attempt, unless somebody else does or it is told to stop before it begins."""
    try:
        with execution.interrupt:
            if await _is_alive_elsewhere(execution, context, equipment):
                signals.REDELIVERED.labels("alive").inc()
                execution.delivery.nak(ALIVE_ELSEWHERE_SECONDS)
                return
            if _is_slow(execution, equipment):
                execution.delivery.nak(SLOW_SECONDS)
                return
            execution.is_executing = True
            assignment = await _assignment(execution, context, equipment)
    except Interrupted as early:
        if early.reason == "stopped":
            await _settle(execution, equipment, Aborted(receipt=Receipt()))
        else:
            execution.delivery.nak()
        return
    except AttemptFailed as error:
        await _settle(execution, equipment, failure(error.code, str(error)))
        return
    execute = KINDS.get(execution.ready.kind)
    if execute is None:
        await _settle(execution, equipment, _unknown(execution.ready.kind))
        return
    await _execute(execute, assignment, equipment)


async def _execute(execute: Execute, assignment: Assignment, equipment: Equipment) -> None:
    execution = assignment.execution
    started = StepStarted(**executed(execution.ready, assignment.number), worker=equipment.worker)
    starting = equipment.store.append(started)
    if execution.ready.kind in QUICK_KINDS:
        # `finished` is sent behind `started`, so it is stored behind it: one round trip for both.
        ended = await execute(assignment, equipment)
        assert not isinstance(ended, Released)
        await _record(execution, equipment, ended, assignment.number)
        await answered(equipment.store, started, starting)
        _acked(execution)
        return
    beginning = await answered(equipment.store, started, starting)
    if isinstance(beginning, AlreadyRecorded) and not await _is_own(started, equipment):
        execution.delivery.nak(ALIVE_ELSEWHERE_SECONDS)
        return
    await _conclude(execution, equipment, await execute(assignment, equipment), started)


def _unknown(kind: str) -> Failure:
    known = ", ".join(KINDS)
    return failure("unknown_kind", f"expected a kind of step known here ({known}), found {kind}")


async def _assignment(execution: Execution, context: Context, equipment: Equipment) -> Assignment:
    ready, requested = execution.ready, context.requested
    assert requested is not None
    flow = await equipment.flows.flow(requested.flow)
    if not 0 <= ready.step < len(flow.steps):
        raise Corrupt(f"expected step {ready.step} in flow {requested.flow}, which has fewer steps")
    at_least = execution.delivery.entry.sequence
    inputs = Inputs(equipment.store, flow, requested, at_least)
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
    ids = executed(execution.ready, started.execution)
    await append(equipment.store, StepReleased(**ids, worker=equipment.worker))
    signals.finished(execution.ready.kind, "released", Usage())
    execution.delivery.nak()


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
    if isinstance(fact, StepFailed):
        log.info(
            "step.failed", run=fact.run, step=fact.step, attempt=fact.attempt, code=fact.error.code
        )


def _usage(ended: Ended) -> Usage:
    return ended.receipt.usage if isinstance(ended, Aborted) else ended.usage


def _acked(execution: Execution) -> None:
    execution.delivery.ack()
    elapsed = perf_counter() - execution.taken_at
    signals.STEP_SECONDS.labels(execution.ready.kind).observe(elapsed)
