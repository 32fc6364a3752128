"""Who is there, and who executes what, as the services of one log hear of each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.log.subjects import AttemptKey


class Heard:
    """The members of a group, seen by one of them."""

    def __init__(self, members: Counter[str]) -> None:
        self._members = members

    def alive(self) -> frozenset[str]:
        return frozenset(self._members)


class Company:
    """All services that share the log. Who leaves is forgotten at once."""

    def __init__(self) -> None:
        self._groups: dict[str, Counter[str]] = {}
        self._executing: list[Callable[[AttemptKey], bool]] = []

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

    @contextmanager
    def answering(self, executing: Callable[[AttemptKey], bool]) -> Iterator[None]:
        """Answer for one's attempts for as long as the context lasts."""
        self._executing.append(executing)
        try:
            yield
        finally:
            self._executing.remove(executing)

    def is_executing(self, attempt: AttemptKey) -> bool:
        """Somebody answers yes."""
        return any(executing(attempt) for executing in self._executing)
