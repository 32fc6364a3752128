"""The hub: which runs are being watched by this process, and the pulse of their readers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from services.api.live.source import Source
from services.api.live.watch import Watch
from shared.errors import Unavailable
from shared.runtime.metrics import gauge

PULSE_SECONDS = 1.0

READERS = gauge("event_readers", "Readers of event streams that are connected.")
WATCHES = gauge("watched_runs", "Runs with at least one reader, one subscription each.")


class Pulsed(Protocol):
    """Something that lives as long as its client reads."""

    def pulse(self, now: float) -> None:
        """A second has passed: keep the connection alive, or cut it off."""

    def leave(self) -> None:
        """The service stops: end here, the client resumes elsewhere."""


class Hub:
    """One watch for each run that is read, gone with its last reader."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._watches: dict[tuple[str, str], Watch] = {}
        self._readers: set[Pulsed] = set()
        self._pulse: asyncio.Task[None] | None = None
        self.when_left: Callable[[Watch], None] | None = None
        self.closed = False

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
        if self.closed:
            raise Unavailable("the service is stopping; ask again")
        key = (workspace, run)
        watch = self._watches.get(key)
        if watch is None or watch.tape.broken:
            watch = self._watches[key] = Watch(self._source, workspace, run)
            WATCHES.set(len(self._watches))
        watch.readers += 1
        return watch

    def leave(self, watch: Watch) -> None:
        """One reader less; without any the subscription ends."""
        watch.readers -= 1
        if watch.readers:
            return
        watch.close()
        if self.when_left is not None and watch.was_read and not self.closed:
            self.when_left(watch)
        if self._watches.get((watch.workspace, watch.run)) is watch:
            del self._watches[watch.workspace, watch.run]
        WATCHES.set(len(self._watches))

    def enter(self, reader: Pulsed) -> None:
        """Let the reader feel the pulse until it is left out."""
        self._readers.add(reader)
        READERS.set(len(self._readers))
        if self._pulse is None:
            self._pulse = asyncio.create_task(self._beat())

    def leave_out(self, reader: Pulsed) -> None:
        """The reader is gone."""
        self._readers.discard(reader)
        READERS.set(len(self._readers))

    async def close(self) -> None:
        """Send all readers away; they resume elsewhere, or when the service is back."""
        self.closed = True
        for reader in tuple(self._readers):
            reader.leave()
        for watch in self._watches.values():
            watch.tape.break_off()
        if self._pulse is not None:
            self._pulse.cancel()
            with suppress(asyncio.CancelledError):
                await self._pulse

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(PULSE_SECONDS)
            now = loop.time()
            for reader in tuple(self._readers):
                reader.pulse(now)
