"""The cold tier by workspace: facts of all its runs in the order of the log that gave them.

Asked of the facts alone: a run that is parked, or a read model being made anew, changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

import asyncpg

from shared.ledger.pool import translated
from shared.log.oversight import About
from shared.log.port import Entry
from shared.log.subjects import Address


class Span(NamedTuple):
    """Where the facts of a run count: from its `requested` to its end, None while it lives."""

    first: int
    last: int | None = None

    def holds(self, sequence: int) -> bool:
        """A fact of the run with this sequence counts; any other is void."""
        return self.first <= sequence and (self.last is None or sequence <= self.last)


class Window(NamedTuple):
    """Behind one sequence, up to another, of the log whose facts are from `since` on.

    The database may hold facts of a log that was lost, whose sequences mean nothing any more.
    """

    after: int
    up_to: int
    since: datetime


class ColdTier:
    """What Postgres has of whole workspaces."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def covered(self, about: About) -> int:
        """The sequence up to which all facts of this log are here. Raises: Unavailable."""
        with translated():
            found: int = await self._pool.fetchval(
                "select case when count(*) = $1 then min(seq) else 0 end from positions "
                "where partition < $1 and stream_created = $2",
                about.partitions,
                about.created,
            )
        return found

    async def lifecycle(self, workspace: str, window: Window, limit: int) -> list[Entry]:
        """The first `limit` facts in the window, in order. Raises: Unavailable."""
        with translated():
            rows = await self._pool.fetch(
                "select partition, run_id::text, seq, rest, data, time from facts "
                "where workspace = $1 and seq > $2 and seq <= $3 and time >= $4 "
                "order by seq limit $5",
                workspace,
                *window,
                limit,
            )
        return [
            Entry(
                row["seq"],
                Address(row["partition"], workspace, row["run_id"]),
                row["rest"],
                row["data"],
                row["time"],
            )
            for row in rows
        ]

    async def spans(self, workspace: str, runs: Collection[str]) -> dict[str, Span]:
        """The spans of those of these runs (UUIDs) that were requested. Raises: Unavailable."""
        with translated():
            rows = await self._pool.fetch(
                "select b.run_id::text, b.seq as first, e.seq as last from facts b "
                "left join facts e on e.run_id = b.run_id and e.rest = 'finished' "
                "where b.run_id = any($2::uuid[]) and b.rest = 'requested' and b.workspace = $1",
                workspace,
                list(runs),
            )
        return {row["run_id"]: Span(row["first"], row["last"]) for row in rows}
