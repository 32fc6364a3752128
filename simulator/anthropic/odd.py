"""Streams that are not what the API's types say, as they have been seen in the wild: `odd=NAME`.

Each is the plan of an ordinary answer with some of its frames in another shape.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from simulator.http.frame import PING, frame
from simulator.http.plan import Plan


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
ODD: Mapping[str, Callable[[Plan], Plan]] = {
    "no_usage": _without_usage,
    "huge_count": _counts(2**63),
    "negative_count": _counts(-5),
    "text_count": _counts("many"),
    "null_text": _saying(_start(0), _text(0, None)),
    "null_delta": _saying(_start(0), _delta(0, None)),
    "null_index": _saying(_start(0), _text(None, "x")),
    "list_index": _saying(_start(0), _text([0], "x")),
    "number": _saying(_line("5")),
    "deep": _saying(_line("[" * 100_000)),
    "nan": _saying(_line('{"type":"ping","at":NaN}')),
    "twice": _saying(_start(0), _text(0, "first "), _start(0), _text(0, "second"), ending=_stop(0)),
    "unstarted": _saying(_text(7, "one "), _start(0, {"type": "hologram"}), _text(0, "two")),
    "cut_input": _cut_off,
    "halves": _saying(_start(0), _text(0, "a\ud83d"), _text(0, "\ude00b"), ending=_stop(0)),
    "lone_halves": _saying(
        _start(0), _text(0, "a\ud83db\ude00"), _text(0, "c\ud83d"), ending=_stop(0)
    ),
    "error": _saying(_start(0), _SURPRISED),
    "late_error": lambda plan: replace(plan, stopping=plan.stopping + _SURPRISED + PING),
}
