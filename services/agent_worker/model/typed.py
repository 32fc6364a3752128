"""Answers that have a schema: how a model is told of it, and of an answer that does not fit."""

import json
from collections.abc import Mapping, Sequence

from services.agent_worker.outcome import Failure
from shared.run.content import Cause, Usage

OUTPUT_INVALID = "output_invalid"
MOST_TOLD = 3
_TOLD = (
    "Answer with JSON alone, without any words around it and without a code fence. It has to fit "
    "this JSON Schema:"
)
_MEND = "That answer does not fit the JSON Schema it has to fit:"
_AGAIN = "Answer again, with JSON alone that fits."


def with_schema(system: str, schema: Mapping[str, object]) -> str:
    """Instructions that tell the schema, for a model that is not asked for it otherwise."""
    told = f"{_TOLD}\n{json.dumps(schema, ensure_ascii=False, separators=(',', ':'))}"
    return f"{system}\n\n{told}" if system.strip() else told


def mending(complaints: Sequence[str]) -> str:
    """What is said to an answer that does not fit: the same for the same complaints."""
    listed = "\n".join(f"- {each}" for each in complaints)
    return f"{_MEND}\n{listed}\n{_AGAIN}"


def unfit(complaints: Sequence[str], usage: Usage, model: str) -> Failure:
    """How a step fails whose answer does not fit, though the model was told so once."""
    listed = "; ".join(complaints[:MOST_TOLD])
    message = f"the answer does not fit output_schema, nor did the one before: {listed}"
    cause = Cause(code=OUTPUT_INVALID, message=message[:1_000])
    return Failure(cause=cause, usage=usage, model=model)
