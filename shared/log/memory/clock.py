"""Virtual time: it stands still until it is advanced, then what falls due happens, in order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

_DAWN = datetime(2030, 1, 1, tzinfo=UTC)


class Alarm:
    """Something that will happen at `at`, unless it is cancelled before."""

    __slots__ = ("_action", "at")

    def __init__(self, at: datetime, action: Callable[[], object]) -> None:
        self.at = at
        self._action: Callable[[], object] | None = action

    @property
    def cancelled(self) -> bool:
        return self._action is None

    def cancel(self) -> None:
        """Never ring; one that rang is no error."""
        self._action = None

    def ring(self) -> None:
        action, self._action = self._action, None
        if action is not None:
            action()


class Clock:
    """A clock moved by hand. Alarms of one instant ring in the order they were set."""

    def __init__(self, start: datetime = _DAWN) -> None:
        self._now = start
        self._set = 0
        self._alarms: list[tuple[datetime, int, Alarm]] = []

    @property
    def now(self) -> datetime:
        return self._now

    def after(self, seconds: float, action: Callable[[], object]) -> Alarm:
        """Do this when so much time has passed."""
        return self.at(self._now + timedelta(seconds=seconds), action)

    def at(self, time: datetime, action: Callable[[], object]) -> Alarm:
        """Do this at that time; a time that is past means when the clock next moves."""
        alarm = Alarm(time, action)
        self._set += 1
        heappush(self._alarms, (time, self._set, alarm))
        return alarm

    @property
    def next_at(self) -> datetime | None:
        """When the next alarm rings, or None: where a simulation with nothing to do jumps to."""
        while self._alarms and self._alarms[0][2].cancelled:
            heappop(self._alarms)
        return self._alarms[0][0] if self._alarms else None

    def advance(self, seconds: float) -> None:
        """Let time pass; every alarm rings at its own instant."""
        self.advance_to(self._now + timedelta(seconds=seconds))

    def advance_to(self, time: datetime) -> None:
        """Let time pass until then; a time that is past changes nothing."""
        while (due := self.next_at) is not None and due <= time:
            self._now = max(self._now, due)
            heappop(self._alarms)[2].ring()
        self._now = max(self._now, time)
