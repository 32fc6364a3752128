"""JSON values, and what in one of them cannot be kept for good."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"

_Path: TypeAlias = "tuple[_Path | None, object]"  # the way to a value, last key first

DEEPEST = 64
LARGEST = 2**53 - 1  # beyond it a double skips integers, and RFC 8785 has no form for them


class Unfit(NamedTuple):
    """A spot in a value: `code` is bad_shape or bad_text, `path` like `.data.retry[0]`."""

    code: str
    path: str
    complaint: str


def shown(value: object) -> str:
    """The value in a few words, for a message; never longer than a line."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number that is too large" if abs(value) > LARGEST else f"the number {value}"
        case str():
            return f"the text {quoted(value)}"
        case Mapping():
            return "an object"
        case Sequence():
            return "a list"
    return f"a {type(value).__name__}"


def quoted(text: str) -> str:
    """The text in quotes and printable, cut to 60 characters."""
    cut = text if len(text) <= 60 else text[:57] + "..."
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in cut) + '"'


def unfit(value: object, path: str = "") -> Iterator[Unfit]:
    """Every spot that RFC 8785 or Postgres refuses, or that nests too deeply; linear time."""
    start: _Path = (None, path)
    yield from _unfit_scalar(value, start)
    pending = [(value, start, 0)] if isinstance(value, dict | list) else []
    while pending:
        found, at, depth = pending.pop()
        if depth == DEEPEST:
            complaint = f"expected at most {DEEPEST} levels of nesting, came more"
            yield Unfit("bad_shape", _spelled(at), complaint)
            continue
        if isinstance(found, dict):
            yield from _unfit_keys(found, at)
        members = found.items() if isinstance(found, dict) else enumerate(found)
        for key, member in members:
            if isinstance(member, dict | list):
                pending.append((member, (at, key), depth + 1))
            elif not (is_text(member) if isinstance(member, str) else _is_plain(member)):
                yield from _unfit_scalar(member, (at, key))


def _unfit_scalar(value: object, at: _Path) -> Iterator[Unfit]:
    if isinstance(value, str):
        if not is_text(value):
            yield Unfit("bad_text", _spelled(at), "expected text without NUL or surrogates")
    elif not isinstance(value, dict | list) and not _is_plain(value):
        complaint = f"expected JSON with numbers up to 2^53 - 1, came {shown(value)}"
        yield Unfit("bad_shape", _spelled(at), complaint)


def _spelled(path: _Path) -> str:
    keys: list[object] = []
    rest: _Path | None = path
    while rest is not None:
        rest, key = rest
        keys.append(key)
    start, *inner = reversed(keys)
    return f"{start}" + "".join(
        f"[{key}]" if isinstance(key, int) else f".{quoted(str(key))[1:-1]}" for key in inner
    )


def _unfit_keys(found: dict[object, object], at: _Path) -> Iterator[Unfit]:
    for key in found:
        if not isinstance(key, str):
            yield Unfit("bad_shape", _spelled(at), f"expected text as key, came {shown(key)}")
        elif not is_text(key):
            yield Unfit("bad_text", _spelled(at), "expected keys without NUL or surrogates")


def is_text(text: str) -> bool:
    """The text has neither NUL nor lone surrogates."""
    if "\0" in text:
        return False
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _is_plain(value: object) -> bool:
    """A value RFC 8785 writes so that reading it gives the same again; NaN fails both bounds."""
    if isinstance(value, int | float):
        return -LARGEST <= value <= LARGEST
    return value is None
