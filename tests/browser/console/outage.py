"""A TCP proxy in front of the api that can lose its network: nothing is refused, nothing comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

PIECE_BYTES = 65536


class Outage:
    """See the module. `url` is where the api is found by it."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 0)
        self._passing: set[asyncio.Task[None]] = set()
        self._is_up = asyncio.Event()
        self._is_up.set()
        self.url = ""

    def begin(self) -> None:
        """From now on nothing passes, and nobody is told."""
        self._is_up.clear()

    def end(self) -> None:
        """What comes from now on passes; what was on its way is lost, as after a long sleep."""
        for task in self._passing:
            task.cancel()
        self._is_up.set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        task = asyncio.create_task(self._pass_on(reader, writer))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def close(self) -> None:
        """Ends what is still being passed on."""
        for task in tuple(self._passing):
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind: asyncio.StreamWriter | None = None
        try:
            await self._is_up.wait()
            answer, behind = await asyncio.open_connection(*self._target)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._copy(reader, behind))
                both.create_task(self._copy(answer, writer))
        except* OSError:
            pass  # the api is away, or one side has hung up
        finally:
            for each in (writer, behind):
                if each is not None:
                    each.transport.abort()

    async def _copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(PIECE_BYTES):
            await self._is_up.wait()
            sink.write(data)
            await sink.drain()
        raise ConnectionResetError


@asynccontextmanager
async def outage_before(url: str) -> AsyncIterator[Outage]:
    """A proxy on a free port before the api at `url`."""
    outage = Outage(url)
    server = await asyncio.start_server(outage.accept, "127.0.0.1", 0)
    outage.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        try:
            yield outage
        finally:
            await outage.close()
