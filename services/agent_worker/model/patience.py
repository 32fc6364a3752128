"""How long a model call may take: to its first event, in silence, and in life without content.

    first   from the call to the first event, of whatever kind
    idle    behind it, between two pieces that come over the wire: any byte is a sign of life
    quiet   behind it, between two events with content: pings are none

One timer a call, which looks at the times of the last ones when it goes off: hearing something
costs nothing but noting the time. The attempt as a whole is limited by its timeout alone.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from services.agent_worker.interrupt import Interrupt, Reason
from services.agent_worker.providers.provider import SIGN, Event


class Limits(NamedTuple):
    """What a model call is given, in seconds."""

    first: float
    idle: float
    quiet: float


class Patience:
    """Fires the interrupt when the model is silent for too long; closed with the call."""

    __slots__ = (
        "_began",
        "_first_until",
        "_interrupt",
        "_limits",
        "_loop",
        "_timer",
        "heard_at",
        "said_at",
    )

    def __init__(self, interrupt: Interrupt, limits: Limits) -> None:
        self._interrupt = interrupt
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self.heard_at = self.said_at = self._loop.time()
        self._began = False
        self._first_until = self.heard_at + limits.first
        self._timer = self._loop.call_at(self._first_until, self._look)

    def heard(self, events: Sequence[Event]) -> None:
        """Something has come, with these events in it."""
        self.heard_at = self._loop.time()
        if not events:
            return
        if events[-1] is not SIGN or any(event is not SIGN for event in events):
            self.said_at = self.heard_at
        if not self._began:
            self._began = True
            self.said_at = self.heard_at
            self._timer.cancel()
            self._look()

    def close(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        until, reason = self._next()
        if self._loop.time() >= until:
            self._interrupt.fire(reason)
        else:
            self._timer = self._loop.call_at(until, self._look)

    def _next(self) -> tuple[float, Reason]:
        """When patience ends if nothing more comes, and why."""
        if not self._began:
            return self._first_until, "first_token"
        silent = self.heard_at + self._limits.idle
        quiet = self.said_at + self._limits.quiet
        return (silent, "idle") if silent <= quiet else (quiet, "quiet")
