"""Polling with a bound: the one place where a test may let time pass, and the suite's patience.

A bound is there to end a test that would never end, not to judge how fast this machine is: it is
far above what a slow hour needs, and costs nothing while the tests pass.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

PATIENCE_SECONDS = 120.0


@overload
async def eventually(probe: Callable[[], Awaitable[T | None]], *, every: float = ...) -> T: ...
@overload
async def eventually(probe: Callable[[], T | None], *, every: float = ...) -> T: ...
async def eventually(
    probe: Callable[[], T | Awaitable[T | None] | None], *, every: float = 0.02
) -> T:
    """The first truthy answer of `probe`, asked every `every` seconds while patience lasts.

    An AssertionError of the probe counts as not yet; after the bound the last one is raised, or
    one that shows the last answer.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer, failure = await _asked(probe)
        if answer:
            return answer
        if time.monotonic() > until:
            raise failure or _out_of_patience(answer)
        await asyncio.sleep(every)


def eventually_now(probe: Callable[[], T | None]) -> T:
    """The same without an event loop, for fixtures that are not coroutines."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not (answer := probe()):
        if time.monotonic() > until:
            raise _out_of_patience(answer)
        time.sleep(0.02)
    return answer


def _out_of_patience(answer: object) -> AssertionError:
    return AssertionError(f"not within {PATIENCE_SECONDS:g} s; the last answer: {answer!r}")


async def _asked(
    probe: Callable[[], T | Awaitable[T | None] | None],
) -> tuple[T | None, AssertionError | None]:
    try:
        answer = probe()
        return (await answer if inspect.isawaitable(answer) else answer), None
    except AssertionError as failure:
        return None, failure
