"""A server of the api's kind over a small application, and clients that write bytes to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from starlette.types import ASGIApp

from services.api.server.limits import Limits
from services.api.server.server import Server, listen
from tests.eventually import eventually


@asynccontextmanager
async def serving(
    app: ASGIApp, limits: Limits | None = None, *, proxies: Sequence[str] = ("127.0.0.1",)
) -> AsyncIterator[Server]:
    """A server on a port of its own, with these bounds."""
    listener = listen("127.0.0.1", 0)
    server = Server(app, listener, proxies=proxies, limits=limits)
    server.start()
    await eventually(lambda: server.started)
    try:
        yield server
    finally:
        await server.stop()
        listener.close()


class RawClient:
    """One connection: bytes out, bytes in."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """Writes; not an error when the other side has closed."""
        with suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()

    async def read_to_end(self) -> bytes:
        """All that comes until the server closes."""
        received = b""
        with suppress(ConnectionError):
            while piece := await self._reader.read(1 << 16):
                received += piece
        return received

    async def read_until(self, end: bytes) -> bytes:
        """What comes up to these bytes. Raises: IncompleteReadError, when they do not come."""
        return await self._reader.readuntil(end)

    async def read_exactly(self, size: int) -> bytes:
        return await self._reader.readexactly(size)

    async def ask(self, data: bytes) -> bytes:
        """Everything that comes after these bytes until the server closes."""
        await self.send(data)
        return await self.read_to_end()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[RawClient]:
    """A client that hangs up at the end."""
    at = urlsplit(url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port, limit=1 << 20)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.close()


async def trickle(client: RawClient, piece: bytes) -> None:
    """Sends a piece again and again, as soon as the loop has done all else."""
    loop = asyncio.get_running_loop()
    while True:
        await client.send(piece)
        pause: asyncio.Future[None] = loop.create_future()
        loop.call_later(0.03, pause.set_result, None)
        await pause
