"""Histories: what is recorded of a run, as fresh as it has to be.

A Direct Get may be answered by a replica that lags: an answer counts only if it looked as far as
the caller must know, and "nothing there" only if the leader says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import chain

from shared.log.jetstream.connection import NatsUnavailable
from shared.log.jetstream.direct import Batch, Direct, TooManySubjects
from shared.log.port import Entry, History
from shared.log.subjects import LIFECYCLE, RUN_LEVEL, stored_filter

_PAGE = 1000
_FILTERS = 500
_LAG_SECONDS = 0.02
_LAG_TRIES = 250


class Reading:
    """Reads of RUNS that decide something."""

    def __init__(self, direct: Direct) -> None:
        self._direct = direct

    async def history(self, workspace: str, run: str, at_least: int) -> History:
        """All lifecycle entries of a run; empty if it is not in the log."""
        filters = [stored_filter(workspace, run, rest) for rest in LIFECYCLE]
        last = asyncio.ensure_future(self._at_least(stored_filter(workspace, run), at_least))
        try:
            # Asked at once: more often than not the replica that answers knows the leader's last.
            batch = await self._direct.last_of_each(filters)
            if not batch.entries or batch.up_to < await last:
                if not await last:
                    return History((), 0)
                batch = await self._fresh(filters, await last)
            return History(tuple(batch.entries), batch.up_to)
        except TooManySubjects:
            return await self._paged(filters, await last)
        finally:
            last.cancel()

    async def _at_least(self, whole: str, known: int) -> int:
        return known or await self._direct.leaders_last(whole)

    async def select(self, filters: Sequence[str], at_least: int) -> History:
        """The newest entry of each subject that matches."""
        first, *others = [filters[i : i + _FILTERS] for i in range(0, len(filters), _FILTERS)]
        try:
            batch = await self._fresh(first, at_least)
            entries, up_to = batch.entries, batch.up_to
            for chunk in others:
                known = (await self._fresh(chunk, up_to)).entries
                entries += [e for e in known if e.sequence <= up_to]
        except TooManySubjects:
            return await self._halved(filters, at_least)
        return History(tuple(sorted(entries, key=lambda e: e.sequence)), up_to)

    async def read_on(self, subject_filter: str, after: int, limit: int) -> tuple[Entry, ...]:
        """The next entries behind a sequence, deltas too: as far as the leader has come."""
        last = await self._direct.leaders_last(subject_filter)
        if last <= after:
            return ()
        return tuple(await self._through(subject_filter, after, last, limit))

    async def lifecycle(
        self, workspace: str, after: int, up_to: int, limit: int
    ) -> tuple[Entry, ...]:
        """The next lifecycle entries of a workspace, all that the leader has up to a sequence."""
        filters = [stored_filter(workspace, rest=rest) for rest in LIFECYCLE]
        found = await asyncio.gather(*(self._through(f, after, up_to, limit) for f in filters))
        entries = sorted((e for some in found for e in some), key=lambda e: e.sequence)
        return tuple(entries[:limit])

    async def _through(
        self, subject_filter: str, after: int, up_to: int, limit: int
    ) -> list[Entry]:
        entries: list[Entry] = []
        for _ in range(_LAG_TRIES):
            some = await self._pages(subject_filter, after, limit - len(entries))
            entries += (e for e in some if e.sequence <= up_to)
            after = some[-1].sequence if some else after
            if len(entries) == limit or after >= up_to:
                return entries
            # Where a replica sees the end there may be more: the leader tells.
            if not 0 < await self._direct.leaders_next(subject_filter, after) <= up_to:
                return entries
            await asyncio.sleep(_LAG_SECONDS)
        raise _too_far_behind(up_to)

    async def _pages(self, subject_filter: str, after: int, limit: int) -> list[Entry]:
        """What the replicas that are asked have, up to where one sees the end."""
        entries: list[Entry] = []
        while len(entries) < limit:
            most = min(_PAGE, limit - len(entries))
            batch = await self._direct.following(subject_filter, after, most)
            entries += batch.entries
            if not batch.entries or not batch.pending:
                break
            after = batch.entries[-1].sequence
        return entries

    async def _fresh(self, filters: Sequence[str], at_least: int) -> Batch:
        """What matches, from a replica that knows sequence `at_least`."""
        for _ in range(_LAG_TRIES):
            batch = await self._direct.last_of_each(filters)
            if batch.entries and batch.up_to >= at_least:
                return batch
            if not batch.entries and not await self._leader_has(filters):
                return Batch(up_to=at_least)
            await asyncio.sleep(_LAG_SECONDS)
        raise _too_far_behind(at_least)

    async def _leader_has(self, filters: Sequence[str]) -> bool:
        for subject_filter in filters:
            if await self._direct.leaders_last(subject_filter):
                return True
        return False

    async def _paged(self, filters: Sequence[str], at_least: int) -> History:
        """A run of over 1,024 facts, in pages by sequence up to what the first page knew."""
        run_level, step_level = filters[: len(RUN_LEVEL)], filters[len(RUN_LEVEL) :]
        run = await self._fresh(run_level, at_least)
        steps = [await self._steps(each, run.up_to) for each in step_level]
        entries = sorted(chain(run.entries, *steps), key=lambda e: e.sequence)
        return History(tuple(entries), run.up_to)

    async def _steps(self, subject_filter: str, up_to: int) -> list[Entry]:
        """All that matches, up to that sequence, whichever replica answers for each page."""
        entries: list[Entry] = []
        after = lags = 0
        last = await self._direct.leaders_last(subject_filter)
        while after < min(last, up_to):
            page = await self._direct.following(subject_filter, after, _PAGE)
            entries += (e for e in page.entries if e.sequence <= up_to)
            if page.entries:
                after = page.entries[-1].sequence
                continue
            lags += 1
            if lags > _LAG_TRIES:
                raise _too_far_behind(last)
            await asyncio.sleep(_LAG_SECONDS)
            # Unless the replica lags, the run is leaving the log.
            last = await self._direct.leaders_last(subject_filter)
        return entries

    async def _halved(self, filters: Sequence[str], at_least: int) -> History:
        middle = len(filters) // 2
        if not middle:
            raise NatsUnavailable(f"over 1,024 facts match {filters[0]}; ask for fewer")
        left = await self.select(filters[:middle], at_least)
        right = await self.select(filters[middle:], left.up_to)
        entries = [e for e in (*left.entries, *right.entries) if e.sequence <= left.up_to]
        return History(tuple(sorted(entries, key=lambda e: e.sequence)), left.up_to)


def _too_far_behind(sequence: int) -> NatsUnavailable:
    return NatsUnavailable(f"no replica of the log has caught up with sequence {sequence}")
