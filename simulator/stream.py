"""A plan told in time: chunks at their rate, pings in silences, and the failures asked for.

Every function ends the way the wire should end; each says whether the answer was told whole.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from itertools import chain, islice, repeat
from time import monotonic_ns

from simulator.failure import failure_of
from simulator.plan import BROKEN, PING, Plan
from simulator.script import Script
from simulator.wire import Wire
from simulator.words import STAMP

CHUNKS_A_WRITE = 32
FOR_EVER = float("inf")
_STAMP = STAMP.encode()


async def stream(wire: Wire, plan: Plan, script: Script) -> bool:
    """Sends the body of the response; True if the answer was told to its message_stop."""
    await wire.body(plan.opening)
    await silence(script.sleep, wire, script.ping)
    tell = _FAILURES.get(script.failure or "", _whole)
    return await tell(wire, plan, script)


async def silence(seconds: float, wire: Wire, ping: float | None) -> None:
    """Sends nothing for a while, but for a ping every so often if asked for."""
    if seconds <= 0:
        return
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while (left := until - loop.time()) > 0:
        if ping is None or ping >= left:
            await _sleep(left)
            return
        await asyncio.sleep(max(ping, 0.001))
        await wire.body(PING)


async def pace(wire: Wire, chunks: Iterable[bytes], script: Script) -> None:
    """Sends chunks at the script's rate: each at its time, late ones at once."""
    if script.rate == 0:
        left = iter(chunks)
        while many := tuple(islice(left, CHUNKS_A_WRITE)):
            await wire.body(_stamped(b"".join(many), script), len(many))
            await asyncio.sleep(0)  # others, and the client's hang-up, get their turn
        return
    loop = asyncio.get_running_loop()
    began = loop.time()
    for at, chunk in enumerate(chunks):
        await silence(began + at / script.rate - loop.time(), wire, script.ping)
        await wire.body(_stamped(chunk, script), 1)
        await asyncio.sleep(0)


def _stamped(chunks: bytes, script: Script) -> bytes:
    """Chunks that are about to be written, with the time if they are to tell it."""
    if not script.clock:
        return chunks
    return chunks.replace(_STAMP, b"%0*d " % (len(_STAMP) - 1, monotonic_ns()))


async def _whole(wire: Wire, plan: Plan, script: Script) -> bool:
    await pace(wire, plan.chunks, script)
    await wire.body(plan.ending + plan.settling + plan.stopping)
    await wire.finish()
    return True


async def _error(wire: Wire, plan: Plan, script: Script) -> bool:
    await pace(wire, plan.chunks[: script.after], script)
    await wire.body(failure_of(script).frame(wire.entry.request_id))
    await wire.finish()
    return False


async def _stall(wire: Wire, plan: Plan, script: Script) -> bool:
    await pace(wire, plan.chunks[: script.after], script)
    await silence(script.stall or FOR_EVER, wire, script.ping)
    await pace(wire, plan.chunks[script.after :], script)
    await wire.body(plan.ending + plan.settling + plan.stopping)
    await wire.finish()
    return True


async def _cut(wire: Wire, plan: Plan, script: Script) -> bool:
    await pace(wire, plan.chunks[: script.after], script)
    await wire.cut(script.cut or "close")
    return False


async def _end(wire: Wire, plan: Plan, script: Script) -> bool:
    if script.end == "early":
        await pace(wire, plan.chunks[: script.after], script)
    else:
        await pace(wire, plan.chunks, script)
        await wire.body(plan.ending)
    if script.end == "no_stop":
        await wire.body(plan.settling)
    await wire.finish()
    return False


async def _broken_json(wire: Wire, plan: Plan, script: Script) -> bool:
    await pace(wire, plan.chunks[: script.after], script)
    await wire.body(BROKEN)
    await wire.finish()
    return False


async def _forever(wire: Wire, plan: Plan, script: Script) -> bool:
    await pace(wire, chain(plan.chunks, repeat(plan.endless)), script)
    return True


_FAILURES: dict[str, Callable[[Wire, Plan, Script], Awaitable[bool]]] = {
    "error": _error,
    "stall": _stall,
    "cut": _cut,
    "end": _end,
    "broken_json": _broken_json,
    "forever": _forever,
}


async def _sleep(seconds: float) -> None:
    if seconds == FOR_EVER:
        await asyncio.get_running_loop().create_future()
    await asyncio.sleep(seconds)
