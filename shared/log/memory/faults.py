"""What goes wrong, how often: told in numbers, drawn from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeVar

T = TypeVar("T")
Fate = Literal["answered", "stored", "late", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Chances between 0 and 1, of one event each; the default is a log without faults.

    delay_seconds  answers, deliveries and live facts take up to this long (in order, each way)
    unanswered     an append ends in Unavailable: it was stored, will be stored late, or is lost
    unavailable    any other call ends in Unavailable, having done nothing
    ack_lost       an ack does not arrive: the delivery comes again
    fired_twice    a timer fires twice
    live_lost      a live fact is lost and nobody is told
    live_gap       a live fact is lost and the feed tells of a gap
    """

    delay_seconds: float = 0
    unanswered: float = 0
    unavailable: float = 0
    ack_lost: float = 0
    fired_twice: float = 0
    live_lost: float = 0
    live_gap: float = 0


class Chance:
    """The one source of what is not determined by the calls; the same seed draws the same."""

    def __init__(self, seed: int, faults: Faults) -> None:
        self.faults = faults
        self._random = Random(seed)

    def happens(self, probability: float) -> bool:
        return probability > 0 and self._random.random() < probability

    def delay_seconds(self) -> float:
        return (
            self._random.uniform(0, self.faults.delay_seconds) if self.faults.delay_seconds else 0
        )

    def append_fate(self) -> Fate:
        if not self.happens(self.faults.unanswered):
            return "answered"
        return self._random.choice(("stored", "late", "lost"))

    def pick(self, among: Sequence[T]) -> T:
        return among[0] if len(among) == 1 else self._random.choice(among)

    def pop(self, items: list[T]) -> T:
        """One of these, taken out."""
        return items.pop(0 if len(items) == 1 else self._random.randrange(len(items)))
