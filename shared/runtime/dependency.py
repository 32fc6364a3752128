"""What a process needs of others: asked all the time whether it answers, and left when it does not.

    probe, every half second ──> answers: ready
                             └─> no answer within two seconds: the reason stands in `Health`,
                                 whoever waits for the dependency is sent away, and so is, at once,
                                 whoever comes until it answers again

So a call needs no time-out of its own, and one that takes long for good reasons may.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from shared.errors import PenstockError, Unavailable
from shared.runtime.logging import logger
from shared.runtime.monitor import Health

T = TypeVar("T")
Probe = Callable[[], Awaitable[object]]

LOOK_SECONDS = 0.5
# A server that is slow for a moment, or starts again, is not away; a caller is told within three.
ANSWER_SECONDS = 2.0

log = logger()


class Dependency:
    """One dependency of this process, called `part` in its health; `watch` keeps looking at it.

    `error` is how callers are told that it is away.
    """

    def __init__(self, part: str, health: Health, error: type[Unavailable] = Unavailable) -> None:
        self.part = part
        self._health = health
        self._error = error
        self._reason = ""
        self._waiting: set[asyncio.Timeout] = set()

    @property
    def is_away(self) -> bool:
        """It did not answer when it was asked last."""
        return bool(self._reason)

    async def watch(self, probe: Probe) -> None:
        """Looks for ever. An Unavailable or an OSError of `probe`, or silence, means away.

        Another error of ours means that it answers, but is not fit for use: not ready, not away.
        """
        while True:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await probe()
            except (Unavailable, OSError, TimeoutError) as error:
                self._lose(str(error) or f"no answer within {ANSWER_SECONDS:g} s")
            except PenstockError as error:
                self._find()
                self._health.unready(self.part, str(error))
            else:
                self._find()
                self._health.ready(self.part)
            await asyncio.sleep(LOOK_SECONDS)

    def require(self) -> None:
        """Raises: `error`, while it is away."""
        if self._reason:
            raise self._error(f"{self.part} is away ({self._reason}); ask again.")

    async def outcome(self, work: Awaitable[T]) -> T:
        """What `work` returns, which waits for the dependency. Raises: `error`, once it is away."""
        try:
            async with self.needed():
                return await work
        finally:
            if inspect.iscoroutine(work):
                work.close()  # it may not have begun

    async def call(self, ask: Callable[[], Awaitable[T]]) -> T:
        """As `outcome`, of what `ask` returns; it is asked when this is awaited.

        A task that is cancelled before its first step has then begun nothing.
        """
        return await self.outcome(ask())

    @asynccontextmanager
    async def needed(self) -> AsyncIterator[None]:
        """The block waits for the dependency. Raises: `error`, once it is away."""
        self.require()
        try:
            async with asyncio.timeout(None) as waiting:
                self._waiting.add(waiting)
                try:
                    yield
                finally:
                    self._waiting.discard(waiting)
        except TimeoutError:
            if not waiting.expired():
                raise
            raise self._error(
                f"{self.part} went away before it had answered ({self._reason}): "
                "what was asked may have been done; ask again."
            ) from None

    def _lose(self, reason: str) -> None:
        if not self._reason:
            log.warning("dependency.lost", dependency=self.part, error=reason)
        self._reason = reason
        self._health.unready(self.part, reason)
        now = asyncio.get_running_loop().time()
        for waiting in self._waiting:
            waiting.reschedule(now)
        self._waiting.clear()

    def _find(self) -> None:
        if self._reason:
            log.info("dependency.found", dependency=self.part)
        self._reason = ""


@asynccontextmanager
async def watching(dependency: Dependency, probe: Probe) -> AsyncIterator[Dependency]:
    """Looks at it for as long as the block lasts."""
    looking = asyncio.create_task(dependency.watch(probe))
    try:
        yield dependency
    finally:
        looking.cancel()
