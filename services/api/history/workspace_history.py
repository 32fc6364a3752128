"""Where the facts of a whole workspace are: those of runs that live in the log, the others' behind.

Up to the lowest position of a partition Postgres has everything. Beyond that it has more of one
partition than of another, and the log lacks what has left it. But a fact leaves the log only when
Postgres has it: so what was read of the log first, and of Postgres afterwards, is together the
whole, wherever the projector stands and whatever is deleted meanwhile; a fact that is in both is
one by its sequence. It is whole up to the sequence the log had reached before: beyond that either
may know what the other does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol
from uuid import UUID

from shared.ledger.lifecycle import Span, Window
from shared.log.oversight import About
from shared.log.port import Entry, LiveFeed, Log
from shared.log.subjects import FINISHED, LIFECYCLE, REQUESTED


class Page(NamedTuple):
    """Lifecycle entries of a workspace, all `up_to` a sequence; `is_last` if that ends the log."""

    entries: Sequence[Entry]
    up_to: int
    is_last: bool


class Kept(Protocol):
    """The facts behind the log."""

    async def covered(self, about: About) -> int: ...

    async def lifecycle(self, workspace: str, window: Window, limit: int) -> Sequence[Entry]: ...

    async def spans(self, workspace: str, runs: Collection[str]) -> Mapping[str, Span]: ...


class WorkspaceHistory:
    """Reads workspaces, one at a time. Every call may raise Unavailable."""

    def __init__(self, log: Log, kept: Kept) -> None:
        self._log = log
        self._kept = kept

    def live(self, workspace: str) -> AbstractAsyncContextManager[LiveFeed]:
        """Its lifecycle facts as they are stored, and no words of agents."""
        return self._log.live(workspace, rest=LIFECYCLE)

    async def end(self) -> int:
        """The last sequence the log has given."""
        return (await self._log.about()).last

    async def page(self, workspace: str, *, after: int, limit: int) -> Page:
        """What follows a sequence, complete up to another."""
        about = await self._log.about()
        covered = await self._kept.covered(about)
        left: Sequence[Entry] = ()
        up_to = covered
        if covered <= after:
            up_to = max(about.last, after)
            left = await self._log.read_lifecycle(workspace, after=after, up_to=up_to, limit=limit)
            up_to = _reached(left, up_to, limit)
        window = Window(after, up_to, about.since)
        kept = await self._kept.lifecycle(workspace, window, limit)
        up_to = _reached(kept, up_to, limit)
        whole = {entry.sequence: entry for entry in (*left, *kept) if entry.sequence <= up_to}
        return Page([whole[each] for each in sorted(whole)], up_to, up_to >= about.last)

    async def spans(self, workspace: str, runs: Collection[str]) -> Mapping[str, Span]:
        """Where the facts of these runs count."""
        asked = list(runs)
        found = await asyncio.gather(*(self._in_log(workspace, run) for run in asked))
        spans = {run: span for run, span in zip(asked, found, strict=True) if span is not None}
        gone = [run for run in asked if run not in spans and _is_id(run)]
        return {**spans, **await self._kept.spans(workspace, gone)} if gone else spans

    async def _in_log(self, workspace: str, run: str) -> Span | None:
        # `requested` leaves first: if it is still there afterwards, so was the end.
        last = await self._log.last_sequence(workspace, run, FINISHED)
        first = await self._log.last_sequence(workspace, run, REQUESTED)
        return Span(first, last or None) if first else None


def _reached(entries: Sequence[Entry], up_to: int, limit: int) -> int:
    """Up to where these are all there is, if so many were asked for."""
    return entries[-1].sequence if len(entries) == limit else up_to


def _is_id(run: str) -> bool:
    try:
        return str(UUID(run)) == run
    except ValueError:
        return False
