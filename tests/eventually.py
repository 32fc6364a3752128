"""Polling with a bound: the one place where a test may let time pass."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(
    probe: Callable[[], Awaitable[T | None]], *, within: float = ..., every: float = ...
) -> T: ...
@overload
async def eventually(
    probe: Callable[[], T | None], *, within: float = ..., every: float = ...
) -> T: ...
async def eventually(
    probe: Callable[[], T | Awaitable[T | None] | None],
    *,
    within: float = 10.0,
    every: float = 0.02,
) -> T:
    """The first truthy answer of `probe`, asked every `every` seconds for `within` seconds.

    An AssertionError of the probe counts as not yet; after the bound the last one is raised, or
    one that shows the last answer.
    """
    until = time.monotonic() + within
    while True:
        answer, failure = await _asked(probe)
        if answer:
            return answer
        if time.monotonic() > until:
            raise failure or AssertionError(f"not within {within:g} s; the last answer: {answer!r}")
        await asyncio.sleep(every)


def eventually_now(probe: Callable[[], T | None], *, within: float = 10.0) -> T:
    """The same without an event loop, for fixtures that are not coroutines."""
    until = time.monotonic() + within
    while not (answer := probe()):
        if time.monotonic() > until:
            raise AssertionError(f"not within {within:g} s; the last answer: {answer!r}")
        time.sleep(0.02)
    return answer


async def _asked(
    probe: Callable[[], T | Awaitable[T | None] | None],
) -> tuple[T | None, AssertionError | None]:
    try:
        answer = probe()
        return (await answer if inspect.isawaitable(answer) else answer), None
    except AssertionError as failure:
        return None, failure
