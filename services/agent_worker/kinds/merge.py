"""A merge: several inputs made into one text."""

import json
from collections.abc import Collection, Mapping

from services.agent_worker.kinds.kind import Assignment, Equipment
from services.agent_worker.kinds.template import filled
from services.agent_worker.outcome import Failure, Output
from shared.flow import MergeWork


async def execute(assignment: Assignment, equipment: Equipment) -> Output | Failure:
    """The inputs one after the other, as an object by node id, or in a template.

    In an object answers that fit a schema stand as the JSON they are, other texts as texts.
    """
    work = assignment.step.work
    assert isinstance(work, MergeWork)
    match work.strategy:
        case "concat":
            return Output(text=assignment.input)
        case "json":
            typed = assignment.inputs.are_json(assignment.execution.ready, assignment.context)
            return Output(text=_object(assignment.texts, typed), is_json=bool(typed))
        case "template":
            return await filled(assignment, work.template or "")


def _object(texts: Mapping[str, str], typed: Collection[str]) -> str:
    """An object of the texts, of which those `typed` are JSON and go in as they are."""
    members = (
        f"{_quoted(node)}: {text if node in typed else _quoted(text)}"
        for node, text in texts.items()
    )
    return "{" + ", ".join(members) + "}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
