"""A merge: several inputs made into one text."""

import json

from services.agent_worker.kinds.kind import Assignment, Equipment
from services.agent_worker.kinds.template import filled
from services.agent_worker.outcome import Failure, Output
from shared.flow import MergeWork


async def execute(assignment: Assignment, equipment: Equipment) -> Output | Failure:
    """The inputs one after the other, as an object by node id, or in a template."""
    work = assignment.step.work
    assert isinstance(work, MergeWork)
    match work.strategy:
        case "concat":
            return Output(text=assignment.input)
        case "json":
            return Output(text=json.dumps(assignment.texts, ensure_ascii=False))
        case "template":
            return await filled(assignment, work.template or "")
