"""Readers that do not read: what is held for each, here and in the kernel, and when it is cut off.

python -m tests.acceptance.stalled          200 of them on a run that speaks fast
"""

from __future__ import annotations

import asyncio
import re
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import psutil

from bench.connection import Api
from tests.simulation.virtual import passes
from tests.stack import RunningStack, running_stack

READERS = 200
ROOM_BYTES = 1 << 14
LOOK_SECONDS = 0.2
ESTABLISHED = "01"
LONGEST_SECONDS = 40.0
SPEAKS = {"instructions": "Speak. [[sim: sleep=4s words=60000 rate=4000/s]]"}
SPEAKING = {"nodes": [{"id": "a", "type": "agent", "data": SPEAKS}], "edges": []}
_GAUGE = re.compile(rb"^penstock_(event_readers\w*) (\S+)$", re.MULTILINE)


class Stalled:
    """A client that asks for a stream and reads none of it, until it is asked for the rest."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        peer, own = writer.get_extra_info("peername"), writer.get_extra_info("sockname")
        self.ports = peer[1], own[1]

    @classmethod
    async def connected(cls, api: Api, path: str) -> Stalled:
        """One whose request is on its way; it has little room for the answer."""
        at = urlsplit(api.url)
        room = socket.socket()
        room.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM_BYTES)
        room.setblocking(False)
        await asyncio.get_running_loop().sock_connect(room, (at.hostname, at.port))
        reader, writer = await asyncio.open_connection(sock=room, limit=1)
        writer.write(api.get(path))
        return cls(reader, writer)

    def in_kernel(self) -> int:
        """Bytes that the server's kernel still holds for it."""
        return unsent_in_kernel().get(self.ports, 0)

    async def read(self, size: int) -> bytes:
        """The next bytes after all; nothing once it was cut off."""
        with suppress(ConnectionResetError):
            return await self._reader.read(size)
        return b""

    def close(self) -> None:
        self._writer.close()


def unsent_in_kernel() -> dict[tuple[int, int], int]:
    """By local and remote port: bytes not sent, or not acknowledged, of what is connected here.

    Source: Linux, proc_net_tcp.txt.
    """
    held = {}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, queues, *_ = line.split()
        if state != ESTABLISHED:
            continue
        ports = int(local.rpartition(":")[2], 16), int(remote.rpartition(":")[2], 16)
        held[ports] = int(queues.partition(":")[0], 16)
    return held


async def gauges(stack: RunningStack) -> dict[str, float]:
    """What the api counts of its readers."""
    url = stack.service("api")["monitor_url"]
    assert url is not None
    connection = await Api(url, "").connect()
    answer = await connection.ask(Api(url, "").get("/metrics"))
    connection.close()
    return {name.decode(): float(value) for name, value in _GAUGE.findall(answer.body)}


@dataclass
class Seen:
    """The most that was held at a time, in bytes, and when readers were cut off, in seconds.

    Of one reader in the api, of one and of all in its kernel; by how much the api grew meanwhile.
    """

    in_api_each: float = 0
    in_kernel_each: int = 0
    in_kernel: int = 0
    grown_mib: float = 0
    first_cut: float = 0
    last_cut: float = 0


async def look(stack: RunningStack, readers: Sequence[Stalled], found: Seen) -> None:
    """Sees what becomes of readers that do not read, until all are cut off.

    Seconds are from when the kernel has first to hold for one.
    """
    began = 0.0
    process = psutil.Process(stack.service("api")["pid"])
    before = process.memory_info().rss
    until = monotonic() + LONGEST_SECONDS
    while monotonic() < until and not found.last_cut:
        table = unsent_in_kernel()
        held = [table[reader.ports] for reader in readers if reader.ports in table]
        began = began or (monotonic() if any(held) else 0.0)
        if len(held) < len(readers) and not found.first_cut:
            found.first_cut = monotonic() - began
        if not held:
            found.last_cut = monotonic() - began
        unsent = (await gauges(stack))["event_readers_unsent_bytes_most"]
        found.in_api_each = max(found.in_api_each, unsent)
        found.in_kernel_each = max(found.in_kernel_each, *held, 0)
        found.in_kernel = max(found.in_kernel, sum(held))
        found.grown_mib = max(found.grown_mib, (process.memory_info().rss - before) / (1 << 20))
        await passes(LOOK_SECONDS)


async def _show(stack: RunningStack) -> None:
    api = Api(stack.stack["api_url"], stack.stack["token"])
    async with stack.client() as client:
        run = (await client.runs.create(flow=SPEAKING)).run_id
        path = f"/api/v1/runs/{run}/events"
        readers = [await Stalled.connected(api, path) for _ in range(READERS)]
        while (await gauges(stack))["event_readers"] < READERS:
            await passes(LOOK_SECONDS)
        found = Seen()
        await look(stack, readers, found)
        sys.stdout.write(f"{READERS} readers that do not read: {found}\n")
        for reader in readers:
            reader.close()
        await client.runs.cancel(run, wait=10)


def main() -> None:
    """Shows it at full size, on a stack of its own."""
    with running_stack(workers=1, environment={"PENSTOCK_DELTA_MILLISECONDS": "0"}) as stack:
        asyncio.run(_show(stack))


if __name__ == "__main__":
    main()
