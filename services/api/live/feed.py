"""A feed: the lifecycle of a whole workspace, for as long as somebody reads it.

    chronicle.live --heard--> Join --> ActiveRuns --those that count--> Tape --chunks--> readers
    chronicle.page --read_on---^

It hears no words of agents, and has no end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from services.api.history.source import WorkspaceHistory
from services.api.live.active_runs import ActiveRuns
from services.api.live.frames import Backlog, Stretch, frame
from services.api.live.join import Join, Stored
from services.api.live.watch import BACKOFF_SECONDS, PAGE, READ_ON, Watched
from shared.errors import Unavailable
from shared.log.port import LiveFeed


class Feed(Watched):
    """Shared by all readers of a workspace; the tape begins where the log ended."""

    ends = False

    def __init__(self, source: WorkspaceHistory, workspace: str) -> None:
        super().__init__(workspace, "*")
        self._source = source
        self._living = ActiveRuns(source, workspace)

    def backlog(self, after: int) -> Backlog:
        """What comes before the tape, from a position on."""
        return _backlog(self._source, self, after)

    def _listen(self) -> AbstractAsyncContextManager[LiveFeed]:
        return self._source.live(self.workspace)

    async def _begin(self) -> Stretch | None:
        return Stretch((), await self._source.end())

    async def _read_on(self, join: Join, until: int) -> None:
        READ_ON.labels("feed").inc()
        is_last = False
        while not is_last:
            try:
                page = await self._source.page(self.workspace, after=join.position, limit=PAGE)
            except Unavailable:
                await asyncio.sleep(BACKOFF_SECONDS)
                continue
            await self._pass_on(join.read(page.entries, page.up_to))
            is_last = page.is_last

    async def _pass_on(self, items: Sequence[Stored]) -> None:
        await super()._pass_on(await self._counting(items))

    async def _counting(self, items: Sequence[Stored]) -> Sequence[Stored]:
        while True:
            try:
                return await self._living.counting(items)
            except Unavailable:
                await asyncio.sleep(BACKOFF_SECONDS)


async def _backlog(source: WorkspaceHistory, feed: Feed, after: int) -> Backlog:
    living = ActiveRuns(source, feed.workspace)
    while not feed.tape.reaches(after):
        page = await source.page(feed.workspace, after=after, limit=PAGE)
        counting = await living.counting(page.entries)
        after = page.up_to
        yield Stretch([frame(each.sequence, each.data) for each in counting], after)
        if page.is_last and not feed.tape.reaches(after):
            raise Unavailable("the log is behind what was already read of it; ask again")
