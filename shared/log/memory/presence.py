"""Who is there, and who executes what, as the services of one log hear of each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from shared.log.subjects import AttemptKey


class Member(NamedTuple):
    """Somebody who is there, and what it says of itself."""

    name: str
    say: Callable[[], bytes]


class Heard:
    """The members of a group, seen by one of them."""

    def __init__(self, members: list[Member]) -> None:
        self._members = members

    def alive(self) -> frozenset[str]:
        return frozenset(member.name for member in self._members)

    def said(self) -> Mapping[str, bytes]:
        return {member.name: member.say() for member in self._members}


class Company:
    """All services that share the log. Who leaves is forgotten at once."""

    def __init__(self) -> None:
        self._groups: dict[str, list[Member]] = {}
        self._executing: list[Callable[[AttemptKey], bool]] = []

    def heard(self, group: str) -> Heard:
        """The members of a group."""
        return Heard(self._groups.setdefault(group, []))

    @contextmanager
    def member(self, group: str, name: str, say: Callable[[], bytes]) -> Iterator[Heard]:
        """Be heard for as long as the context lasts."""
        members = self._groups.setdefault(group, [])
        member = Member(name, say)
        members.append(member)
        try:
            yield Heard(members)
        finally:
            members.remove(member)

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
