"""The hub: which runs and workspaces this process watches, and the pulse of their readers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Protocol, TypeVar

from services.api.history.capacity import REFUSED
from services.api.history.source import Source, WorkspaceHistory
from services.api.http.problems import Refused
from services.api.identity.standing import Right
from services.api.live.feed import Feed
from services.api.live.watch import Watch, Watched
from shared.errors import Unavailable
from shared.runtime.metrics import gauge

K = TypeVar("K")
W = TypeVar("W", bound=Watched)

PULSE_SECONDS = 1.0

READERS = gauge("event_readers", "Readers of event streams that are connected.")
WATCHES = gauge("watched_runs", "Runs with at least one reader, one subscription each.")
FEEDS = gauge("watched_workspaces", "Workspaces whose feed has at least one reader.")
UNSENT = gauge("event_readers_unsent_bytes", "What waits in memory for all readers together.")
MOST_UNSENT = gauge("event_readers_unsent_bytes_most", "What waits in memory for one, at most.")


class TooManyReaders(Refused):
    """The workspace has as many open streams at this api as it may."""

    code = "readers_limit"
    status = 429
    headers = MappingProxyType({"retry-after": "5"})


class Pulsed(Protocol):
    """Something that lives as long as its client reads."""

    @property
    def right(self) -> Right:
        """What it reads by."""

    @property
    def unsent_bytes(self) -> int:
        """What waits here because the client has not taken what came before."""

    def pulse(self, now: float) -> None:
        """A second has passed: keep the connection alive, or cut it off."""

    def leave(self) -> None:
        """The service stops: end here, the client resumes elsewhere."""


class Hub:
    """One watch for each run that is read, and one feed for each workspace, while it is read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._watches: dict[tuple[str, str], Watch] = {}
        self._feeds: dict[str, Feed] = {}
        self._readers: dict[Pulsed, None] = {}
        self._pulse: asyncio.Task[None] | None = None
        self._reading: Counter[str] = Counter()
        self.when_left: Callable[[Watch], None] | None = None
        self.most_readers: Callable[[str], int | None] = lambda _: None
        self.closed = False

    def counts(self) -> dict[str, int]:
        """Readers, and what they read."""
        return {
            "readers": len(self._readers),
            "watched_runs": len(self._watches),
            "watched_workspaces": len(self._feeds),
        }

    def readers(self) -> tuple[Pulsed, ...]:
        """Who reads here now."""
        return tuple(self._readers)

    def is_watched(self, workspace: str, run: str) -> bool:
        """Whether somebody reads this run here, so that it is known to live."""
        return (workspace, run) in self._watches

    def watched(self, workspace: str, run: str) -> Watch | None:
        """The watch of a run that somebody reads here, or waits for."""
        return self._watches.get((workspace, run))

    def join(self, workspace: str, run: str) -> Watch:
        """The run's watch, with one reader more; `leave` it in any case.

        Raises: Unavailable once the hub is closed.
        """
        watch = self._at_hand(self._watches, (workspace, run))
        if watch is None:
            watch = self._watches[workspace, run] = Watch(self._source, workspace, run)
        return self._joined(watch)

    def join_feed(self, source: WorkspaceHistory, workspace: str) -> Feed:
        """The workspace's feed, with one reader more; as `join`."""
        feed = self._at_hand(self._feeds, workspace)
        if feed is None:
            feed = self._feeds[workspace] = Feed(source, workspace)
        return self._joined(feed)

    def leave(self, watch: Watched) -> None:
        """One reader less; without any the subscription ends."""
        watch.readers -= 1
        if watch.readers:
            return
        watch.close()
        self._tell_left(watch)
        if self._watches.get((watch.workspace, watch.run)) is watch:
            del self._watches[watch.workspace, watch.run]
        if self._feeds.get(watch.workspace) is watch:
            del self._feeds[watch.workspace]
        self._count()

    def _tell_left(self, watch: Watched) -> None:
        if self.when_left is None or self.closed or not watch.was_read:
            return
        if isinstance(watch, Watch):
            self.when_left(watch)

    def _at_hand(self, watched: Mapping[K, W], key: K) -> W | None:
        if self.closed:
            raise Unavailable("the service is stopping; ask again")
        found = watched.get(key)
        return None if found is None or found.tape.broken else found

    def _joined(self, watch: W) -> W:
        watch.readers += 1
        self._count()
        return watch

    def _count(self) -> None:
        WATCHES.set(len(self._watches))
        FEEDS.set(len(self._feeds))

    def require_room(self, workspace: str) -> None:
        """Whether one more may read; exact where it enters at once. Raises: TooManyReaders."""
        most, found = self.most_readers(workspace), self._reading[workspace]
        if most is not None and found >= most:
            REFUSED.labels(TooManyReaders.code).inc()
            raise TooManyReaders(
                f"expected fewer than {most:,} open event streams of {workspace}, there are "
                f"{found:,}: close some, or have the limit raised",
                limit=most,
            )

    def enter(self, reader: Pulsed) -> None:
        """Let the reader feel the pulse until it is left out."""
        self._readers[reader] = None
        self._reading[reader.right.workspace] += 1
        READERS.set(len(self._readers))
        if self._pulse is None:
            self._pulse = asyncio.create_task(self._beat())

    def leave_out(self, reader: Pulsed) -> None:
        """The reader is gone."""
        if reader in self._readers:
            del self._readers[reader]
            self._reading[reader.right.workspace] -= 1
            self._reading += Counter()  # whoever has none is forgotten
        READERS.set(len(self._readers))

    async def close(self) -> None:
        """Send all readers away; they resume elsewhere, or when the service is back."""
        self.closed = True
        for reader in tuple(self._readers):
            reader.leave()
        for watch in (*self._watches.values(), *self._feeds.values()):
            watch.break_off()
        if self._pulse is not None:
            self._pulse.cancel()
            with suppress(asyncio.CancelledError):
                await self._pulse

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(PULSE_SECONDS)
            now = loop.time()
            unsent = [reader.unsent_bytes for reader in self._readers]
            UNSENT.set(sum(unsent))
            MOST_UNSENT.set(max(unsent, default=0))
            for reader in tuple(self._readers):
                reader.pulse(now)
