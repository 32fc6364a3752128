"""A run that is told word by word, and a reader of it who comes back whenever he is cut off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any

import httpx2

from shared.errors import Unavailable
from shared.log import Log
from shared.log.subjects import partition_of
from shared.run import facts as f
from tests.integration.api.silences import STREAM, Scene
from tests.simulation.virtual import passes

EVERY_SECONDS = 0.25
AGAIN_SECONDS = 0.5
FEW = 8


class Reader:
    """What one reader saw of one run."""

    def __init__(self, scene: Scene, log: Log, run: str) -> None:
        self._scene = scene
        self._log = log
        self._run = run
        self._ids: list[int] = []
        self._refusals: dict[str, int] = {}
        self._cuts = 0
        self._heard_at = monotonic()
        self._longest = 0.0

    async def tell(self) -> None:
        """Words, four a second, for as long as the log takes them."""
        ids: dict[str, Any] = {"workspace": "default", "run": self._run}
        ids |= {"partition": partition_of(self._run, 2), "step": 0, "node": "a", "attempt": 1}
        await self._log.append(f.StepStarted(**ids, execution=1, worker="w"))
        offset = 0
        while True:
            with suppress(Unavailable):
                await self._log.stream(f.StepDelta(**ids, execution=1, offset=offset, text="x"))
                offset += 1
            await passes(EVERY_SECONDS)

    async def read(self) -> None:
        """For ever."""
        while True:
            with suppress(httpx2.HTTPError):
                await self._once()
            self._cuts += 1
            await passes(AGAIN_SECONDS)

    async def _once(self) -> None:
        headers = {**STREAM, **({"Last-Event-ID": str(self._ids[-1])} if self._ids else {})}
        path = f"/api/v1/runs/{self._run}/events"
        async with self._scene.service.http.stream("GET", path, headers=headers) as answer:
            if answer.status_code != 200:
                status = str(answer.status_code)
                self._refusals[status] = self._refusals.get(status, 0) + 1
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    self._hear(int(line[4:]))

    def _hear(self, number: int) -> None:
        self._ids.append(number)
        self._longest = max(self._longest, monotonic() - self._heard_at)
        self._heard_at = monotonic()

    def has_begun(self) -> bool:
        """It is told words as they come."""
        return len(self._ids) >= FEW

    async def has_caught_up(self) -> bool:
        """It has heard what was told last."""
        last = await self._log.last_sequence("default", self._run)
        return bool(self._ids) and self._ids[-1] >= last

    async def seen(self) -> str:
        """All of it, in a line."""
        entries = await self._log.read_on("default", self._run, after=0, limit=10_000)
        told = [entry.sequence for entry in entries if entry.sequence <= self._ids[-1]]
        missed = len(set(told) - set(self._ids))
        twice = len(self._ids) - len(set(self._ids))
        return (
            f"{len(told)} events in the log, {missed} missed, {twice} twice; cut off {self._cuts} "
            f"times, refused {self._refusals or 'never'}; longest silence {self._longest:.1f} s"
        )


@asynccontextmanager
async def reading(scene: Scene, log: Log, run: str) -> AsyncIterator[Reader]:
    """Somebody tells, and somebody reads, while the block lasts."""
    reader = Reader(scene, log, run)
    tasks = [asyncio.create_task(reader.tell()), asyncio.create_task(reader.read())]
    try:
        yield reader
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
