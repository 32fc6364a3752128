"""HTTP/1.1 on one kept-alive connection, one request at a time, by callback or awaited.

A general client costs more CPU a request than the api does; on a machine that client and servers
share, that would be measured with them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import httptools

from shared.errors import Unavailable

ANSWER_SECONDS = 30.0


class Answer(NamedTuple):
    """A whole answer. Status 0: the connection ended before it came."""

    status: int
    body: bytes

    def json(self, wanted: int) -> dict[str, object]:
        """The body. Raises: Unavailable when the status is not the one wanted."""
        if self.status != wanted:
            said = self.body[:400].decode(errors="replace")
            raise Unavailable(f"expected the api to answer {wanted}, came {self.status}: {said}")
        body: dict[str, object] = json.loads(self.body)
        return body


class Api(NamedTuple):
    """Where the api is and how to get in. Requests are bytes, made before they are timed."""

    url: str
    token: str

    def get(self, path: str) -> bytes:
        return self._head("GET", path) + b"\r\n"

    def post(self, path: str, body: bytes) -> bytes:
        entity = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return self._head("POST", path) + entity.encode() + body

    async def connect(self) -> Connection:
        """A new connection. Raises: Unavailable."""
        at = urlsplit(self.url)
        loop = asyncio.get_running_loop()
        try:
            _, made = await loop.create_connection(Connection, at.hostname or "", at.port or 80)
        except OSError as error:
            raise Unavailable(f"the api at {self.url} takes no connection: {error}") from error
        return made

    def _head(self, method: str, path: str) -> bytes:
        host = urlsplit(self.url).netloc
        lines = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {self.token}"
        return lines.encode() + b"\r\n"


class Connection(asyncio.Protocol):
    """One connection; whoever sent the request in flight is called with its answer."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport
        self._parts: list[bytes] = []
        self._answered: Callable[[Answer], None] | None = None
        self._heard: Callable[[bytes], None] | None = None

    def send(
        self,
        request: bytes,
        answered: Callable[[Answer], None],
        heard: Callable[[bytes], None] | None = None,
    ) -> None:
        """Sends a request; each piece of a good answer's body goes to `heard`, if there is one."""
        assert self._answered is None, "a request is in flight"
        self._answered, self._heard = answered, heard
        if self._transport.is_closing():
            self._answer(0)
            return
        self._transport.write(request)

    async def ask(
        self,
        request: bytes,
        heard: Callable[[bytes], None] | None = None,
        *,
        within_seconds: float = ANSWER_SECONDS,
    ) -> Answer:
        """The answer to a request, without what `heard` was told.

        Raises: Unavailable when it is not whole in time.
        """
        asked: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def answered(answer: Answer) -> None:
            if not asked.done():
                asked.set_result(answer)

        self.send(request, answered, heard)
        try:
            async with asyncio.timeout(within_seconds):
                answer = await asked
        except TimeoutError:
            raise Unavailable(f"no whole answer in {within_seconds:g} s") from None
        if not answer.status:
            raise Unavailable("the api closed the connection before its answer was whole")
        return answer

    def close(self) -> None:
        """Hangs up."""
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio's in all but ancestry.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._answer(0)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        if self._heard is not None and self._parser.get_status_code() == 200:
            self._heard(body)
        else:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        self._answer(self._parser.get_status_code())

    def _answer(self, status: int) -> None:
        answered, self._answered = self._answered, None
        body = b"".join(self._parts)
        self._parts.clear()
        if answered is not None:
            answered(Answer(status, body))
