"""Calls of tools, as the log's twin in memory has them: answered by who says so, in its time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from shared.log.memory.clock import Clock
from shared.log.tool_calls import Unanswered

Serve: TypeAlias = Callable[[bytes], Awaitable[bytes]]

LARGEST_BYTES = 8 << 20


class ToolCalls:
    """See `shared.log.tool_calls`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._serving: list[tuple[str, str, Serve]] = []

    async def ask(
        self, workspace: str, name: str, call: bytes, seconds: float
    ) -> bytes | Unanswered:
        if len(call) > LARGEST_BYTES:
            return "too_large"
        serve = next((s for w, n, s in self._serving if (w, n) == (workspace, name)), None)
        if serve is None:
            return "nobody"
        answering = asyncio.ensure_future(serve(call))
        late = asyncio.Event()
        alarm = self._clock.after(seconds, late.set)
        waiting = asyncio.ensure_future(late.wait())
        try:
            await asyncio.wait({answering, waiting}, return_when=asyncio.FIRST_COMPLETED)
            return answering.result() if answering.done() else "silence"
        finally:
            alarm.cancel()
            answering.cancel()
            waiting.cancel()

    @contextmanager
    def serving(self, workspace: str, name: str, serve: Serve) -> Iterator[None]:
        """Have a tool's calls answered for as long as the context lasts."""
        each = (workspace, name, serve)
        self._serving.append(each)
        try:
            yield
        finally:
            self._serving.remove(each)
