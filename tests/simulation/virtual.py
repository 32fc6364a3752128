"""An event loop whose time is the memory log's clock: nothing waits, and nothing depends on speed.

While anything can run, time stands still; when nothing can, it jumps to the next timer of the loop
or alarm of the clock. Every task belongs to the process that started it, so that a process can die.
What runs next never hangs on where objects lie in memory, as the order of a set of them does.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine, Generator
from contextvars import Context, ContextVar
from datetime import timedelta
from typing import Any, TypeVar

from shared.log.memory import Clock

T = TypeVar("T")

PROCESS: ContextVar[str] = ContextVar("PROCESS", default="")


class Stuck(Exception):
    """Nothing can ever happen again, and somebody still waits."""


async def passes(seconds: float) -> None:
    """Virtual time, in which all that can happen does."""
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)
    await over.wait()


class VirtualSelector(selectors.SelectSelector):
    """Lets virtual time pass in place of waiting for sockets."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return []
        alarm = self._clock.next_at
        if timeout is None and alarm is None:
            raise Stuck("nothing is left to happen")
        until = alarm
        if timeout is not None:
            timer = self._clock.now + timedelta(seconds=timeout)
            until = timer if alarm is None else min(alarm, timer)
        if until is not None:
            # At least a microsecond, the clock's grain: time must pass the timer it jumps to.
            self._clock.advance_to(max(until, self._clock.now + timedelta(microseconds=1)))
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """See the module."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(VirtualSelector(clock))
        self._clock = clock
        self._dawn = clock.now
        self._tasks: dict[str, dict[asyncio.Task[Any], None]] = {}

    def time(self) -> float:
        return (self._clock.now - self._dawn).total_seconds()

    def create_task(
        self,
        coro: Generator[Any, None, T] | Coroutine[Any, Any, T],
        *,
        name: object = None,
        context: Context | None = None,
    ) -> asyncio.Task[T]:
        task = super().create_task(coro, name=name, context=context)
        mine = self._tasks.setdefault(PROCESS.get(), {})
        mine[task] = None
        task.add_done_callback(mine.pop)
        return task

    def tasks_of(self, process: str) -> list[asyncio.Task[Any]]:
        """What a process has under way, in the order of its beginning."""
        return list(self._tasks.get(process, ()))
