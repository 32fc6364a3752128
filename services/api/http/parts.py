"""The parts an application is made of, found by their type.

The application's lifespan makes them; a handler names the type it needs. So a room imports what it
works with and nothing else, and no object knows all of them.
"""

from __future__ import annotations

from typing import TypeVar, cast

from starlette.requests import HTTPConnection

T = TypeVar("T")


class Parts:
    """One object of each type, from the application's start to its end."""

    def __init__(self) -> None:
        self._by_type: dict[type, object] = {}

    def add(self, kind: type[T], part: T) -> T:
        """The part, which is found as a `kind` from now on; none was before."""
        assert kind not in self._by_type, f"the application has a {kind.__name__}"
        self._by_type[kind] = part
        return part

    def replace(self, kind: type[T], part: T) -> None:
        """The part is found in place of the one there was."""
        self.get(kind)
        self._by_type[kind] = part

    def get(self, kind: type[T]) -> T:
        """The part of this type. Raises: LookupError, where the application is without."""
        found = self._by_type.get(kind)
        if found is None:
            raise LookupError(f"expected the application to have a {kind.__name__}, it has none")
        return cast("T", found)


def parts_of(connection: HTTPConnection) -> Parts:
    """All parts of the application that answers this request."""
    parts: Parts = connection.app.state.parts
    return parts


def part(connection: HTTPConnection, kind: type[T]) -> T:
    """The part of this type that the application has which answers this request."""
    return parts_of(connection).get(kind)
