"""Where what a provider sends becomes ours: each value has its type, its bound, and clean texts.

A count that is missing is 0, and one that no store could hold is the nearest that every store can.
Anything else that is not what it should be is BadStream: one failed attempt, which says so.
"""

import json
import math
import re
import reprlib
from collections.abc import Mapping
from typing import NoReturn, TypeAlias, TypeGuard

from services.agent_worker.clean import clean
from shared.errors import AttemptFailed, Corrupt
from shared.run.content import MOST_COUNT

LONGEST_NAME = 200
LONGEST_REASON = 1_000
DEEPEST = 64

Object: TypeAlias = dict[str, object]

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


class BadStream(AttemptFailed):
    """What came is not what the provider's protocol says."""

    def __init__(self, found: str) -> None:
        message = f"the model's answer could not be read: {found}"
        super().__init__(clean(message)[:LONGEST_REASON], code="bad_stream", retry=True)


def object_in(text: str) -> Object:
    """The JSON object that a text is. Raises: BadStream."""
    value = value_in(text)
    return value if is_object(value) else unexpected("an object", value)


def value_in(text: str) -> object:
    """The JSON value that a text is. Raises: BadStream."""
    try:
        value: object = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise BadStream(f"expected JSON, found {text[:80]!r} ({error})") from error
    return value


def recorded(content: str) -> object:
    """The content of a turn as its provider had it kept. Raises: Corrupt."""
    try:
        value: object = json.loads(content)
    except ValueError as error:
        raise Corrupt(f"expected the JSON of a model turn, found {content[:80]!r}") from error
    return value


def is_object(value: object) -> TypeGuard[Object]:
    return isinstance(value, dict)


def unexpected(expected: str, found: object) -> NoReturn:
    """Raises: BadStream."""
    raise BadStream(f"expected {expected}, found {reprlib.repr(found)[:80]}")


def member(raw: Mapping[str, object], key: str) -> Object:
    """An object within another; empty where it is missing. Raises: BadStream."""
    value = raw.get(key)
    if value is None:
        return {}
    return value if is_object(value) else unexpected(f"an object as {key}", value)


def text(raw: Mapping[str, object], key: str) -> str:
    """A text that has to be there, as it came. Raises: BadStream."""
    value = raw.get(key)
    return value if isinstance(value, str) else unexpected(f"a text as {key}", value)


def name(raw: Mapping[str, object], key: str, longest: int = LONGEST_NAME) -> str | None:
    """A short text, clean and cut; None where it is missing. Raises: BadStream."""
    value = raw.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        unexpected(f"a text as {key}", value)
    return short(value, longest)


def short(value: str, longest: int = LONGEST_NAME) -> str:
    """A text that is clean and no longer than that."""
    return clean(paired(value[:longest]))


def count(value: object, missing: int = 0) -> int:
    """A count as every store can hold it. Raises: BadStream."""
    if value is None:
        return missing
    if isinstance(value, bool) or not isinstance(value, int | float):
        unexpected("a count", value)
    return int(min(max(value, 0), MOST_COUNT))


def paired(value: str) -> str:
    """The text with the halves of each character made one; lone halves stay."""
    if value.isascii():
        return value
    return _PAIR.sub(lambda halves: _whole(halves[0]), value)


def whole(value: object, depth: int = DEEPEST) -> object:
    """A JSON value with every text in it, keys too, paired and clean. Raises: BadStream."""
    if isinstance(value, str):
        return clean(paired(value))
    if depth == 0:
        raise BadStream(f"expected values at most {DEEPEST} levels deep, found deeper ones")
    if isinstance(value, dict):
        return {clean(paired(str(k))): whole(v, depth - 1) for k, v in value.items()}
    if isinstance(value, list):
        return [whole(each, depth - 1) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        unexpected("a number that can be written", value)
    return value


def cleaned(raw: Object) -> Object:
    """An object with every text in it paired and clean. Raises: BadStream."""
    found = whole(raw)
    assert is_object(found)
    return found


class Cleaner:
    """Cleans a text that comes in pieces: a character whose halves come in two of them is one."""

    __slots__ = ("_half",)

    def __init__(self) -> None:
        self._half = ""

    def feed(self, piece: str) -> str:
        """What of the text is certain, now that this piece has come."""
        if not self._half and piece.isascii() and "\0" not in piece:
            return piece
        piece, self._half = self._half + piece, ""
        if "\ud800" <= piece[-1:] <= "\udbff":
            piece, self._half = piece[:-1], piece[-1]
        return clean(paired(piece))

    def flush(self) -> str:
        """The rest: what waited for its other half."""
        half, self._half = self._half, ""
        return clean(half)


def _whole(halves: str) -> str:
    return halves.encode("utf-16", "surrogatepass").decode("utf-16")


def _constant(found: str) -> NoReturn:
    raise ValueError(f"{found} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_constant)
