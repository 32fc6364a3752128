"""The wire: what Starlette leaves to us of a call's way in and out.

A `Recorder` around the endpoint counts what is sent and notes the client's hang-up the moment the
server tells it; `wait` is silence before an answer; `cut` breaks the connection off.
"""

import asyncio
import socket
import struct
from secrets import token_hex
from typing import Literal

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.http.connection import transport_of
from simulator.http.dialect import Dialect
from simulator.http.journal import Entry, Journal
from simulator.http.meters import Meters

FOR_EVER = float("inf")
REFUSED = "refused"
"""What stands in a key that no call is answered by."""
MOST_FLUSH_MS = 1000
_NO_LINGER = struct.pack("ii", 1, 0)


class Recorder:
    """Middleware: every call has an entry in the journal, `request.state.entry`."""

    def __init__(self, app: ASGIApp, dialect: Dialect, journal: Journal, meters: Meters) -> None:
        self._app, self._dialect, self._journal, self._meters = app, dialect, journal, meters
        self._process = token_hex(6)
        self._count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._count += 1
        request_id = f"req_{self._process}{self._count:08x}"
        entry = self._journal.open(request_id, key_of(Headers(scope=scope)), self._dialect.name)
        scope.setdefault("state", {})["entry"] = entry
        recorded = _Recorded(entry, self._dialect.id_header, receive, send)
        with self._meters.call(entry):
            try:
                await self._app(scope, recorded.receive, recorded.send)
            finally:
                entry.end("error")


class _Recorded:
    """The messages of one call, noted in its entry as they pass."""

    __slots__ = ("_entry", "_id_header", "_receive", "_send")

    def __init__(self, entry: Entry, id_header: str, receive: Receive, send: Send) -> None:
        self._entry, self._id_header, self._receive, self._send = entry, id_header, receive, send

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._entry.end("client_gone")
        return message

    async def send(self, message: Message) -> None:
        entry = self._entry
        if entry.outcome != "open":  # cut, or the client is gone
            return
        if message["type"] == "http.response.start":
            entry.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[self._id_header] = entry.request_id
            headers["cache-control"] = "no-cache"
            await self._send(message)
            return
        await self._send(message)
        entry.bytes_sent += len(message["body"])
        if not message.get("more_body", False):
            entry.end(entry.ends_as)


class Watched(StreamingResponse):
    """A StreamingResponse that stops when the client hangs up, at the cost of two plain tasks.

    Its parent does so only for servers that speak ASGI 2.3 or less, and by a task group, which
    makes an answer of twenty words cost a fifth more CPU (525 against 430 microseconds).
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self.stream_response(send))
        watching = asyncio.ensure_future(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait({sending, watching}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            sending.cancel()
            watching.cancel()


def key_of(headers: Headers) -> str | None:
    """The key a call came with, in either of its headers."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    return headers.get("x-api-key", "").strip() or bearer or None


async def wait(request: Request, seconds: float) -> None:
    """Sends nothing for a while. Raises: ClientDisconnect, as soon as the client hangs up."""
    if seconds <= 0:
        return
    try:
        async with asyncio.timeout(None if seconds == FOR_EVER else seconds):
            while (await request.receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return
    raise ClientDisconnect


async def cut(request: Request, how: Literal["close", "reset", "before"]) -> None:
    """Breaks the connection off, closed after what was sent or reset; the hang-up follows.

    Raises: ConnectionAbortedError, where the server offers no transport: it then breaks off the
    unfinished response itself.
    """
    entry: Entry = request.state.entry
    entry.end("error")
    transport = transport_of(request.scope)
    if transport is None:
        raise ConnectionAbortedError("expected simulator.server, which lends its connections")
    if how != "reset":
        transport.close()
        return
    for _ in range(MOST_FLUSH_MS):
        if transport.get_write_buffer_size():
            await asyncio.sleep(0.001)
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
