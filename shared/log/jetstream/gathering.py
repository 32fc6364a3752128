"""Selections asked for in one turn of the event loop, read by one request.

Steps arrive in batches, and each wants to know a few facts: asked for one by one they would cost
the server and us a request, an answer and a last word each; and a fan-out's would name the same
facts of the same run a hundred times.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from shared.log.filters import matches
from shared.log.port import Entry, History

MOST_FILTERS = 256

Read = Callable[[Sequence[str], int], Awaitable[History]]


class _Portion:
    """What one request will ask for; its task begins when the turn is over."""

    def __init__(self, read: Read) -> None:
        self.filters: dict[str, None] = {}
        self.at_least = 0
        self.is_asked = False
        self._read = read
        self.read = asyncio.create_task(self._asked())

    async def _asked(self) -> tuple[list[tuple[str, Entry]], int]:
        """The entries found with their subjects, and up to where was looked."""
        self.is_asked = True
        history = await self._read(list(self.filters), self.at_least)
        return [(e.address.subject(e.rest), e) for e in history.entries], history.up_to


class Gathering:
    """Passes selections on to `read`, together; each gets what it asked for, at least as fresh."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._portion: _Portion | None = None

    async def select(self, filters: Sequence[str], at_least: int) -> History:
        """The newest entry of each subject that matches, in sequence order."""
        portion = self._portion
        if portion is None or portion.is_asked or len(portion.filters) >= MOST_FILTERS:
            portion = self._portion = _Portion(self._read)
        portion.filters.update(dict.fromkeys(filters))
        portion.at_least = max(portion.at_least, at_least)
        found, up_to = await asyncio.shield(portion.read)
        exact = set(filters)
        patterns = [each for each in filters if "*" in each or ">" in each]
        entries = (
            entry
            for subject, entry in found
            if subject in exact or any(matches(pattern, subject) for pattern in patterns)
        )
        return History(tuple(entries), up_to)
