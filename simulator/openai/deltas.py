"""An answer's blocks as the deltas of a message, and as the whole message they make.

Blocks of the provider's own tools are not part of this API and are left out; so is a signature.
"""

from collections.abc import Iterator
from typing import TypeAlias

from simulator.http.dialect import Call
from simulator.speech.answer import EXPLANATION
from simulator.speech.block import Block

Json: TypeAlias = dict[str, object]
FINISHES = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "content_filter": "content_filter",
}


def finish_reason(call: Call) -> str:
    return FINISHES.get(call.answer.stop_reason, "stop")


def deltas_of(call: Call) -> Iterator[Json]:
    """What each chunk adds to the message, in order."""
    called = 0
    for block in call.answer.blocks:
        kind = block.whole["type"]
        if kind == "tool_use":
            yield from _call(called, block, is_whole=call.script.whole_calls)
            called += 1
        elif kind == "hologram":
            yield {"hologram": block.whole["data"]}
        else:
            yield from _said(block, call.script.reasoning)
    if call.answer.stop_reason == "refusal":
        for piece in EXPLANATION.partition(" was "):
            yield {"refusal": piece}


def message_of(call: Call) -> Json:
    """The whole message."""
    message: Json = {"role": "assistant", "content": None, "refusal": None}
    calls: list[Json] = []
    for delta in deltas_of(call):
        for name, value in delta.items():
            if name == "tool_calls" and isinstance(value, list):
                _add(calls, value[0])
            else:
                message[name] = f"{message.get(name) or ''}{value}"
    return message | ({"tool_calls": calls} if calls else {})


def _said(block: Block, reasoning: str) -> Iterator[Json]:
    for kind, _, value in block.deltas:
        if kind == "text_delta":
            yield {"content": value}
        elif kind == "thinking_delta" and reasoning != "none":
            yield {reasoning: value}


def _call(index: int, block: Block, *, is_whole: bool) -> Iterator[Json]:
    pieces = [str(value) for _, _, value in block.deltas]
    identity = str(block.whole["id"]).replace("toolu_", "call_")
    first = "".join(pieces) if is_whole else ""
    function: Json = {"name": block.whole["name"], "arguments": first}
    begun: Json = {"index": index, "id": identity, "type": "function", "function": function}
    yield {"tool_calls": [begun]}
    for piece in () if is_whole else filter(None, pieces):
        yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _add(calls: list[Json], part: Json) -> None:
    """One delta's part of a call, added to the calls so far."""
    if "id" in part:
        calls.append({name: value for name, value in part.items() if name != "index"})
        return
    so_far, more = calls[-1]["function"], part["function"]
    assert isinstance(so_far, dict)
    assert isinstance(more, dict)
    calls[-1]["function"] = so_far | {"arguments": so_far["arguments"] + more["arguments"]}
