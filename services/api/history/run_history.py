"""Where the facts of a run are: in Postgres once that shows it finished, else in the log.

A run may be leaving the log while it is read there. Its `requested` leaves first: what was read
of a run counts if that is still there afterwards, and else Postgres has it all. So readers go on
across the boundary by the same calls as in the log, with the same ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from time import monotonic

import asyncpg
from cachetools import LRUCache

from shared.errors import NotFound, Unavailable
from shared.ledger import facts, runs
from shared.log.port import Entry, History, LiveFeed, Log
from shared.log.subjects import REQUESTED, Address

# Shorter than any finished run stays in the log.
YOUNG_SECONDS = 5.0
_YOUNG = 20_000
PAGE = 5_000
PIECE_BYTES = 1 << 18


class RunDeleted(NotFound):
    """Somebody deleted it, or it was older than its workspace keeps runs."""

    code = "run_deleted"
    status = 410


class RunHistory:
    """Reads runs, wherever they are, for one workspace at a time."""

    def __init__(self, log: Log, pool: asyncpg.Pool) -> None:
        self._log = log
        self._pool = pool
        self._young: LRUCache[str, float] = LRUCache(_YOUNG)

    def remember(self, run: str) -> None:
        """This process has just recorded the run: for a while it is certainly in the log."""
        self._young[run] = monotonic()

    async def has_ended(self, workspace: str, run: str) -> bool:
        """Whether Postgres shows the run finished."""
        return await self.end_of(workspace, run) is not None

    async def end_of(self, workspace: str, run: str) -> int | None:
        """The sequence of its terminal fact, if so; else None.

        None as well while Postgres is away: it may always be behind, and the log has the run, or
        what comes next asks Postgres.
        """
        if self._is_young(run):
            return None
        try:
            return await runs.end_of(self._pool, workspace, run)
        except Unavailable:
            return None

    async def is_known(self, workspace: str, run: str) -> bool:
        """Whether the run was ever recorded. Raises: Unavailable."""
        if await runs.get_run(self._pool, workspace, run) is not None:
            return True
        return bool(await self._log.last_sequence(workspace, run))

    async def workspace_of(self, run: str) -> str:
        """Whose run it is. Raises: NotFound, Unavailable."""
        found = await runs.workspace_of(self._pool, run)
        if found is not None:
            return found
        for entry in (await self._log.history("*", run)).entries:
            return entry.address.workspace
        raise NotFound(f"There is no run {run!r}.")

    async def facts(self, workspace: str, run: str) -> Sequence[Entry]:
        """Every lifecycle fact of the run, in order. Raises: NotFound, Unavailable."""
        entries = (await self.history(workspace, run)).entries
        if not entries:
            raise await self.missing(workspace, run)
        return entries

    async def missing(self, workspace: str, run: str) -> NotFound:
        """What to say of a run that is nowhere: was it deleted? Raises: Unavailable."""
        if await runs.is_deleted(self._pool, workspace, run):
            return RunDeleted(f"The run {run!r} was deleted.")
        return NotFound(f"There is no run {run!r} in this workspace.")

    async def history(self, workspace: str, run: str) -> History:
        """The same as a history, as the log gives it; empty for a run nobody knows."""
        if not await self.has_ended(workspace, run):
            found = await self._log.history(workspace, run)
            begun = any(entry.rest == REQUESTED for entry in found.entries)
            if begun and await self._is_in_log(workspace, run):
                return found
        entries = tuple(await self.past(workspace, run))
        return History(entries, entries[-1].sequence if entries else 0)

    async def requested(self, workspace: str, run: str) -> Entry:
        """The run's first fact, which asked for it. Raises: NotFound, Unavailable."""
        found: Sequence[Entry] = ()
        if not await self.has_ended(workspace, run):
            found = await self._log.read_on(workspace, run, after=0, limit=1)
        if not found or found[0].rest != REQUESTED:
            found = await facts.facts_of(self._pool, workspace, run, limit=1)
        if not found:
            raise await self.missing(workspace, run)
        return found[0]

    async def select(
        self, address: Address, rests: Sequence[str], *, at_least: int = 0
    ) -> Sequence[Entry]:
        """Those of a run's facts with one of these exact rests, in order. Raises: Unavailable."""
        _, workspace, run = address
        if not await self.has_ended(workspace, run):
            found = await self._log.select(address, rests, at_least=at_least)
            if await self._is_in_log(workspace, run):
                return found.entries
        return await facts.select_facts(self._pool, workspace, run, rests)

    async def read_on(
        self, workspace: str, run: str, *, after: int, limit: int
    ) -> tuple[Entry, ...]:
        """The next entries of the run after a sequence, with the deltas that are still kept.

        Fewer than `limit` are all. Raises: Unavailable.
        """
        left = await self._log.read_on(workspace, run, after=after, limit=limit)
        if await self._is_in_log(workspace, run, was_seen=bool(left)):
            return left
        if await runs.end_of(self._pool, workspace, run) is None:
            return ()
        page = await facts.facts_of(self._pool, workspace, run, after=after, limit=limit)
        whole = {entry.sequence: entry for entry in (*left, *page)}
        return tuple(whole[sequence] for sequence in sorted(whole)[:limit])

    def live(self, workspace: str, run: str) -> AbstractAsyncContextManager[LiveFeed]:
        """The run's facts as they are stored."""
        return self._log.live(workspace, run)

    async def _is_in_log(self, workspace: str, run: str, *, was_seen: bool = True) -> bool:
        """Whether what was just read of the run there is the whole."""
        return (was_seen and self._is_young(run)) or await self._log.has_run(workspace, run)

    def _is_young(self, run: str) -> bool:
        born = self._young.get(run)
        return born is not None and monotonic() - born < YOUNG_SECONDS

    async def past(self, workspace: str, run: str) -> Sequence[Entry]:
        """The facts of a run Postgres shows finished; none for any other. Raises: Unavailable."""
        if await runs.end_of(self._pool, workspace, run) is None:
            return ()
        entries: list[Entry] = []
        after = 0
        while True:
            page = await facts.facts_of(self._pool, workspace, run, after=after, limit=PAGE)
            entries += page
            if len(page) < PAGE:
                return entries
            after = page[-1].sequence

    async def page_of_past(
        self, workspace: str, run: str, after: int, limit: int
    ) -> Sequence[Entry]:
        """The next so many facts of such a run. Raises: Unavailable."""
        return await facts.facts_of(self._pool, workspace, run, after=after, limit=limit)

    async def piece_of_past(self, workspace: str, run: str, after: int) -> Sequence[Entry]:
        """The next facts of such a run, so many as a reader is sent at once; none if none are left.

        Raises: Unavailable.
        """
        return await facts.piece_of(self._pool, workspace, run, after=after, most_bytes=PIECE_BYTES)

    async def blob(self, workspace: str, run: str, sha256: str) -> bytes:
        """A large body of the run. Raises: NotFound, Unavailable."""
        body = await self.get_blob(workspace, run, sha256)
        if body is None:
            raise NotFound(f"There is no body {sha256!r} of run {run!r} in this workspace.")
        return body

    async def get_blob(self, workspace: str, run: str, sha256: str) -> bytes | None:
        """The same, or None: of a finished run, in Postgres alone if it is there.

        Raises: Unavailable.
        """
        if await self.has_ended(workspace, run):
            kept = await facts.body_of(self._pool, workspace, run, sha256)
            if kept is not None:
                return kept
            return await self._log.get_blob(workspace, run, sha256)
        body = await self._log.get_blob(workspace, run, sha256)
        if body is not None:
            return body
        return await facts.body_of(self._pool, workspace, run, sha256)
