"""A client that reads a run's events as it pleases, and all it was told over its connections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Protocol

from penstock_client.sse import Frame, Parser

from tests.simulation.virtual import passes

AGAIN_SECONDS = 0.2
SLICES = (1, 40, 300, 5000)


class Answer(Protocol):
    """An answer on its way: its status, then its body piece by piece."""

    status: int

    async def read(self, most: int) -> bytes:
        """The next piece, of `most` bytes at most; nothing once it ended or was cut."""
        ...

    def hang_up(self) -> None:
        """The client is gone."""


class Door(Protocol):
    """Where readers come in: any api that is up."""

    async def ask(self, query: str, last_event_id: str) -> Answer | None:
        """The answer to a request for the run's events; None if nobody takes it."""
        ...


@dataclass(frozen=True)
class Heard:
    """One frame, in which connection it came, when, and how far the log was by then."""

    frame: Frame
    visit: int
    at: datetime
    last: int

    @property
    def id(self) -> int:
        return int(self.frame.id)


@dataclass
class Tale:
    """What a listener was told, from after `start` (None: from the beginning)."""

    start: int | None
    types: frozenset[str] | None
    heard: list[Heard] = field(default_factory=list)
    visits: int = 0
    refusals: set[int] = field(default_factory=set)
    was_sent_away: bool = False


class Listener:
    """Reads at its own pace, hangs up now and then, comes back by the last id it saw.

    `slowness` is how long a second of its dawdling lasts.
    """

    def __init__(
        self,
        tale: Tale,
        chance: Random,
        now: Callable[[], tuple[datetime, int]],
        slowness: float = 1.0,
    ) -> None:
        self.tale = tale
        self._chance = chance
        self._now = now
        self._haste = chance.choice((0.0, 0.01, 0.1, 3.0)) * slowness
        self._rests = [seconds * slowness for seconds in (0, 0.05, 1)]
        self._patience = chance.choice((3, 30, 10_000))

    async def listen(self, door: Door) -> None:
        """Returns once it has been told that the run is over, and was sent away."""
        while not self.tale.was_sent_away:
            answer = await door.ask(*self._question())
            if answer is None:
                await passes(AGAIN_SECONDS)
                continue
            self.tale.visits += 1
            if answer.status == 200:
                await self._visit(answer)
            elif answer.status == 204:
                self.tale.was_sent_away = True
            else:
                self.tale.refusals.add(answer.status)
                await passes(AGAIN_SECONDS)
            answer.hang_up()
            await passes(self._chance.choice(self._rests))

    def _question(self) -> tuple[str, str]:
        query = [f"types={','.join(sorted(self.tale.types))}"] if self.tale.types else []
        last = next((h.frame.id for h in reversed(self.tale.heard)), "")
        if not last and self.tale.start is not None:
            query.append(f"after={self.tale.start}")
        return "&".join(query), last

    async def _visit(self, answer: Answer) -> None:
        parser = Parser()
        patience = self._chance.randrange(1, self._patience)
        while patience and (piece := await answer.read(self._chance.choice(SLICES))):
            patience -= 1
            at, last = self._now()
            for frame in parser.feed(piece):
                self.tale.heard.append(Heard(frame, self.tale.visits, at, last))
            if self._haste:
                await passes(self._chance.uniform(0, self._haste))
