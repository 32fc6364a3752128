"""How long a model call may take: to its first token, between two events, and in all.

One timer a call, which looks at the time of the last event when it goes off: hearing an event
costs nothing but noting the time. Pings are no events here.
"""

import asyncio

from services.agent_worker.interrupt import Interrupt

LONGEST_TURN_SECONDS = 30 * 60.0


class Patience:
    """Fires the interrupt when the model is silent for too long; closed with the call."""

    __slots__ = ("_idle", "_interrupt", "_latest", "_loop", "_timer", "_until", "first", "heard_at")

    def __init__(self, interrupt: Interrupt, first_seconds: float, idle_seconds: float) -> None:
        self._interrupt = interrupt
        self._idle = idle_seconds
        self._loop = asyncio.get_running_loop()
        self.heard_at = self._loop.time()
        self._latest = self.heard_at + LONGEST_TURN_SECONDS
        self._until = self.heard_at + first_seconds
        self.first = True
        self._timer = self._loop.call_at(min(self._until, self._latest), self._look)

    def begun(self) -> None:
        """The first token has come: from now on silence counts."""
        if not self.first:
            return
        self.first = False
        self._timer.cancel()
        self._look()

    def heard(self) -> None:
        """An event has come."""
        self.heard_at = self._loop.time()

    def close(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        now = self._loop.time()
        until = self._until if self.first else self.heard_at + self._idle
        if now >= self._latest:
            self._interrupt.fire("step_timeout")
        elif now >= until:
            self._interrupt.fire("first_token" if self.first else "idle")
        else:
            self._timer = self._loop.call_at(min(until, self._latest), self._look)
