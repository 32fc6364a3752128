"""All that the api knows of the inside of uvicorn and httptools: one client's connection.

uvicorn documents neither its protocol nor its cycle (one request and its answer); what is used of
them is in this module alone, and tests/unit/api/test_uvicorn_internals.py says what has to be
there. The versions that were looked at are in pyproject.toml.

    silent -> head -> body -> silent        what the client is about to send
      `-------`-------`-----> deaf          nothing more is heard: an end is on its way

The parser gathers a header until it is whole, at a cost that grows with the square of its size: so
what is given to it without a result is counted before. There is one timer a connection, set anew
when it fires, not when something comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum
from math import inf
from typing import Any, cast

import httptools
from starlette.types import Message, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from services.api.server.alarm import Alarm
from services.api.server.bodies import declares_body
from services.api.server.connections import Connections
from services.api.server.refusals import (
    FULL,
    FULL_WIRE,
    HEADERS_TOO_LARGE,
    MALFORMED,
    TIMED_OUT,
    TOO_MANY_PIPELINED,
    UPGRADE_WITH_BODY,
    Refusal,
    Refused,
)

EXTENSION = "penstock.connection"
_STOPS = (httptools.HttpParserError, httptools.HttpParserUpgrade)

_Phase = Enum("_Phase", ["SILENT", "HEAD", "BODY"])
_SILENT, _HEAD, _BODY = _Phase.SILENT, _Phase.HEAD, _Phase.BODY


class Connection(HttpToolsProtocol):
    """One client's connection; requests find it in their scope's extensions."""

    when_lost: Callable[[], None] | None = None
    waiting_since = inf

    def __init__(
        self, all_of_them: Connections[Connection], config: Config, state: ServerState
    ) -> None:
        super().__init__(config, state, {})
        self._all = all_of_them
        self._limits = all_of_them.limits
        self._head_bytes = self._limits.head_bytes
        self._phase = _SILENT
        self._barren_bytes = 0
        self._discarded_bytes = 0
        self._is_deaf = self._closes = False
        self._head_until = self._body_until = inf
        self._alarm = Alarm(self.loop, self._time_is_up)

    # What an application may use.

    def abort(self) -> None:
        """Cut the client off, dropping what it has not read."""
        self.transport.abort()

    @property
    def unsent_bytes(self) -> int:
        """What waits in this process because the client has not taken what came before."""
        return self.transport.get_write_buffer_size()

    @property
    def is_lost(self) -> bool:
        """The client is gone."""
        return self.transport.is_closing()

    def evict(self) -> None:
        """Make room for others; no request of it is being served."""
        self._is_deaf, self.waiting_since = True, inf
        self.transport.close()

    def close_after_answer(self) -> None:
        """The answer under way is the last; what the client still sends is thrown away."""
        self._closes = True

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but ancestry
        self.waiting_since = now = self.loop.time()
        if not self._all.admit(self, now):
            FULL.count()
            self._is_deaf = True
            self.transport, self.flow = transport, FlowControl(transport)
            transport.write(FULL_WIRE)
            transport.close()
            return
        super().connection_made(transport)
        self._head_until = now + self._limits.head_seconds
        self._alarm.set(self._head_until)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._alarm.cancel()
        self._all.leave(self)
        if self.when_lost is not None:
            self.when_lost()

    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            self._discard(len(data))
            return
        barren = self._barren_bytes + len(data)
        if barren <= self._head_bytes:
            self._barren_bytes = barren
            try:
                self.parser.feed_data(data)
            except _STOPS as error:
                self._stop(error)
        else:
            self._feed_in_pieces(memoryview(data))
        if self._phase is not _SILENT and not self._is_deaf:
            self._await_rest()

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._phase = _HEAD
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if len(self.headers) > self._limits.headers:
            raise Refused(HEADERS_TOO_LARGE)
        if len(self.pipeline) >= self._limits.pipelined:
            raise Refused(TOO_MANY_PIPELINED)
        if self.parser.should_upgrade() and declares_body(self.headers):
            raise Refused(UPGRADE_WITH_BODY)
        self._phase = _BODY
        self._barren_bytes = 0
        self._body_until = inf
        self.waiting_since = inf
        super().on_headers_complete()
        self.scope["extensions"] = {EXTENSION: {"connection": self, "cycle": self.cycle}}
        self.headers = []  # trailers are not the request's headers

    def on_body(self, body: bytes) -> None:
        self._barren_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._phase = _SILENT
        self._barren_bytes = 0
        self._head_until = self._alarm.at = inf
        super().on_message_complete()

    # What the cycle calls.

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self.waiting_since = now = self.loop.time()
        if self._closes or self._phase is _BODY:
            self._say_no_more()
        elif self._phase is _SILENT:
            self._alarm.set(now + self._limits.keep_alive_seconds)

    # Bytes in.

    def _feed_in_pieces(self, data: memoryview) -> None:
        while data and not self._is_deaf:
            room = self._head_bytes - self._barren_bytes
            if room <= 0:
                self._refuse(HEADERS_TOO_LARGE)
                return
            piece, data = data[:room], data[room:]
            self._barren_bytes += len(piece)
            try:
                self.parser.feed_data(piece)
            except _STOPS as error:
                self._stop(error)

    def _stop(self, error: Exception) -> None:
        """The parser went no further."""
        if isinstance(error, httptools.HttpParserUpgrade):
            # Another protocol was offered, and none is spoken: what follows may be anything.
            self.cycle.keep_alive = False
            self._grow_deaf()
            return
        cause = error.__context__
        self._refuse(cause.refusal if isinstance(cause, Refused) else MALFORMED)

    def _discard(self, size: int) -> None:
        self._discarded_bytes += size
        if self._discarded_bytes > self._limits.discard_bytes:
            self.flow.pause_reading()

    # Time.

    def _await_rest(self) -> None:
        """Something of a request came, and not all of it."""
        now = self.loop.time()
        if self._phase is _BODY:
            if self._body_until == inf:
                self._body_until = now + self._limits.body_seconds
            self._alarm.set(min(now + self._limits.body_silent_seconds, self._body_until))
            return
        if self._head_until == inf:
            self._head_until = now + self._limits.head_seconds
        self._alarm.set(self._head_until)

    def _time_is_up(self) -> None:
        if self._is_deaf or self._phase is _SILENT:
            self.transport.close()
            return
        now = self.loop.time()
        if self._phase is _BODY and self.flow.read_paused and now < self._body_until:
            self._alarm.set(now + self._limits.body_silent_seconds)  # it waits for us
        else:
            self._refuse(TIMED_OUT)

    # Ends.

    def _refuse(self, refusal: Refusal) -> None:
        """Say so where that does not disturb an answer under way, and end."""
        refusal.count()
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if self._phase is not _BODY:
                self._closes = True  # behind the answers that are due before
                self._grow_deaf()
                return
            if cycle.response_started or self.pipeline:
                self.transport.abort()
                return
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.write(refusal.wire(self.server_state.default_headers))
        self._say_no_more()

    def _say_no_more(self) -> None:
        """Close as the client can hear it: our side first, theirs after a while.

        To close at once, with something unread, would reset the connection, and take the answer
        from a client that has not read it yet. Source: RFC 9112, 9.6.
        """
        self._grow_deaf()
        self.transport.write_eof()
        self.flow.resume_reading()
        self._alarm.set(self.loop.time() + self._limits.discard_seconds)

    def _grow_deaf(self) -> None:
        self._is_deaf = True
        self._alarm.at = inf


def connection_of(scope: Scope) -> Connection:
    """The connection a request came by."""
    found: Connection = scope["extensions"][EXTENSION]["connection"]
    return found


def cycle_of(scope: Scope) -> RequestResponseCycle:
    """A request and its answer as uvicorn sees them."""
    found: RequestResponseCycle = scope["extensions"][EXTENSION]["cycle"]
    return found


def has_body_ahead(cycle: RequestResponseCycle, free_bytes: int) -> bool:
    """Whether more than so much of the request's body is here, or some of it still under way."""
    return cycle.more_body or len(cycle.body) > free_bytes


def until_close(cycle: RequestResponseCycle, send: Send) -> Send:
    """Answers without chunks: to HTTP/1.0 the end of the connection is the end of a body.

    Source: RFC 9112, 6.1 and 6.3.
    """

    async def unframed(message: Message) -> None:
        if message["type"] == "http.response.start":
            cycle.chunked_encoding = False
        else:
            cycle.expected_content_length = len(message.get("body", b""))
        await send(message)

    return unframed


def closing_early(connection: Connection, cycle: RequestResponseCycle, send: Send) -> Send:
    """Answers a request that is not whole as the last of its connection."""

    async def last(message: Message) -> None:
        if message["type"] != "http.response.start" or not cycle.more_body:
            await send(message)
            return
        cycle.keep_alive = False  # so it is said
        await send(message)
        cycle.keep_alive = True  # it is the connection that closes, not uvicorn in the middle
        connection.close_after_answer()

    return last


def protocol(connections: Connections[Connection]) -> type[asyncio.Protocol]:
    """What uvicorn's Config takes as `http`: it calls it for every connection."""

    def made(*, config: Config, server_state: ServerState, **_: Any) -> Connection:
        return Connection(connections, config, server_state)

    return cast("type[asyncio.Protocol]", made)
