"""One answer of a real api, taken piece by piece over a connection of its own."""

from __future__ import annotations

import asyncio

from tests.integration.api.story import TOKEN


class Caller:
    """See `tests.simulation.listener.Answer`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._left = 0
        self.status = 0

    async def read(self, most: int) -> bytes:
        """The next piece of a body that comes in chunks; nothing once it ended or was cut."""
        try:
            if not self._left:
                self._left = int(await self._reader.readline() or b"0", 16)
            piece = await self._reader.read(min(most, self._left))
            self._left -= len(piece)
            if piece and not self._left:
                await self._reader.readline()
        except OSError:
            return b""
        return piece

    def hang_up(self) -> None:
        """Cuts the connection: what was not read is lost."""
        self._writer.transport.abort()

    async def ask(self, path: str, last_event_id: str) -> bool:
        """Whether an answer has begun."""
        lines = [f"GET {path} HTTP/1.1", "Host: api", f"Authorization: Bearer {TOKEN}"]
        if last_event_id:
            lines.append(f"Last-Event-ID: {last_event_id}")
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
        except (OSError, asyncio.IncompleteReadError):
            return False
        self.status = int(head.split(b" ", 2)[1])
        return True


async def call(url: str, path: str, last_event_id: str) -> Caller | None:
    """The answer of the api there; None if it gives none."""
    host, port = url.removeprefix("http://").split(":")
    try:
        caller = Caller(*await asyncio.open_connection(host, int(port)))
    except OSError:
        return None
    if await caller.ask(path, last_event_id):
        return caller
    caller.hang_up()
    return None
