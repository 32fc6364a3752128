"""Facts to be: each comes to pass once at its time, unless it is cancelled before."""

from __future__ import annotations

from datetime import datetime

from shared.log.memory.clock import Alarm, Clock
from shared.log.memory.consumer import Consumer
from shared.log.memory.faults import Chance
from shared.log.port import Entry
from shared.log.subjects import address_of, rest_of, timer_of
from shared.run.facts import TimerFact


class Timers:
    """Pending timers by subject; what fired is offered to the consumer of firings."""

    def __init__(self, clock: Clock, chance: Chance, firings: Consumer) -> None:
        self._clock = clock
        self._chance = chance
        self._firings = firings
        self._pending: dict[str, Alarm] = {}
        self._fired = 0

    def set(self, fact: TimerFact, data: bytes, fires_at: datetime) -> None:
        """Let it fire then, or at once if that is past; one that is set already stands."""
        if timer_of(fact) in self._pending:
            return
        if fires_at <= self._clock.now:
            self._fire(fact, data)
        else:
            self._pending[timer_of(fact)] = self._clock.at(fires_at, lambda: self._fire(fact, data))

    def cancel(self, fact: TimerFact) -> None:
        alarm = self._pending.pop(timer_of(fact), None)
        if alarm is not None:
            alarm.cancel()

    def _fire(self, fact: TimerFact, data: bytes) -> None:
        self._pending.pop(timer_of(fact), None)
        for _ in range(1 + self._chance.happens(self._chance.faults.fired_twice)):
            self._fired += 1
            entry = Entry(self._fired, address_of(fact), rest_of(fact), data, self._clock.now)
            self._firings.offer(entry)
