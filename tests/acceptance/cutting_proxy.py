"""A TCP proxy in front of the api that cuts a stream where it is told to, once.

A request whose query says `cut=K` gets K events on its first connection and then the line goes
dead, in the middle of the next frame; later connections with the same K pass whole.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_CUT = re.compile(rb"&cut=(\d+)")
_FRAME_END = b"\n\n"
_INTO_FRAME_BYTES = 7


class CuttingProxy:
    """See the module."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._cut: set[int] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def cuts(self) -> frozenset[int]:
        """The cuts that were asked for and made."""
        return frozenset(self._cut)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: one request, one answer."""
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def close(self) -> None:
        """Ends what is still being passed on: nothing is left to the garbage collector."""
        for task in tuple(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request: asyncio.StreamWriter | None = None
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            found = _CUT.search(head)
            wanted = int(found[1]) if found else None
            head = _CUT.sub(b"", head).replace(b"keep-alive", b"close")
            answer, request = await asyncio.open_connection(*self._target)
            request.write(head)
            if wanted is None or wanted in self._cut:
                await _copy(answer, writer)
            else:
                self._cut.add(wanted)
                await _copy_events(answer, writer, wanted)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            for each in (writer, request):
                if each is not None:
                    each.close()


async def _copy(answer: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await answer.read(65536):
        writer.write(data)
        await writer.drain()


async def _copy_events(
    answer: asyncio.StreamReader, writer: asyncio.StreamWriter, events: int
) -> None:
    """The head, `events` whole events, a little of the next frame, and no more."""
    writer.write(await answer.readuntil(b"\r\n\r\n"))
    passed = 0
    while passed < events:
        frame = await answer.readuntil(_FRAME_END)
        writer.write(frame)
        passed += b"\ndata:" in frame
    writer.write(await answer.read(_INTO_FRAME_BYTES))
    await writer.drain()
    assert isinstance(writer.transport, asyncio.Transport)
    writer.transport.abort()


@asynccontextmanager
async def cutting_proxy(host: str, port: int) -> AsyncIterator[CuttingProxy]:
    """A proxy on a free port."""
    proxy = CuttingProxy(host, port)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0, limit=1 << 20)
    proxy.port = server.sockets[0].getsockname()[1]
    async with server:
        try:
            yield proxy
        finally:
            await proxy.close()
