"""An answer as Chat Completions streams it, and as one completion.

    opening    the first chunk: the role
    chunks     one piece each of reasoning, content or the arguments of a call
    settling   why it ended; and what it used, in a chunk without choices, if that was asked for
    stopping   [DONE]

Source: OpenAI API reference, the chat completion chunk object and the chat completion object.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from simulator.answer import Answer
from simulator.block import Block, Json
from simulator.frame import encoded
from simulator.openai.failure import frame_of
from simulator.plan import ENDLESS_WORD, Plan
from simulator.usage import Usage

PING = b": keep-alive\n\n"
DONE = b"data: [DONE]\n\n"
BROKEN = b'data: {"id":"chatcmpl-broken","choices":[{"index":0,"del\n\n'
CREATED = 1_790_000_000
REASONS: Mapping[str, str] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_ARGUMENT_PIECES = 3


def plan_of(answer: Answer, identity: str, model: str, *, includes_usage: bool) -> Plan:
    """The stream that tells `answer`; `endless` is one more piece of its text."""
    chunk = _Chunks(identity, model, answer.usage if includes_usage else None)
    settling = chunk.ended(REASONS.get(answer.stop_reason, answer.stop_reason))
    return Plan(
        opening=chunk.of({"role": "assistant", "content": ""}),
        chunks=tuple(map(chunk.of, _deltas(answer.blocks))),
        ending=b"",
        settling=settling,
        stopping=DONE,
        endless=chunk.of({"content": ENDLESS_WORD}),
        ping=PING,
        broken=BROKEN,
        error=lambda failure, _: frame_of(failure),
    )


def completion(answer: Answer, identity: str, model: str) -> bytes:
    """The whole answer, as one that is not streamed."""
    message: Json = {"role": "assistant", "content": _text(answer.blocks), "refusal": None}
    if calls := [_call(block) for block in _calls(answer.blocks)]:
        message["tool_calls"] = calls
    reason = REASONS.get(answer.stop_reason, answer.stop_reason)
    choice: Json = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
    return encoded(
        {
            "id": identity,
            "object": "chat.completion",
            "created": CREATED,
            "model": model,
            "choices": [choice],
            "usage": usage_of(answer.usage),
        }
    )


def usage_of(usage: Usage) -> Json:
    """The counts as this API has them: what was cached is part of the prompt."""
    prompt = usage.input + usage.cache_read + usage.cache_5m + usage.cache_1h
    return {
        "prompt_tokens": prompt,
        "completion_tokens": usage.output,
        "total_tokens": prompt + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read},
        "completion_tokens_details": {"reasoning_tokens": usage.thinking},
    }


class _Chunks:
    """Chunks of one completion."""

    def __init__(self, identity: str, model: str, usage: Usage | None) -> None:
        self._about: Json = {
            "id": identity,
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": model,
        }
        self._usage = usage

    def of(self, delta: Json, reason: str | None = None) -> bytes:
        choice: Json = {"index": 0, "delta": delta, "finish_reason": reason}
        return self._frame({"choices": [choice]})

    def ended(self, reason: str) -> bytes:
        last = self.of({}, reason)
        if self._usage is None:
            return last
        return last + self._frame({"choices": [], "usage": usage_of(self._usage)})

    def _frame(self, more: Json) -> bytes:
        return b"data: " + encoded({**self._about, **more}) + b"\n\n"


def _deltas(blocks: Sequence[Block]) -> Iterator[Json]:
    for block in blocks:
        for kind, _, value in block.deltas:
            if kind == "text_delta":
                yield {"content": value}
            elif kind == "thinking_delta":
                yield {"reasoning_content": value}
    for index, block in enumerate(_calls(blocks)):
        yield from _call_deltas(index, block)


def _call_deltas(index: int, block: Block) -> Iterator[Json]:
    call = _call(block)
    function = call["function"]
    assert isinstance(function, dict)
    arguments = str(function["arguments"])
    named = {**call, "index": index, "function": {**function, "arguments": ""}}
    yield {"tool_calls": [named]}
    edges = [at * len(arguments) // _ARGUMENT_PIECES for at in range(_ARGUMENT_PIECES + 1)]
    for first, last in pairwise(edges):
        piece = {"arguments": arguments[first:last]}
        yield {"tool_calls": [{"index": index, "function": piece}]}


def _calls(blocks: Sequence[Block]) -> list[Block]:
    return [block for block in blocks if block.whole.get("type") == "tool_use"]


def _call(block: Block) -> Json:
    arguments = json.dumps(block.whole.get("input"), separators=(",", ":"))
    function: Json = {"name": block.whole.get("name"), "arguments": arguments}
    return {"id": block.whole.get("id"), "type": "function", "function": function}


def _text(blocks: Sequence[Block]) -> str:
    return "".join(str(b.whole["text"]) for b in blocks if b.whole.get("type") == "text")
