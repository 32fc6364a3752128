"""How much the facts of a run would have to name, known before it runs.

A fact names its inputs, or the run's result, text by text. Steps that only pass texts on (output,
condition, approval) multiply them: layers of such steps, each joined to all of the next, name more
texts than any log can hold. A fact that cannot be recorded would leave its run without an end.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple

from shared.flow.flow import Flow, Step
from shared.flow.json_value import quoted
from shared.flow.problem import Problem
from shared.flow.work import ApprovalWork

MOST_BYTES = 6 << 20  # of the 8 MiB of a message; the rest is for what every fact says

# What one reference takes as JSON, all its numbers at their longest.
_INPUT_BYTES, _CONTENT_BYTES, _RESULT_BYTES = 72, 40, 160


class _Offered(NamedTuple):
    """The texts a step offers: how many, and the bytes of the node ids that name them."""

    texts: int
    name_bytes: int


def too_heavy(flow: Flow) -> Iterator[Problem]:
    """The steps, or the result, that no fact could name; the first is enough. O(V + E)."""
    offered: list[_Offered] = []
    for step in flow.steps:
        passes = step.passes_inputs and bool(step.inputs)
        sources = [offered[number] for number in dict.fromkeys(e.source for e in step.inputs)]
        passed = _Offered(sum(s.texts for s in sources), sum(s.name_bytes for s in sources))
        own = passed if passes else _Offered(1, _json_bytes(step.node))
        size = _inputs_bytes(flow, step, offered) + _prompt_bytes(step)
        if size + passes * own.texts * _CONTENT_BYTES > MOST_BYTES:
            message = (
                f"node {quoted(step.node)} would have to name more texts than fit into a fact; "
                "lead fewer edges to it, or put merges in between"
            )
            yield Problem("too_large", message, (step.node,))
            return
        offered.append(own)
    sinks = [offered[number] for number in flow.sinks]
    if sum(sink.texts * _RESULT_BYTES + sink.name_bytes for sink in sinks) > MOST_BYTES:
        message = "the result would name more texts than fit into a fact; put a merge at the end"
        yield Problem("too_large", message)


def _inputs_bytes(flow: Flow, step: Step, offered: list[_Offered]) -> int:
    numbers = dict.fromkeys(edge.source for edge in step.inputs)
    return sum(
        _INPUT_BYTES + _json_bytes(flow.steps[n].node) + offered[n].texts * _CONTENT_BYTES
        for n in numbers
    )


def _prompt_bytes(step: Step) -> int:
    match step.work:
        case ApprovalWork(prompt=str(prompt)):
            return _json_bytes(prompt)
    return 0


def _json_bytes(text: str) -> int:
    if text.isalnum() and text.isascii():
        return len(text)
    return len(json.dumps(text, ensure_ascii=False).encode())
