"""Long texts of a JSON body, cut out of it before a parser sees it.

A parser makes a text of 60 MiB in one go, and lets nobody else run until it is done. So the texts
that may be that long are found by their quotes, decoded a piece at a time, and their place in the
body is held by a short text that nobody else can know.

    body --cut_out--> Cut(rest, texts)     rest --parser--> model --put_back--> model with texts
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Annotated, Any, Final, NamedTuple, TypeVar

import pydantic_core
from pydantic import BaseModel, GetPydanticSchema
from pydantic_core import core_schema

from shared.errors import TooLarge

T = TypeVar("T")

LONG_BYTES: Final = 1 << 20
MOST_BESIDES_BYTES: Final = 9 << 20

_PIECE_BYTES: Final = 256 << 10
_SHOWN: Final = 60
_KEY_BYTES: Final = 64
_KEY: Final = re.compile(rb'(?<!\\)"([a-z_]{1,32})"[ \t\r\n]*:[ \t\r\n]*"\Z')
# What a piece must not end with: the beginning of an escape, of a pair of escapes, of a character.
_UNFINISHED: Final = re.compile(
    rb"(?:\\u[dD][89abAB]..)?\\(?:u.{0,3})?\Z|\\u[dD][89abAB]..\Z"
    rb"|[\xc0-\xff]\Z|[\xe0-\xff][\x80-\xbf]\Z|[\xf0-\xff][\x80-\xbf]{2}\Z",
    re.DOTALL,
)
_LONGEST_UNFINISHED: Final = 12


def _schema(source: Any, handler: Any) -> core_schema.CoreSchema:
    text = core_schema.no_info_after_validator_function(str.encode, core_schema.str_schema())
    return core_schema.json_or_python_schema(text, core_schema.bytes_schema(strict=True))


# A text of any length, as UTF-8: in JSON a string, in Python bytes.
LongText = Annotated[bytes, GetPydanticSchema(_schema)]


class NotText(ValueError):
    """A text is no JSON string."""


class BadText(ValueError):
    """A text holds NUL or a lone surrogate; `path` is where it stands."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Span(NamedTuple):
    """Where a string stands in a body, without its quotes, and in how many brackets."""

    start: int
    end: int
    depth: int


@dataclass(frozen=True, slots=True)
class Cut:
    """What is left of a body, and the texts by what stands in their places."""

    rest: bytes
    texts: Mapping[str, bytes]


def cut_out(body: bytes, depths: Mapping[str, int]) -> Cut:
    """The body without its texts over 1 MiB that are members named so, in so many brackets.

    Raises: NotText, BadText; TooLarge, if too much is left.
    """
    if len(body) <= LONG_BYTES:
        return Cut(body, {})
    kept: list[bytes] = []
    texts: dict[str, bytes] = {}
    done = 0
    for span in _long_strings(body):
        name = _name_before(body, span.start)
        if depths.get(name) == span.depth:
            text = b"".join(decoded(body, span, f".{name}"))
            holder = f"{text[:_SHOWN].decode(errors='ignore')}{token_hex(16)}"
            texts[holder] = text
            kept += (body[done : span.start], pydantic_core.to_json(holder)[1:-1])
            done = span.end
    if len(body) - done + sum(map(len, kept)) > MOST_BESIDES_BYTES:
        most = f"{MOST_BESIDES_BYTES >> 20} MiB"
        raise TooLarge(f"expected a body of at most {most} besides its input, came more")
    return Cut(b"".join([*kept, body[done:]]), texts)


def put_back(model: T, cut: Cut) -> T:
    """The model with the texts where they were."""
    if not cut.texts or not isinstance(model, BaseModel):
        return model
    changed = {name: found for name, was in model if (found := _put(was, cut.texts)) is not was}
    return model.model_copy(update=changed)


def _put(value: object, texts: Mapping[str, bytes]) -> object:
    if isinstance(value, dict):
        changed = {k: found for k, was in value.items() if (found := _put(was, texts)) is not was}
        return {**value, **changed} if changed else value
    if isinstance(value, bytes):
        return texts.get(value.decode(), value)
    return texts.get(value, value) if isinstance(value, str) else value


def decoded(body: bytes, span: Span, path: str) -> Iterator[bytes]:
    """The text of a JSON string as UTF-8, a piece at a time. Raises: NotText, BadText."""
    start = span.start
    while start < span.end:
        end = min(start + _PIECE_BYTES, span.end)
        if end < span.end:
            end = start + _finished(body[start:end])
        yield _decoded(body[start:end], start, path)
        start = end


def _finished(piece: bytes) -> int:
    """How much of a piece can be read without what comes after it."""
    tail = piece.replace(b"\\\\", b"__")[-_LONGEST_UNFINISHED:]
    cut = _UNFINISHED.search(tail)
    # A piece that is nothing but an unfinished beginning is no text: let the parser say so.
    return (len(piece) - len(tail) + cut.start() if cut else len(piece)) or len(piece)


def _decoded(piece: bytes, place: int, path: str) -> bytes:
    try:
        text: str = pydantic_core.from_json(b'"%s"' % piece, cache_strings="none")
    except ValueError as error:
        if "surrogate" in str(error) or "hex escape" in str(error):
            raise BadText(path) from None
        raise NotText(f"{path}: {error}, counted from byte {place}") from None
    if "\0" in text:
        raise BadText(path)
    return text.encode()


def _name_before(body: bytes, start: int) -> str:
    key = _KEY.search(body[max(start - _KEY_BYTES, 0) : start])
    return key[1].decode() if key else ""


def _long_strings(body: bytes) -> Iterator[Span]:
    """The strings of more than 1 MiB in a JSON text, well formed or not; linear."""
    opened, depth = -1, 0
    for start, piece in _masked(body):
        is_inside = opened >= 0
        if is_inside and b'"' not in piece:
            continue
        parts = piece.split(b'"')
        if is_inside and start + len(parts[0]) - opened > LONG_BYTES:
            yield Span(opened, start + len(parts[0]), depth)
        outside = b"".join(parts[is_inside::2])
        depth += sum(map(outside.count, (b"{", b"["))) - sum(map(outside.count, (b"}", b"]")))
        opened = start + len(piece) - len(parts[-1]) if is_inside ^ (not len(parts) % 2) else -1


def _masked(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The body in pieces that end between escapes, each with its place; no quote is escaped."""
    start = 0
    while start < len(body):
        piece = body[start : start + _PIECE_BYTES]
        if b"\\" in piece:
            if (len(piece) - len(piece.rstrip(b"\\"))) % 2:
                piece = body[start : start + _PIECE_BYTES + 1]
            piece = piece.replace(b"\\\\", b"__").replace(b'\\"', b"__")
        yield start, piece
        start += len(piece)
