"""A time that is put off far more often than it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf


class Alarm:
    """Calls `ring` once its time has come.

    Putting it off sets a number, no timer: the timer that is there sets itself anew when it fires.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self.at = inf
        self._loop = loop
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf

    def set(self, at: float) -> None:
        """Ring then, by the loop's clock, and not before."""
        self.at = at
        if at < self._timer_at:
            self.cancel()
            self.at = self._timer_at = at
            self._timer = self._loop.call_at(at, self._fire)

    def cancel(self) -> None:
        """Ring no more, until it is set again; nothing of it stays with the loop."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at, self.at = None, inf, inf

    def _fire(self) -> None:
        at, self._timer, self._timer_at = self.at, None, inf
        if at == inf:
            return
        if self._loop.time() < at:
            self.set(at)
        else:
            self.at = inf
            self._ring()
