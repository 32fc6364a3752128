"""A plan told in time: chunks at their rate, pings in silences, and the failures asked for.

steps_of  what comes next, each decided when the one before it is over
told      the bytes of the response, in time: what a StreamingResponse sends
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from itertools import chain, islice, repeat
from time import monotonic, monotonic_ns
from typing import Literal, NamedTuple, TypeAlias

from starlette.requests import Request

from simulator.http.journal import Entry
from simulator.http.plan import Plan
from simulator.http.wire import FOR_EVER, cut
from simulator.markers.script import Script
from simulator.speech.words import STAMP

CHUNKS_A_WRITE = 32
_STAMP = STAMP.encode()


class Part(NamedTuple):
    """Bytes of the body, written at once."""

    data: bytes
    chunks: int = 0


class Silence(NamedTuple):
    """Nothing but pings; of any length, it lets others and the client's hang-up have a turn."""

    seconds: float


class Pings(NamedTuple):
    """What is sent in a silence, and how often."""

    data: bytes
    every_seconds: float


class Cut(NamedTuple):
    """The connection breaks here."""

    how: Literal["close", "reset", "before"]


Step: TypeAlias = Part | Silence | Cut
_TURN = Silence(0)


async def told(
    request: Request, steps: Iterable[Step], pings: Pings | None = None
) -> AsyncIterator[bytes]:
    """The body of the response, counted in the request's entry as it is taken."""
    entry: Entry = request.state.entry
    for step in steps:
        if isinstance(step, Part):
            yield step.data
            entry.chunks_sent += step.chunks
        elif isinstance(step, Cut):
            await cut(request, step.how)
            await _sleep(FOR_EVER)
        elif step.seconds <= 0:
            await asyncio.sleep(0)
        elif pings is None:
            await _sleep(step.seconds)
        else:
            async for ping in _pinged(step.seconds, pings):
                yield ping


def steps_of(plan: Plan, script: Script) -> Iterator[Step]:
    """The whole body, to its end or to the failure the script asks for."""
    if script.odd is not None:
        yield from map(Part, plan.frames)
        return
    yield Part(plan.opening)
    if script.sleep:
        yield Silence(script.sleep)
    yield from _FAILURES.get(script.failure or "", _whole)(plan, script)


def pace(chunks: Iterable[bytes], script: Script) -> Iterator[Step]:
    """Chunks at the script's rate: each at its time, late ones at once."""
    if script.rate == 0:
        left = iter(chunks)
        while many := tuple(islice(left, CHUNKS_A_WRITE)):
            yield Part(_stamped(b"".join(many), script), len(many))
            yield _TURN
        return
    began = monotonic()
    for at, chunk in enumerate(chunks):
        yield Silence(began + at / script.rate - monotonic())
        yield Part(_stamped(chunk, script), 1)


def _stamped(chunks: bytes, script: Script) -> bytes:
    """Chunks that are about to be written, with the time if they are to tell it."""
    if not script.clock:
        return chunks
    return chunks.replace(_STAMP, b"%0*d " % (len(_STAMP) - 1, monotonic_ns()))


def _whole(plan: Plan, script: Script) -> Iterator[Step]:
    yield from pace(plan.chunks, script)
    yield Part(plan.ending + plan.settling + plan.stopping)


def _error(plan: Plan, script: Script) -> Iterator[Step]:
    yield from pace(plan.chunks[: script.after], script)
    yield Part(plan.error)


def _stall(plan: Plan, script: Script) -> Iterator[Step]:
    yield from pace(plan.chunks[: script.after], script)
    yield Silence(script.stall or FOR_EVER)
    yield from pace(plan.chunks[script.after :], script)
    yield Part(plan.ending + plan.settling + plan.stopping)


def _hold(plan: Plan, script: Script) -> Iterator[Step]:
    yield from _whole(plan, script)
    yield Silence(FOR_EVER)


def _cut(plan: Plan, script: Script) -> Iterator[Step]:
    yield from pace(plan.chunks[: script.after], script)
    yield Cut(script.cut or "close")


def _end(plan: Plan, script: Script) -> Iterator[Step]:
    if script.end == "early":
        yield from pace(plan.chunks[: script.after], script)
        return
    yield from pace(plan.chunks, script)
    yield Part(plan.ending)
    if script.end == "no_stop":
        yield Part(plan.settling)


def _broken_json(plan: Plan, script: Script) -> Iterator[Step]:
    yield from pace(plan.chunks[: script.after], script)
    yield Part(plan.broken)


def _forever(plan: Plan, script: Script) -> Iterator[Step]:
    return pace(chain(plan.chunks, repeat(plan.endless)), script)


_FAILURES: dict[str, Callable[[Plan, Script], Iterator[Step]]] = {
    "error": _error,
    "stall": _stall,
    "hold": _hold,
    "cut": _cut,
    "end": _end,
    "broken_json": _broken_json,
    "forever": _forever,
}


async def _pinged(seconds: float, pings: Pings) -> AsyncIterator[bytes]:
    until = monotonic() + seconds
    while pings.every_seconds < until - monotonic():
        await asyncio.sleep(max(pings.every_seconds, 0.001))
        yield pings.data
    await _sleep(until - monotonic())


async def _sleep(seconds: float) -> None:
    if seconds == FOR_EVER:
        await asyncio.get_running_loop().create_future()
    await asyncio.sleep(max(seconds, 0))
