"""Streams that are not what the API's types say: `odd=NAME`, as chunks.

Each is the plan of an ordinary answer with some of its frames in another shape.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from simulator.http.plan import Plan
from simulator.openai.plan import DONE, PING, chunk, line
from simulator.openai.whole import Json

Shaping = Callable[[Plan], Plan]


def _with_usage(used: object) -> Shaping:
    def shaped(plan: Plan) -> Plan:
        last, *_ = _events(plan.settling)
        return replace(plan, settling=line(last) + line(last | {"choices": [], "usage": used}))

    return shaped


def _without_usage(plan: Plan) -> Plan:
    last, *_ = _events(plan.settling)
    last.pop("usage", None)
    return replace(plan, settling=line(last))


def _counts(count: object) -> Shaping:
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    details = {"prompt_tokens_details": {"cached_tokens": count}}
    return _with_usage({**dict.fromkeys(names, count), **details})


def _saying(*parts: Json) -> Shaping:
    """The answer is these chunks instead."""

    def shaped(plan: Plan) -> Plan:
        (top,) = _events(plan.opening)
        return replace(plan, chunks=tuple(line(top | part) for part in parts))

    return shaped


def _sending(*frames: bytes) -> Shaping:
    return lambda plan: replace(plan, chunks=frames)


def _text(text: object, index: object = 0) -> Json:
    return chunk({"content": text}, index=index)


def _argument(piece: str, **begun: object) -> Json:
    function: Json = {"arguments": piece}
    if begun:
        function |= {"name": begun["id"]}
    return chunk({"tool_calls": [{"index": 0, **begun, "type": "function", "function": function}]})


def _unstarted(plan: Plan) -> Plan:
    """Without the chunk that names the role."""
    whole = _saying(_text("one "), chunk({"role": "hologram"}), _text("two"))(plan)
    return replace(whole, opening=b"")


def _cut_off(plan: Plan) -> Plan:
    whole = _saying(_text("kept"), _argument('{"a": "b', id="cut"))(plan)
    last, *_ = _events(plan.settling)
    return replace(whole, settling=line(last | chunk({}, "length")))


def _late(plan: Plan) -> Plan:
    return replace(plan, stopping=DONE + _SURPRISED + PING)


def _events(frames: bytes) -> list[Json]:
    return [json.loads(each.removeprefix(b"data: ")) for each in frames.split(b"\n\n") if each]


_SURPRISED = line({"error": {"type": ["odd"], "message": "gone \ud83d", "a": 1}})
ODD: Mapping[str, Shaping] = {
    "no_usage": _without_usage,
    "huge_count": _counts(2**63),
    "negative_count": _counts(-5),
    "text_count": _counts("many"),
    "null_text": _saying(_text(None)),
    "null_delta": _saying(chunk(None)),
    "null_index": _saying(_text("x", index=None)),
    "list_index": _saying(_text("x", index=[0])),
    "number": _sending(b"data: 5\n\n"),
    "deep": _sending(b"data: " + b"[" * 100_000 + b"\n\n"),
    "nan": _sending(b'data: {"choices":[],"created":NaN}\n\n'),
    "twice": _saying(
        _text("first "), _argument("{}", id="a"), _argument("{}", id="b"), _text("second")
    ),
    "unstarted": _unstarted,
    "cut_input": _cut_off,
    "halves": _saying(_text("a\ud83d"), _text("\ude00b")),
    "lone_halves": _saying(_text("a\ud83db\ude00"), _text("c\ud83d")),
    "error": _sending(_SURPRISED),
    "late_error": _late,
}
