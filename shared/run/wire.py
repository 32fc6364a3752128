"""Facts as bytes and back: UTF-8 JSON, one object, explicit type and version."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from shared.errors import Corrupt
from shared.run.facts import Fact, Lifecycle, Stream

_FACT: TypeAdapter[Lifecycle | Stream] = TypeAdapter(Fact)
_LONGEST_NAME = 64


class UnknownFact(Corrupt):
    """The bytes are no fact this version knows: park the run, never skip.

    `sequence`, `type` and `version` say which, once whoever has the entry has told.
    """

    code = "unknown_fact"
    sequence: int | None = None
    type: str | None = None
    version: int | None = None

    def says(self, sequence: int, data: bytes) -> None:
        """Remember which fact it is: its place in the log, and what its bytes say they are."""
        self.sequence = sequence
        self.type, self.version = name_in(data)


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


def name_in(data: bytes) -> tuple[str | None, int | None]:
    """The type and the version that bytes say they are, as far as they do; no more than a name."""
    try:
        said = from_json(data)
    except ValueError:
        return None, None
    if not isinstance(said, dict):
        return None, None
    name, version = said.get("type"), said.get("version")
    return (
        name[:_LONGEST_NAME] if isinstance(name, str) else None,
        version if type(version) is int else None,
    )
