"""Who is there, who executes and who reads what, as the services of one log hear of each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Generic, NamedTuple, TypeVar

from shared.log.oversight import Tell
from shared.log.parked import Look, Question, Service
from shared.log.subjects import Address, AttemptKey

K = TypeVar("K")


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

    def seconds_ago(self, name: str) -> float:
        return 0.0


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
        self._groups: dict[str, list[Member]] = {}
        self.workers: Asked[AttemptKey] = Asked()
        self.readers: Asked[tuple[str, str]] = Asked()
        self._telling: list[tuple[Service, Tell]] = []

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

    async def ask_parked(
        self, service: Service, address: Address, question: Question
    ) -> Look | None:
        """What the first of the service says that says something."""
        for name, tell in tuple(self._telling):
            look = await tell(address, question) if name == service else None
            if look is not None:
                return look
        return None

    @contextmanager
    def telling_parked(self, service: Service, tell: Tell) -> Iterator[None]:
        """Answer such questions for as long as the context lasts."""
        each = (service, tell)
        self._telling.append(each)
        try:
            yield
        finally:
            self._telling.remove(each)
