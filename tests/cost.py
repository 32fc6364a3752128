"""What a piece of work costs, to be compared with another piece measured beside it.

The seconds of one machine, in one hour, say nothing about the code: a test compares two costs of
the same kind, with room, and never one of them with a number of seconds.
"""

import gc
import sys
import time
from collections.abc import Awaitable, Callable
from types import FrameType

TRIES = 3


class Stopwatch:
    """Begins when it is made."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def elapsed(self) -> float:
        """The time that has passed, to be compared with another."""
        return self.until(time.monotonic())

    def until(self, monotonic: float) -> float:
        """The time until a moment that another process of this machine noted."""
        return monotonic - self._began


def calls_in(work: Callable[[], object]) -> int:
    """How many Python and C functions are called: the same on every machine."""
    count = 0

    def count_one(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count_one)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def cpu_cost(work: Callable[[], object]) -> float:
    """The CPU time of the cheapest of several tries, without what the collector took."""
    return min(_cpu_cost_once(work) for _ in range(TRIES))


def costs_less_than(most: float, work: Callable[[], object]) -> bool:
    """Whether one of several tries takes less CPU time than this multiple of another's cost."""
    return any(_cpu_cost_once(work) < most for _ in range(TRIES))


async def elapsed_cost(work: Callable[[], Awaitable[object]]) -> float:
    """The time that passed in the fastest of several tries."""
    return min([await _elapsed_once(work) for _ in range(TRIES)])


def _cpu_cost_once(work: Callable[[], object]) -> float:
    gc.collect()
    gc.disable()
    try:
        began = time.process_time()
        work()
        return time.process_time() - began
    finally:
        gc.enable()


async def _elapsed_once(work: Callable[[], Awaitable[object]]) -> float:
    passing = Stopwatch()
    await work()
    return passing.elapsed()
