"""What an entry of the log holds, where its place says which type of fact that is."""

from __future__ import annotations

from typing import TypeVar

from shared.errors import Corrupt
from shared.log.port import Entry
from shared.run.facts import RunFact
from shared.run.meaning import type_of

F = TypeVar("F", bound=RunFact)


def fact_of(entry: Entry, kind: type[F]) -> F:
    """The entry's fact. Raises: Corrupt, if it is of another type; UnknownFact."""
    fact: RunFact = entry.recorded().fact
    if not isinstance(fact, kind):
        found = type_of(type(fact))
        raise Corrupt(f"expected {type_of(kind)} at {entry.rest}, found {found}")
    return fact
