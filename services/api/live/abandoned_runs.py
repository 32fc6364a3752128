"""Runs that are wanted only as long as they are read: cancelled once their last reader is gone.

    last reader of this process leaves -> 5 s -> read here again?      then nothing
                                              -> read elsewhere?       then nothing: that api's turn
                                              -> record the cancel

Another api that lost a reader within these seconds counts as one that reads: of several that lose
theirs one after the other the last one cancels. A service that stops cancels nothing, since its
readers are on their way elsewhere.
"""

from __future__ import annotations

import asyncio

from services.api.live.hub import Hub
from services.api.live.watch import Watch
from shared.errors import Unavailable
from shared.log.port import Log
from shared.log.subjects import CANCEL, FINISHED, REQUESTED
from shared.run.facts import RunCancelRequested
from shared.runtime.logging import logger
from shared.runtime.metrics import counter

GONE_SECONDS = 5.0

ABANDONED = counter("runs_abandoned_total", "Runs cancelled because nobody read them any more.")

log = logger()


class AbandonedRuns:
    """What this process does about runs whose last reader has left it."""

    def __init__(self, source: Log, hub: Hub, gone_seconds: float = GONE_SECONDS) -> None:
        self._log = source
        self._hub = hub
        self._gone_seconds = gone_seconds
        self._leaving: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._asking: set[asyncio.Task[None]] = set()

    def left(self, watch: Watch) -> None:
        """The last one here who wanted to know of the run is gone."""
        if watch.is_for_readers and watch.tape.end is None:
            run = watch.workspace, watch.run
            if (earlier := self._leaving.pop(run, None)) is not None:
                earlier.cancel()
            self._leaving[run] = asyncio.create_task(self._look_after(*run))

    def is_read(self, workspace: str, run: str) -> bool:
        """Somebody reads the run here, or did a moment ago."""
        return self._hub.is_watched(workspace, run) or (workspace, run) in self._leaving

    @property
    def undecided(self) -> int:
        """How many runs lost their last reader here, with nothing done about it yet."""
        return len(self._leaving) + len(self._asking)

    def close(self) -> None:
        """Nothing is cancelled any more: readers are on their way elsewhere."""
        for task in (*self._leaving.values(), *self._asking):
            task.cancel()
        self._leaving.clear()

    async def _look_after(self, workspace: str, run: str) -> None:
        await asyncio.sleep(self._gone_seconds)
        # Asked by another meanwhile, this one says no: else each would wait for the other.
        task = self._leaving.pop((workspace, run))
        self._asking.add(task)
        try:
            while not self._is_back(workspace, run):
                if await self._settled(workspace, run):
                    return
                await asyncio.sleep(self._gone_seconds)
        finally:
            self._asking.discard(task)

    async def _settled(self, workspace: str, run: str) -> bool:
        """The run is read elsewhere, or cancelled; False if nobody could be asked now."""
        try:
            if not await self._log.ask_read(workspace, run) and not self.is_read(workspace, run):
                await self._cancel(workspace, run)
        except Unavailable as error:
            log.warning("departure.unsettled", run=run, error=str(error))
            return False
        return True

    def _is_back(self, workspace: str, run: str) -> bool:
        """Somebody is here again, whose leaving will be noticed."""
        watch = self._hub.watched(workspace, run)
        if watch is not None:
            watch.was_read = True
        return watch is not None or (workspace, run) in self._leaving

    async def _cancel(self, workspace: str, run: str) -> None:
        rests = {entry.rest: entry for entry in (await self._log.history(workspace, run)).entries}
        requested = rests.get(REQUESTED)
        if requested is None or not rests.keys().isdisjoint((CANCEL, FINISHED)):
            return
        wish = RunCancelRequested(
            workspace=workspace,
            run=run,
            partition=requested.address.partition,
            reason=f"its last reader left {self._gone_seconds:g} s ago (on_disconnect: cancel)",
        )
        await self._log.append(wish)
        ABANDONED.inc()
        log.info("run.abandoned", run=run)
