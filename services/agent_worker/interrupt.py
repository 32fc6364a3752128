"""Ends a block from outside, at once, with a reason: what `asyncio.timeout` is, for any cause.

    with interrupt:             elsewhere: interrupt.fire("stopped")
        ...awaits...
    -> Interrupted("stopped")

The first reason stays; one that came before the block was entered ends it at its beginning.
"""

import asyncio
from time import perf_counter  # finer than the loop's clock, which counts milliseconds
from types import TracebackType
from typing import Literal, TypeAlias

Reason: TypeAlias = Literal["stopped", "released", "step_timeout", "first_token", "idle", "quiet"]


class Interrupted(Exception):
    """The block was ended from outside."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Interrupt:
    """Guards one block at a time, in one task."""

    __slots__ = ("_cancelled", "_task", "fired_at", "reason")

    def __init__(self) -> None:
        self.reason: Reason | None = None
        self.fired_at = 0.0
        self._task: asyncio.Task[object] | None = None
        self._cancelled = False

    def fire(self, reason: Reason) -> None:
        """End the block, now or when it is entered."""
        if self.reason is not None:
            return
        self.reason = reason
        self.fired_at = perf_counter()
        if self._task is not None:
            self._cancelled = self._task.cancel()

    def __enter__(self) -> "Interrupt":
        if self.reason is not None:
            raise Interrupted(self.reason)
        self._task = asyncio.current_task()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        task, self._task = self._task, None
        if self.reason is None or task is None or not self._cancelled:
            return
        # Whoever else cancelled the task meanwhile wants it to end: theirs goes on.
        if task.uncancel() == 0 and (kind is None or issubclass(kind, EndsHere)):
            raise Interrupted(self.reason) from error


EndsHere = (asyncio.CancelledError, Exception)
