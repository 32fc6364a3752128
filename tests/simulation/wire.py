"""One client's connection in memory: what the api sends waits here until the client takes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.types import Message, Scope

from services.api.server.uvicorn_internals import EXTENSION

TOKEN = "a-token-for-tests-only"
HIGH_WATER_BYTES = 600


class Wire:
    """Both ends: the server's (`send`, `abort`, `when_lost`) and the client's (`read`)."""

    def __init__(self) -> None:
        self.status = 0
        self.when_lost: Callable[[], None] | None = None
        self.is_lost = False
        self._is_whole = False
        self._body = bytearray()
        self._moved = asyncio.Event()

    def scope(self, path: str, query: str, last_event_id: str) -> Scope:
        """A request that comes by this connection."""
        headers = [(b"authorization", b"Bearer " + TOKEN.encode())]
        if last_event_id:
            headers.append((b"last-event-id", last_event_id.encode()))
        return {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
            "extensions": {EXTENSION: {"connection": self}},
        }

    async def receive(self) -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    @property
    def unsent_bytes(self) -> int:
        """What the client has not taken."""
        return len(self._body)

    async def send(self, message: Message) -> None:
        """Waits while the client has not taken what was sent before, as a socket does."""
        while len(self._body) > HIGH_WATER_BYTES and not self.is_lost:
            await self._move()
        if self.is_lost:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self._body += message.get("body", b"")
            self._is_whole = not message.get("more_body", False)
        self._moved.set()

    def abort(self) -> None:
        """The server cuts it: what was not taken is gone."""
        self._body.clear()
        self.hang_up()

    def hang_up(self) -> None:
        """The connection is no more; the server hears of it a moment later."""
        if not self.is_lost:
            self.is_lost = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._moved.set()
        if self.when_lost is not None:
            self.when_lost()

    async def opened(self) -> bool:
        """Whether an answer begins before the connection ends."""
        while not self.status and not self.is_lost:
            await self._move()
        return bool(self.status)

    async def read(self, most: int) -> bytes:
        """The next piece for the client; nothing when the answer is whole or cut."""
        while not self._body and not self.is_lost and not self._is_whole:
            await self._move()
        piece = bytes(self._body[:most])
        del self._body[:most]
        self._moved.set()
        return piece

    async def _move(self) -> None:
        self._moved.clear()
        await self._moved.wait()
