"""Facts as bytes and back: UTF-8 JSON, one object, explicit type and version."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from shared.errors import Corrupt
from shared.run.facts import Fact, Lifecycle, Stream

_FACT: TypeAdapter[Lifecycle | Stream] = TypeAdapter(Fact)


class UnknownFact(Corrupt):
    """The bytes are no fact this version knows: park the run, never skip."""

    code = "unknown_fact"


class Recorded(NamedTuple):
    """A fact with what the log knows of it.

    `sequence` is its place in the log, 0 while its append is under way; `time` is the server's.
    """

    fact: Lifecycle | Stream
    sequence: int
    time: datetime


def encode(fact: Lifecycle | Stream, at: str) -> bytes:
    """The fact as it is stored, stamped with its writer's clock `at` (RFC 3339, UTC)."""
    return b'{"at":"' + at.encode() + b'",' + fact.__pydantic_serializer__.to_json(fact)[1:]


def decode(data: bytes) -> Lifecycle | Stream:
    """The fact these bytes say.

    Raises: UnknownFact for anything but a fact of a known type and version.
    """
    try:
        return _FACT.validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise UnknownFact(
            f"expected a fact of a type and version known here, found {data[:80]!r}... "
            f"({where}: {first['msg']}); update this service or repair its writer"
        ) from error
