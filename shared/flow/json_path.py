"""What stands at a path in a JSON value, as text for a template."""

import json
from collections.abc import Mapping, Sequence

from shared.flow.json_value import JSON


def text_at(value: JSON, path: Sequence[str]) -> str:
    """A text as it is, other values as compact JSON; empty where nothing is.

    Steps are names of members and, in arrays, positions in digits without a leading zero.
    """
    for step in path:
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and is_position(step) and _is_within(step, len(value)):
            value = value[int(step)]
        else:
            return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def is_position(name: str) -> bool:
    """The name may be a position in an array."""
    return name.isascii() and name.isdecimal() and (name == "0" or not name.startswith("0"))


def _is_within(position: str, length: int) -> bool:
    return len(position) <= len(str(length)) and int(position) < length
