"""Postgres, as an api asks it about one run: the facts copied so far, and whether it ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

import asyncpg

from shared.log.port import Entry

Row = dict[str, object]


class Shelf:
    """Answers the queries of `shared.ledger` for one run; `asked` is awaited before each."""

    def __init__(self, asked: Callable[[], Awaitable[None]]) -> None:
        self._asked = asked
        self.entries: list[Entry] = []

    @property
    def pool(self) -> asyncpg.Pool:
        """Itself, as its users know it."""
        return cast("asyncpg.Pool", self)

    @property
    def is_finished(self) -> bool:
        return self._end is not None

    @property
    def _end(self) -> int | None:
        return next((entry.sequence for entry in self.entries if entry.rest == "finished"), None)

    async def fetchval(self, query: str, *_: object) -> int | None:
        """Where the run ended, if that is what is asked; there are no large bodies."""
        await self._asked()
        return self._end if "finished_seq" in query else None

    async def fetch(self, _: str, run: str, workspace: str, after: int, limit: int) -> list[Row]:
        """The facts of the run behind a sequence."""
        await self._asked()
        rows = [
            Row(
                partition=e.address.partition, seq=e.sequence, rest=e.rest, data=e.data, time=e.time
            )
            for e in self.entries
            if e.sequence > after and (e.address.workspace, e.address.run) == (workspace, run)
        ]
        return rows[:limit]
