"""A place in a JSON value, as a JSON Pointer.

Source: RFC 6901.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


class Nothing:
    """The answer where a pointer leads nowhere."""


NOTHING: Final = Nothing()


def is_pointer(text: str) -> bool:
    """`/data/items/0`, or the empty text for the whole value."""
    return _POINTER.fullmatch(text) is not None


def value_at(value: object, pointer: str) -> object:
    """What stands there, or NOTHING."""
    for token in pointer.split("/")[1:]:
        value = _member(value, token.replace("~1", "/").replace("~0", "~"))
        if value is NOTHING:
            return NOTHING
    return value


def _member(value: object, key: str) -> object:
    if isinstance(value, Mapping):
        return value.get(key, NOTHING)
    if isinstance(value, Sequence) and not isinstance(value, str) and _INDEX.fullmatch(key):
        return value[int(key)] if int(key) < len(value) else NOTHING
    return NOTHING
