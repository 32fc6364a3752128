"""A template: its text with the input, variables and outputs in their places."""

from services.agent_worker.kinds.kind import Assignment, Equipment
from services.agent_worker.outcome import Failure, Output, failure, failure_of
from services.agent_worker.typed_texts import typed_texts
from shared.errors import AttemptFailed
from shared.flow import RenderProblem, TemplateWork, render


async def execute(assignment: Assignment, equipment: Equipment) -> Output | Failure:
    """The text filled in, or what is missing."""
    work = assignment.step.work
    assert isinstance(work, TemplateWork)
    return await filled(assignment, work.template)


async def filled(assignment: Assignment, template: str) -> Output | Failure:
    """The step's template, filled in for this assignment."""
    step, inputs = assignment.step, assignment.inputs
    pieces = inputs.pieces(step)
    try:
        outputs = await inputs.outputs(step, assignment.texts, pieces)
        typed = typed_texts(pieces, outputs, assignment.input)
    except AttemptFailed as error:
        return failure_of(error)
    text = render(
        template,
        input=assignment.input,
        variables=assignment.requested.variables,
        outputs=outputs,
        typed=typed,
    )
    if isinstance(text, RenderProblem):
        return failure(text.code, text.message)
    return Output(text=text)
