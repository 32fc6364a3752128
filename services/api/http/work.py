"""How much work a body asks for, counted on its bytes before anything is made of them.

A parser written in C lets nobody else run until it is done. So the keys and values of a body are
counted first, a piece at a time, and a body of more than `MOST_WORK` is refused; one of more than
`LIGHT_WORK` is read by a parser that others can interrupt.

    body --weigh--> Weight   light: pydantic's parser   heavy: `load`, in a thread
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from json import scanner
from typing import Any, Final, NoReturn, TypeVar

import pydantic_core

from shared.errors import TooLarge
from shared.flow import JSON

T = TypeVar("T")

MOST_WORK: Final = 600_000
LIGHT_WORK: Final = 20_000
AT_ONCE_BYTES: Final = 16 << 10
LONGEST_STRETCH: Final = 20_000

_COUNTED: Final = (b",", b":", b"[", b"{")
_CONSTANTS: Final = {"NaN": b"NaN", "Infinity": b"Infn"}
_PIECE_BYTES: Final = 256 << 10
_STRUCTURE: Final = b',:[]{}"NaInf'  # with the letters that tell NaN and Infinity apart
_REST: Final = bytes(set(range(256)) - set(_STRUCTURE))


@dataclass(frozen=True, slots=True)
class Weight:
    """What there is in a JSON text outside its strings.

    `work` counts commas, colons and opening brackets, so about its keys and values; `stretch` is
    about the most of that between two ends of objects. `constant` is NaN or Infinity if one stands
    where a value should; `has_nul` tells that a string has an escaped NUL.
    """

    work: int
    stretch: int = 0
    constant: str = ""
    has_nul: bool = False

    @property
    def is_light(self) -> bool:
        """A parser that does it in one go is done in a few milliseconds, texts apart."""
        return self.work <= LIGHT_WORK


def weigh(body: bytes) -> Weight:
    """The weight of a JSON text, well formed or not; linear, a few milliseconds a MiB.

    Raises: TooLarge, as soon as there are more than `MOST_WORK` keys and values.
    """
    work = stretch = running = 0
    constant, has_nul, inside = "", False, False
    for piece in _pieces(body):
        has_nul |= b"\\u0000" in piece
        parts = piece.replace(b'\\"', b"").translate(None, _REST).split(b'"')
        outside = b"".join(parts[inside::2])
        inside ^= not len(parts) % 2
        work += sum(map(outside.count, _COUNTED))
        if work > MOST_WORK:
            raise TooLarge(f"expected a body of at most {MOST_WORK:,} keys and values, got more")
        constant = constant or next((w for w, rest in _CONSTANTS.items() if rest in outside), "")
        first, *others = map(len, outside.split(b"}"))
        stretch = max(stretch, running + first, *others)
        running = others[-1] if others else running + first
    return Weight(work, stretch, constant, has_nul)


def _pieces(body: bytes) -> Iterator[bytes]:
    """The body in pieces that end between escapes, without its escaped backslashes."""
    start = 0
    while start < len(body):
        end = start + _PIECE_BYTES
        piece = body[start:end]
        if b"\\" in piece:
            if (len(piece) - len(piece.rstrip(b"\\"))) % 2:
                end += 1
                piece = body[start:end]
            piece = piece.replace(b"\\\\", b"")
        yield piece
        start = end


def load(text: str, weight: Weight) -> JSON:
    """What a JSON text says, read so that other threads run meanwhile.

    Raises: ValueError, also for NaN and Infinity; RecursionError.
    """
    patient = weight.stretch > LONGEST_STRETCH
    decoder = json.JSONDecoder(
        object_pairs_hook=_object, parse_float=_float, parse_int=_int, parse_constant=_refuse
    )
    if patient:
        # Reads in Python alone: its objects come too seldom to interrupt the scanner in C.
        vars(decoder)["scan_once"] = vars(scanner)["py_make_scanner"](decoder)
    value: JSON = decoder.decode(text)
    return value


def read_again(text: str) -> Any:
    """What JSON says that was written here; of more than is read in a moment, as `load` reads."""
    weight = Weight(0) if len(text) <= AT_ONCE_BYTES else weigh(in_utf8(text))
    return pydantic_core.from_json(text) if weight.is_light else load(text, weight)


def _object(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    # Not `dict(pairs)`: a call into C, which lets nobody else run until it is done.
    return {pair[0]: pair[1] for pair in pairs}


def _float(digits: str) -> float:
    return float(digits)


def _int(digits: str) -> int | float:
    return int(digits) if len(digits) < 400 else float(digits)


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"got {word}, which JSON does not have")


def in_utf8(text: str) -> bytes:
    """The text as UTF-8, made so that other threads run meanwhile."""
    pieces = range(0, len(text), _PIECE_BYTES)
    return b"".join([text[start : start + _PIECE_BYTES].encode() for start in pieces])


async def off_loop(small: bool, work: Callable[[], T]) -> T:
    """What `work` returns; what is not small leaves the loop to others meanwhile."""
    return work() if small else await asyncio.to_thread(work)


def is_small(value: JSON) -> bool:
    """Whether whatever is done with a value is done in a moment; itself it takes less."""
    return _is_within(AT_ONCE_BYTES, value, 8)


def has_at_most(count: int, value: JSON) -> bool:
    """Whether there are at most so many keys and values in it; looks at no more of them."""
    return _is_within(count, value, 0)


def _is_within(left: int, value: JSON, each: int) -> bool:
    """The value costs at most `left`: one a key or value, or `each` and a character of a text."""
    pending: list[JSON] = [value]
    while pending:
        found = pending.pop()
        if isinstance(found, str):
            left -= len(found) if each else 0
        elif isinstance(found, Mapping):
            left -= max(each, 2) * len(found)
            if left >= 0:
                left -= sum(map(len, found)) if each else 0
                pending.extend(found.values())
        elif isinstance(found, list):
            left -= max(each, 1) * len(found)
            if left >= 0:
                pending.extend(found)
        elif isinstance(found, int):
            left -= found.bit_length() >> 6
        if left < 0:
            return False
    return True
