"""Whose question is evaluated next: places shared fairly by workspaces, and by runs within one.

    a place is free -> the workspace that has the fewest, of those with somebody in line
                    -> its run that has the fewest
                    -> who came first
    of equals the one that was served longest ago

So whoever has none waits for one evaluation at most, whatever others have in line. Those in line
keep a worker's slots: a workspace that is slow keeps few of them (`is_slow`, `Slow`).
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from shared.errors import Unavailable

MOST_IN_LINE = 1_024
MOST_OF_SLOW = 4  # in line, of one workspace whose first has waited for SLOW_SECONDS
SLOW_SECONDS = 2.0


class Slow(Exception):
    """Others of its workspace are in line before it, and have been for long: come again later."""


@dataclass(eq=False, slots=True)
class _Waiting:
    workspace: str
    run: str
    since: float
    called: asyncio.Future[None] = field(default_factory=asyncio.Future)


class Turns:
    """At most `most` at a time. Where all are `patient`, nobody is sent away as Slow."""

    def __init__(self, most: int, *, patient: bool = False) -> None:
        self._free = most
        self._patient = patient
        self._line: list[_Waiting] = []
        self._places: Counter[tuple[str, ...]] = Counter()
        self._served: dict[tuple[str, ...], int] = {}
        self._clock = count(1)

    @asynccontextmanager
    async def turn(self, workspace: str, run: str) -> AsyncIterator[None]:
        """Enters when it is this run's turn. Raises: Slow; Unavailable if the line is full."""
        if len(self._line) >= MOST_IN_LINE:
            what = "texts" if self._patient else "expressions"
            raise Unavailable(f"expected at most {MOST_IN_LINE:,} {what} in line, found more")
        waiting = _Waiting(workspace, run, asyncio.get_running_loop().time())
        self._line.append(waiting)
        self._call()
        try:
            await self._called(waiting)
            yield
        finally:
            if waiting in self._line:
                self._line.remove(waiting)
            else:
                self._leave(waiting)
            self._forget(waiting)

    def is_slow(self, workspace: str) -> bool:
        """Nobody else of this workspace should get in line now."""
        line = [waiting for waiting in self._line if waiting.workspace == workspace]
        until = asyncio.get_running_loop().time() - SLOW_SECONDS
        return len(line) >= MOST_OF_SLOW and line[0].since <= until

    async def _called(self, waiting: _Waiting) -> None:
        done, _ = await asyncio.wait({waiting.called}, timeout=SLOW_SECONDS)
        if not done and not self._patient and self._before(waiting) >= MOST_OF_SLOW:
            raise Slow
        await waiting.called

    def _before(self, waiting: _Waiting) -> int:
        before = self._line[: self._line.index(waiting)]
        return sum(other.workspace == waiting.workspace for other in before)

    def _call(self) -> None:
        """Give free places away."""
        while self._free and self._line:
            waiting = min(self._line, key=self._rank)
            self._line.remove(waiting)
            self._free -= 1
            now = next(self._clock)
            for owner in _owners(waiting):
                self._places[owner] += 1
                self._served[owner] = now
            waiting.called.set_result(None)

    def _rank(self, waiting: _Waiting) -> tuple[int, ...]:
        ranks = ((self._places[o], self._served.get(o, 0)) for o in _owners(waiting))
        return tuple(number for rank in ranks for number in rank)

    def _leave(self, waiting: _Waiting) -> None:
        self._free += 1
        for owner in _owners(waiting):
            self._places[owner] -= 1
        self._call()

    def _forget(self, gone: _Waiting) -> None:
        """Know nothing of who has nothing here any more."""
        here = {owner for waiting in self._line for owner in _owners(waiting)}
        for owner in _owners(gone):
            if not self._places[owner]:
                del self._places[owner]
                if owner not in here:
                    self._served.pop(owner, None)


def _owners(waiting: _Waiting) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (waiting.workspace,), (waiting.workspace, waiting.run)
