"""Streams that are not what the API's types say, as they have been seen in the wild: `odd=NAME`.

Each is the plan of an ordinary answer with some of its frames in another shape.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from simulator.frame import PING, frame

if TYPE_CHECKING:
    from simulator.plan import Plan


class Odd(NamedTuple):
    """A shape: what is odd about it, and what it makes of an ordinary plan."""

    meaning: str
    shaped: Callable[[Plan], Plan]


def frames_of(plan: Plan) -> Iterator[bytes]:
    """All frames of a plan in order."""
    yield plan.opening
    yield from plan.chunks
    yield plan.ending
    yield plan.settling
    yield plan.stopping


def _with_usage(plan: Plan, at_start: object, at_end: object) -> Plan:
    opening, settling = _event(plan.opening), _event(plan.settling)
    message = opening["message"]
    assert isinstance(message, dict)
    message["usage"], settling["usage"] = at_start, at_end
    return replace(plan, opening=frame(opening), settling=frame(settling))


def _without_usage(plan: Plan) -> Plan:
    opening, settling = _event(plan.opening), _event(plan.settling)
    message = opening["message"]
    assert isinstance(message, dict)
    del message["usage"], settling["usage"]
    return replace(plan, opening=frame(opening), settling=frame(settling))


def _counts(count: object) -> Callable[[Plan], Plan]:
    usage = {"input_tokens": count, "output_tokens": count, "cache_read_input_tokens": count}
    return lambda plan: _with_usage(plan, usage, usage)


def _saying(*chunks: bytes, ending: bytes = b"") -> Callable[[Plan], Plan]:
    return lambda plan: replace(plan, chunks=chunks, ending=ending)


def _cut_off(plan: Plan) -> Plan:
    tool = {"type": "tool_use", "id": "toolu_cut", "name": "cut", "input": {}}
    settling = _event(plan.settling) | {"delta": {"stop_reason": "max_tokens"}}
    chunks = (_start(0), _text(0, "kept"), _stop(0), _start(1, tool), _input(1, '{"a": "b'))
    return replace(plan, chunks=chunks, ending=_stop(1), settling=frame(settling))


def _event(data: bytes) -> dict[str, object]:
    event: dict[str, object] = json.loads(data.partition(b"data: ")[2])
    return event


def _start(index: int, block: Mapping[str, object] | None = None) -> bytes:
    block = block or {"type": "text", "text": ""}
    return frame({"type": "content_block_start", "index": index, "content_block": block})


def _text(index: object, text: object) -> bytes:
    return _delta(index, {"type": "text_delta", "text": text})


def _input(index: int, piece: str) -> bytes:
    return _delta(index, {"type": "input_json_delta", "partial_json": piece})


def _delta(index: object, delta: object) -> bytes:
    return frame({"type": "content_block_delta", "index": index, "delta": delta})


def _stop(index: int) -> bytes:
    return frame({"type": "content_block_stop", "index": index})


def _line(data: str) -> bytes:
    return f"event: content_block_delta\ndata: {data}\n\n".encode()


_SURPRISED = frame({"type": "error", "error": {"type": ["odd"], "message": "gone \ud83d", "a": 1}})
ODD: Mapping[str, Odd] = {
    "no_usage": Odd("no usage anywhere", _without_usage),
    "huge_count": Odd("counts of 2^63", _counts(2**63)),
    "negative_count": Odd("counts below 0", _counts(-5)),
    "text_count": Odd("a text as a count", _counts("many")),
    "null_text": Odd("a text delta without text", _saying(_start(0), _text(0, None))),
    "null_delta": Odd("a delta that is null", _saying(_start(0), _delta(0, None))),
    "null_index": Odd("an index that is null", _saying(_start(0), _text(None, "x"))),
    "list_index": Odd("an index that is a list", _saying(_start(0), _text([0], "x"))),
    "number": Odd("a data line `5`", _saying(_line("5"))),
    "deep": Odd("JSON of 100,000 levels", _saying(_line("[" * 100_000))),
    "nan": Odd("NaN, which is no JSON", _saying(_line('{"type":"ping","at":NaN}'))),
    "twice": Odd(
        "one index for two blocks, `first ` and `second`",
        _saying(_start(0), _text(0, "first "), _start(0), _text(0, "second"), ending=_stop(0)),
    ),
    "unstarted": Odd(
        "text in blocks never begun, or begun as another kind: `one two`",
        _saying(_text(7, "one "), _start(0, {"type": "hologram"}), _text(0, "two")),
    ),
    "cut_input": Odd("the text `kept`, then max_tokens in the middle of a tool's input", _cut_off),
    "halves": Odd(
        "a character whose halves come in two deltas, between a and b",
        _saying(_start(0), _text(0, "a\ud83d"), _text(0, "\ude00b"), ending=_stop(0)),
    ),
    "lone_halves": Odd(
        "halves of characters without the other one, behind a, b and c",
        _saying(_start(0), _text(0, "a\ud83db\ude00"), _text(0, "c\ud83d"), ending=_stop(0)),
    ),
    "error": Odd(
        "an error event with a list as its type and half a character in its message",
        _saying(_start(0), _SURPRISED),
    ),
    "late_error": Odd(
        "an error event behind message_stop",
        lambda plan: replace(plan, stopping=plan.stopping + _SURPRISED + PING),
    ),
}
