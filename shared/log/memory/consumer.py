"""A durable pull consumer: every entry it is offered is delivered until it is acked.

    fresh -> out -> acked
             out -> again -> out      on nak, or on silence for the ack time-out

What comes again comes when it comes: not in the order of the log. With a `pin` time-out the
consumer serves one puller at a time; the next takes over when that one hands over, or has been
gone for so long.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from shared.log.memory.arrivals import Arrivals
from shared.log.memory.clock import Alarm, Clock
from shared.log.memory.faults import Chance
from shared.log.oversight import Backlog
from shared.log.port import Delivery, Entry


@dataclass(frozen=True, slots=True)
class Terms:
    """How long silence lasts before a delivery comes again, or (pinned) the pin passes on."""

    ack_wait_seconds: float
    pin_seconds: float | None = None


@dataclass(slots=True)
class _Out:
    """An entry not acked: delivered `count` times, coming again when `silence` rings."""

    entry: Entry
    beside: Sequence[bytes]
    count: int = 0
    silence: Alarm | None = None


@dataclass(frozen=True, slots=True)
class MemoryDelivery:
    """See the port."""

    entry: Entry
    count: int
    order: int
    pin: str
    beside: Sequence[bytes]
    _consumer: Consumer = field(repr=False)

    def ack(self) -> None:
        self._consumer.ack(self.entry.sequence)

    def nak(self, delay_seconds: float = 0) -> None:
        self._consumer.silent_for(self.entry.sequence, delay_seconds)

    def in_progress(self) -> None:
        self._consumer.silent_for(self.entry.sequence, self._consumer.terms.ack_wait_seconds)


class Puller:
    """One standing pull, see the port: nothing comes without credit."""

    def __init__(self, consumer: Consumer, arrivals: Arrivals[Delivery]) -> None:
        self._consumer = consumer
        self.arrivals = arrivals
        self.credit_left = 0

    async def next(self) -> list[Delivery]:
        return await self.arrivals.take()

    def credit(self, count: int) -> None:
        self.credit_left += count
        self._consumer.pump()

    @property
    def outstanding(self) -> int:
        return self.credit_left

    def want(self, count: int) -> None:
        self.credit(count - self.credit_left)

    async def unpin(self) -> None:
        self._consumer.hand_over(self)


class Consumer:
    """What is to be delivered, what is out, and who pulls.

    `kept` tells which sequences are still in the log; what was deleted meanwhile never comes.
    """

    def __init__(
        self, clock: Clock, chance: Chance, terms: Terms, kept: Container[int] | None = None
    ) -> None:
        self.terms = terms
        self._clock = clock
        self._chance = chance
        self._kept = kept
        self._pullers: list[Puller] = []
        self._pinned: Puller | None = None
        self._pins = 0
        self._delivered = 0
        self._fresh: deque[_Out] = deque()
        self._again: list[int] = []
        self._unacked: dict[int, _Out] = {}

    @contextmanager
    def pulled(self) -> Iterator[Puller]:
        """A puller for as long as the context lasts; what it holds then falls silent."""
        puller = Puller(self, Arrivals(self._clock, self._chance))
        self._pullers.append(puller)
        try:
            yield puller
        finally:
            self._pullers.remove(puller)
            if puller is self._pinned and self.terms.pin_seconds is not None:
                self._clock.after(self.terms.pin_seconds, lambda: self.hand_over(puller))

    def backlog(self) -> Backlog:
        """What waits to be delivered first, and what was and is not acked."""
        fresh = [out.entry for out in self._fresh if self._is_kept(out.entry.sequence)]
        return Backlog(len(fresh), len(self._unacked), fresh[0].time if fresh else None)

    def offer(self, entry: Entry, beside: Sequence[bytes] = ()) -> None:
        """It is to be delivered."""
        self._fresh.append(_Out(entry, beside))
        self.pump()

    def ack(self, sequence: int) -> None:
        if self._chance.happens(self._chance.faults.ack_lost):
            return
        out = self._unacked.pop(sequence, None)
        if out is not None and out.silence is not None:
            out.silence.cancel()

    def silent_for(self, sequence: int, seconds: float) -> None:
        """Let the delivery come again unless it is acked by then; not if it already waits to."""
        out = self._unacked.get(sequence)
        if out is None or out.silence is None:
            return
        out.silence.cancel()
        if seconds > 0:
            out.silence = self._clock.after(seconds, lambda: self._come_again(out))
        else:
            self._come_again(out)

    def _come_again(self, out: _Out) -> None:
        out.silence = None
        self._again.append(out.entry.sequence)
        self.pump()

    def hand_over(self, puller: Puller) -> None:
        """If this puller has the pin, let the next one have it."""
        if self._pinned is not puller:
            return
        self._pinned = None
        if puller in self._pullers:
            self._pullers.remove(puller)
            self._pullers.append(puller)
        self.pump()

    def pump(self) -> None:
        """Deliver all that can be delivered now."""
        while (puller := self._next_puller()) and (out := self._next_out()):
            self._deliver(out, puller)

    def _next_puller(self) -> Puller | None:
        if self._pinned is not None:
            here = self._pinned in self._pullers and self._pinned.credit_left > 0
            return self._pinned if here else None
        ready = [puller for puller in self._pullers if puller.credit_left > 0]
        if not ready:
            return None
        return ready[0] if self.terms.pin_seconds is not None else self._chance.pick(ready)

    def _next_out(self) -> _Out | None:
        while self._again:
            sequence = self._chance.pop(self._again)
            out = self._unacked.get(sequence)
            if out is not None and self._is_kept(sequence):
                return out
            self._unacked.pop(sequence, None)
        while self._fresh:
            out = self._fresh.popleft()
            if self._is_kept(out.entry.sequence):
                return self._unacked.setdefault(out.entry.sequence, out)
        return None

    def _is_kept(self, sequence: int) -> bool:
        return self._kept is None or sequence in self._kept

    def _deliver(self, out: _Out, puller: Puller) -> None:
        if self.terms.pin_seconds is not None and self._pinned is None:
            self._pinned = puller
            self._pins += 1
        puller.credit_left -= 1
        self._delivered += 1
        out.count += 1
        out.silence = self._clock.after(self.terms.ack_wait_seconds, lambda: self._come_again(out))
        pin = f"pin-{self._pins}" if self._pins else ""
        puller.arrivals.send(
            MemoryDelivery(out.entry, out.count, self._delivered, pin, out.beside, self)
        )
