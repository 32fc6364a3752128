"""What strangers can do to an api: its memory, and how others are answered meanwhile.

python -m tests.acceptance.assaults             all of them, each on a stack of its own
python -m tests.acceptance.assaults "silent"    those with this in their name

Another assault is a function from where the api is to what became of its requests, in ASSAULTS.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import urlsplit

import psutil

from bench.client import in_own_process
from bench.connection import Api
from bench.measured import percentile
from shared.errors import Unavailable
from tests.acceptance.heavy_requests import HEAVY
from tests.simulation.virtual import passes
from tests.stack import RunningStack, running_stack

MIB = 1 << 20
PIECE = b"x" * (256 << 10)
QUIET_SECONDS = 3.0
# Longer than an api should let anyone sit there.
PATIENCE_SECONDS = 15.0
LONGEST_SECONDS = 180.0
SAMPLE_SECONDS = 0.01
HEADERS_CONNECTIONS, HEADERS_MIB = 600, 1
VALUE_MIB = 120
CONNECTIONS = 1_000
BODIES, BODY_MIB = 64, 60
FLOW = {"nodes": [{"id": "a", "type": "template", "data": {"template": "done"}}], "edges": []}

Outcomes = Counter[str]
Assault = Callable[[Api], Awaitable[Outcomes]]


async def headers(api: Api) -> Outcomes:
    """Headers without an end, over many connections."""
    line = b"X-%d: " + b"v" * 8_000 + b"\r\n"

    def lines() -> Iterator[bytes]:
        yield b"GET /health HTTP/1.1\r\nHost: x\r\n"
        for number in range(HEADERS_MIB * MIB // len(line)):
            yield line % number

    return await _all(api, lines, HEADERS_CONNECTIONS)


async def value(api: Api) -> Outcomes:
    """One header whose value does not end."""

    def pieces() -> Iterator[bytes]:
        yield b"GET /health HTTP/1.1\r\nHost: x\r\nX: "
        for _ in range(VALUE_MIB * MIB // len(PIECE)):
            yield PIECE

    return await _all(api, pieces, 1)


async def silent(api: Api) -> Outcomes:
    """Connections on which nothing is said."""
    return await _all(api, lambda: iter(()), CONNECTIONS)


async def half_sent(api: Api) -> Outcomes:
    """Requests that stop in the middle of their head."""
    return await _all(api, lambda: iter([b"GET /health HTTP/1.1\r\nHo"]), CONNECTIONS)


async def bodies(api: Api) -> Outcomes:
    """Runs with inputs near the limit, all at once, with a token."""
    end = json.dumps({"flow": FLOW}).encode()[1:]
    start = b'{"input": "'
    size = len(start) + BODY_MIB * MIB + len(b'", ') + len(end)
    head = api.post("/api/v1/runs", b"").replace(b"Length: 0", b"Length: %d" % size)

    def pieces() -> Iterator[bytes]:
        yield head + start
        for _ in range(BODY_MIB * MIB // len(PIECE)):
            yield PIECE
        yield b'", ' + end

    return await _all(api, pieces, BODIES, within_seconds=LONGEST_SECONDS)


ASSAULTS: Mapping[str, Assault] = {
    f"{HEADERS_CONNECTIONS * HEADERS_MIB} MiB of headers": headers,
    f"one header of {VALUE_MIB} MiB": value,
    f"{CONNECTIONS} silent connections": silent,
    f"{CONNECTIONS} half-sent requests": half_sent,
    f"{BODIES} bodies of {BODY_MIB} MiB": bodies,
    **HEAVY,
}


async def _all(
    api: Api,
    pieces: Callable[[], Iterator[bytes]],
    count: int,
    within_seconds: float = PATIENCE_SECONDS,
) -> Outcomes:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asked = (_one(api, pieces(), within_seconds) for _ in range(count))
    return Counter(await asyncio.gather(*asked))


async def _one(api: Api, pieces: Iterator[bytes], within_seconds: float) -> str:
    """The status of the answer; `closed` without one, `open` where nothing happened in time."""
    at = urlsplit(api.url)
    try:
        async with asyncio.timeout(within_seconds):
            reader, writer = await asyncio.open_connection(at.hostname, at.port)
            answering = asyncio.create_task(reader.readline())
            with suppress(ConnectionError):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
            status = (await answering)[9:12].decode() or "closed"
            writer.close()
    except TimeoutError:
        return "open"
    except OSError:
        return "closed"
    return status


@dataclass
class Seen:
    """What was seen of the api while something went on."""

    before_mib: float = 0.0
    peak_mib: float = 0.0
    after_mib: float = 0.0
    seconds: float = 0.0
    health_ms: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        at = sorted(self.health_ms)
        return (
            f"{self.seconds:5.1f} s; RSS MiB before {self.before_mib:.0f}, peak "
            f"{self.peak_mib:.0f}, after {self.after_mib:.0f}; /health ms p50 "
            f"{percentile(at, 50):.2f}, p99 {percentile(at, 99):.2f}, max {at[-1]:.1f} "
            f"of {len(at)}"
        )


async def _watch(stack: RunningStack, during: Awaitable[Outcomes]) -> tuple[Seen, Outcomes]:
    """What is seen until it is over."""
    process = psutil.Process(stack.service("api")["pid"])

    def rss() -> float:
        return float(process.memory_info().rss) / MIB

    seen = Seen(before_mib=rss())
    began = monotonic()
    api = Api(stack.stack["api_url"], "")
    task = asyncio.ensure_future(during)
    sampling = asyncio.create_task(_sample(seen, rss))
    connection = await api.connect()
    while not task.done():
        asked = monotonic()
        try:
            await connection.ask(api.get("/health"), within_seconds=LONGEST_SECONDS)
        except Unavailable:
            connection = await api.connect()
        seen.health_ms.append((monotonic() - asked) * 1000)
        await passes(SAMPLE_SECONDS)
    connection.close()
    sampling.cancel()
    seen.seconds, seen.after_mib = monotonic() - began, rss()
    return seen, await task


async def _sample(seen: Seen, rss: Callable[[], float]) -> None:
    while True:
        seen.peak_mib = max(seen.peak_mib, rss())
        await passes(SAMPLE_SECONDS)


async def _quiet() -> Outcomes:
    await passes(QUIET_SECONDS)
    return Counter()


async def _show(stack: RunningStack, name: str, assault: Assault) -> None:
    api = Api(stack.stack["api_url"], stack.stack["token"])

    async def assaulted() -> Outcomes:
        return (await in_own_process(assault, api)).result

    quiet, _ = await _watch(stack, _quiet())
    seen, outcomes = await _watch(stack, assaulted())
    sys.stdout.write(f"{name}\n  without: {quiet}\n  during:  {seen}\n  came: {dict(outcomes)}\n")
    sys.stdout.flush()


def main() -> None:
    """Shows those that are named, or all."""
    wanted = sys.argv[1:] or [""]
    for name, assault in ASSAULTS.items():
        if any(part in name for part in wanted):
            with running_stack(workers=1) as stack:
                asyncio.run(_show(stack, name, assault))


if __name__ == "__main__":
    # By its own name, so that what it sends to other processes is known there.
    from tests.acceptance import assaults

    assaults.main()
