"""Who is there, who executes and who reads what, as the services of one log hear of each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from shared.log.subjects import AttemptKey

K = TypeVar("K")


class Heard:
    """The members of a group, seen by one of them."""

    def __init__(self, members: Counter[str]) -> None:
        self._members = members

    def alive(self) -> frozenset[str]:
        return frozenset(self._members)


class Asked(Generic[K]):
    """Who says yes to questions of one kind."""

    def __init__(self) -> None:
        self._knowing: list[Callable[[K], bool]] = []

    @contextmanager
    def answering(self, knows: Callable[[K], bool]) -> Iterator[None]:
        """Answer for as long as the context lasts."""
        self._knowing.append(knows)
        try:
            yield
        finally:
            self._knowing.remove(knows)

    def __call__(self, about: K) -> bool:
        """Somebody answers yes."""
        return any(knows(about) for knows in self._knowing)


class Company:
    """All services that share the log. Who leaves is forgotten at once."""

    def __init__(self) -> None:
        self._groups: dict[str, Counter[str]] = {}
        self.workers: Asked[AttemptKey] = Asked()
        self.readers: Asked[tuple[str, str]] = Asked()

    @contextmanager
    def member(self, group: str, name: str) -> Iterator[Heard]:
        """Be heard for as long as the context lasts."""
        members = self._groups.setdefault(group, Counter())
        members[name] += 1
        try:
            yield Heard(members)
        finally:
            members[name] -= 1
            if not members[name]:
                del members[name]
