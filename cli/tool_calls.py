"""The calls of an agent's tools in words: one line as a call begins, one as it ends.

Arguments and results are texts of models and of anybody's services: each stands on one line here,
without anything that could steer a terminal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from penstock_client import CallView

from cli.printing import words_of

_LONGEST = 400
_NOT_KNOWN = "it is not known whether this was done"


def begun_line(call: CallView) -> str:
    """`find_item(id: 7)`, and that it is made again where it was lost."""
    again = " once more" if call.times > 1 else ""
    return f"{words_of(call.tool)}({_arguments(call.input)}){again}"


def ended_line(call: CallView) -> str:
    """`find_item (0.4 s): {"name": ...}`, or why it failed."""
    return f"{words_of(call.tool)}{_ending(call)}"


def whole_line(call: CallView) -> str:
    """`find_item(id: 7) (0.4 s): {"name": ...}`."""
    return f"{begun_line(call)}{_ending(call)}"


def _ending(call: CallView) -> str:
    took = f" ({call.seconds:.1f} s)" if call.seconds >= 0.05 else ""
    match call.outcome:
        case "error":
            error = call.error or {}
            words = f"{error.get('code', 'failed')}: {error.get('message', '')}"
            return f"{took}: {words_of(words[:_LONGEST])}"
        case "unknown":
            return f": {_NOT_KNOWN}"
        case _:
            return f"{took}: {_content(call.output) or 'nothing'}"


def _arguments(given: str | Mapping[str, object] | None) -> str:
    if not isinstance(given, str):
        return "" if given is None else _size(given)
    try:
        members = json.loads(given)
    except (ValueError, RecursionError):
        members = None  # models write what is no JSON, too
    if not isinstance(members, dict):
        return _content(given)
    words = (f"{name}: {_value(value)}" for name, value in members.items())
    return words_of(", ".join(words)[:_LONGEST])


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _content(given: str | Mapping[str, object] | None) -> str:
    if given is None or isinstance(given, str):
        return words_of((given or "")[:_LONGEST])
    return _size(given)


def _size(blob: Mapping[str, object]) -> str:
    size = blob.get("size_bytes")
    return f"{size:,} bytes" if isinstance(size, int) else "a large text"
