"""A condition: the first branch that holds goes on, with the text that came in."""

from time import perf_counter

from services.agent_worker.evaluators import Fault, Question
from services.agent_worker.interrupt import Interrupt, Interrupted
from services.agent_worker.kinds.kind import Assignment, Equipment
from services.agent_worker.outcome import (
    Aborted,
    Outcome,
    Output,
    Released,
    failure,
    failure_of,
)
from services.agent_worker.turns import Slow
from shared.errors import AttemptFailed
from shared.flow import ConditionWork
from shared.run.content import ContentRef, Receipt
from shared.run.facts import StepReady
from shared.run.texts import sources_of


async def execute(assignment: Assignment, equipment: Equipment) -> Outcome:
    """The text that came in, named and not copied, on the branch it takes."""
    step, ready = assignment.step, assignment.execution.ready
    interrupt = assignment.execution.interrupt
    try:
        with interrupt:
            question = await _question(assignment)
            found = await equipment.evaluators.first_that_holds(question, step.timeout_seconds)
    except AttemptFailed as error:
        return failure_of(error)
    except Interrupted as ended:
        return Released() if ended.reason == "released" else _aborted(interrupt)
    except Slow:
        return Released()
    if isinstance(found, Fault):
        return failure(found.code, found.message)
    return Output(text=assignment.input, content=carriers(ready), branches=(found,))


async def _question(assignment: Assignment) -> Question:
    """What is asked, with the texts of the nodes that it names. Raises: AttemptFailed."""
    step, inputs, ready = assignment.step, assignment.inputs, assignment.execution.ready
    assert isinstance(step.work, ConditionWork)
    pieces = inputs.pieces(step)
    outputs = await inputs.outputs(step, assignment.texts, pieces)
    return Question(
        step.work,
        assignment.input,
        assignment.requested.variables,
        ready.workspace,
        ready.run,
        nodes={piece.name: outputs[piece.name] for piece in pieces},
    )


def carriers(ready: StepReady) -> tuple[ContentRef, ...]:
    """The facts whose texts make the input; the step's own stands for the run's input."""
    if not ready.inputs:
        return (ContentRef(step=ready.step, attempt=ready.attempt),)
    return tuple(sources_of(ready.inputs))


def _aborted(interrupt: Interrupt) -> Aborted:
    elapsed = perf_counter() - interrupt.fired_at
    return Aborted(receipt=Receipt(aborted_after_ms=round(elapsed * 1000, 3)))
