"""The wire: one response on its way out, counted, and the client's hang-up noticed at once."""

import asyncio
import socket
import struct
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Literal

from starlette.types import Receive, Scope, Send

from simulator.journal import Entry

TRANSPORT = "simulator.transport"
MOST_FLUSH_MS = 1000
_NO_LINGER = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Wire:
    """Sends one response and counts in `entry` what was sent.

    `transport` is the connection itself, where the server offers it: only so can it be cut.
    """

    send: Send
    entry: Entry
    transport: asyncio.Transport | None

    async def start(self, status: int, headers: Mapping[str, str]) -> None:
        self.entry.status = status
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": raw})

    async def body(self, data: bytes, chunks: int = 0) -> None:
        await self.send({"type": "http.response.body", "body": data, "more_body": True})
        self.entry.bytes_sent += len(data)
        self.entry.chunks_sent += chunks

    async def finish(self) -> None:
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def cut(self, how: Literal["close", "reset", "before"]) -> None:
        """Breaks the connection off, closed after what was sent or reset; returns only without
        a transport, when the server closes the connection of an unfinished response."""
        self.entry.end("error")
        if self.transport is None:
            return
        if how == "reset":
            for _ in range(MOST_FLUSH_MS):
                if self.transport.get_write_buffer_size():
                    await asyncio.sleep(0.001)
            connection = self.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self.transport.abort()
        else:
            self.transport.close()
        await asyncio.get_running_loop().create_future()


def transport_of(scope: Scope) -> asyncio.Transport | None:
    # uvloop's transports are no asyncio.Transport by descent: nothing can be checked here.
    transport: asyncio.Transport | None = (
        scope.get("extensions", {}).get(TRANSPORT, {}).get("transport")
    )
    return transport


async def until_gone(work: Coroutine[None, None, None], receive: Receive) -> float | None:
    """Does `work`; the monotonic time of the client's hang-up if that came first, else None."""
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_hung_up(receive))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            return watching.result()
        working.result()
        return None
    finally:
        working.cancel()
        watching.cancel()


async def _hung_up(receive: Receive) -> float:
    while (await receive())["type"] != "http.disconnect":
        pass
    return monotonic()
