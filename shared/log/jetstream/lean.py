"""The library's client, with what runs for every message made lean.

Messages are read by our own parser, and sent without a task or a queue in between: all that is
sent in one turn of the event loop leaves in one write, in order, behind what the library had put
there before. Connecting, coming back and subscribing are the library's.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from nats.aio.client import Client, Srv
from nats.aio.msg import Msg
from nats.aio.transport import TcpTransport
from nats.errors import ConnectionClosedError, Error, MaxPayloadError, OutboundBufferLimitError

from shared.log.jetstream.breath import Breath
from shared.log.jetstream.cancellation import cancels_kept
from shared.log.jetstream.hearing import header_lines
from shared.log.jetstream.parser import LeanParser


class NotEncrypted(Error):
    """The server offers no encryption, where it has to."""

    def __str__(self) -> str:
        return "expected encryption, which the server does not offer: see NATS_TLS_CA"


class LeanClient(Client):
    """A client whose `send` does not wait, and whose `request` and `flush` can be cancelled.

    Its reader outlives those who ask the server for a sign of life and leave before it comes: the
    library's own ends with the first of them, and nothing is heard until the connection is given
    up.
    """

    def __init__(self) -> None:
        super().__init__()
        self._breath = Breath()
        self._ps = LeanParser(self, self._rest)
        self._is_leaving = False
        self.demands_encryption = False

    def come_back(self, connect_seconds: int) -> None:
        """How a lost connection is made again: for ever, the server that was lost is tried last."""
        self.options["connect_timeout"] = connect_seconds
        self.options["max_reconnect_attempts"] = -1
        # The library would shuffle them.
        self.options["dont_randomize"] = True

    def send(self, subject: str, data: bytes, reply: str = "", header: bytes = b"") -> None:
        """Publish with a ready-made header (`header_of`); without a connection it waits for one.

        Raises: ConnectionClosedError, MaxPayloadError, OutboundBufferLimitError.
        """
        size = len(header) + len(data)
        if self.is_closed:
            raise ConnectionClosedError
        if size > self._max_payload:
            raise MaxPayloadError
        if self._pending_data_size > self._max_pending_size:
            raise OutboundBufferLimitError
        kind, sizes = ("HPUB", f"{len(header)} {size}") if header else ("PUB", f"{size}")
        line = f"{kind} {subject} {reply} {sizes}\r\n".encode()
        command = b"%b%b%b\r\n" % (line, header, data)
        self._pending.append(command)
        self._pending_data_size += len(command)
        if not self._is_leaving:
            self._is_leaving = True
            asyncio.get_running_loop().call_soon(self._leave)

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:
        """Before anything is said, the password first: is it said in secret?"""
        if initial_connection and self.demands_encryption and not info.get("tls_required"):
            raise NotEncrypted
        await super()._process_info(info, initial_connection)

    async def request(self, *args: Any, **options: Any) -> Msg:
        with cancels_kept():
            return await super().request(*args, **options)

    async def flush(self, *args: Any, **options: Any) -> None:
        self._leave()  # or the question would overtake what it asks about: the library sends it now
        with cancels_kept():
            await super().flush(*args, **options)

    def _leave(self) -> None:
        """Write what has been put together; after a reconnection the library does."""
        self._is_leaving = False
        if self._pending and self.is_connected and self._transport:
            pending, self._pending, self._pending_data_size = self._pending, [], 0
            self._transport.write(b"".join(pending))

    def cut_off(self) -> None:
        """End the connection at once, with what the server has not taken of it.

        Who ends it in order waits for the server to read, and a frozen one never does.
        """
        if isinstance(self._transport, TcpTransport) and self._transport._io_writer is not None:
            self._transport._io_writer.transport.abort()

    def let_go(self) -> None:
        """Before it is closed: nothing more is sent, and nobody is waited for."""
        self._pending, self._pending_data_size = [], 0
        self.cut_off()

    async def _process_op_err(self, e: Exception) -> None:
        if self.is_connected:
            self.cut_off()
            self._try_last(self._current_server)
        await super()._process_op_err(e)

    def _try_last(self, server: Srv | None) -> None:
        """Servers that were told of later stand behind the one that was connected to."""
        if server in self._server_pool:
            self._server_pool.remove(server)
            self._server_pool.append(server)

    async def _rest(self, messages: int) -> None:
        if isinstance(self._transport, TcpTransport) and self._transport._io_writer is not None:
            socket = cast("asyncio.Transport", self._transport._io_writer.transport)
            await self._breath.draw(socket, messages)

    async def _process_pong(self) -> None:
        if not self._pongs:
            return
        waiting = self._pongs.pop(0)
        if not waiting.done():
            waiting.set_result(True)
        self._pongs_received += 1
        self._pings_outstanding = 0

    @staticmethod
    def _parse_header_lines(raw: bytes) -> dict[str, str]:
        return header_lines(raw)


def header_of(lines: dict[str, str]) -> bytes:
    """The lines as they are sent: what `header_lines` reads. Source: NATS ADR-4 (headers)."""
    named = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"NATS/1.0\r\n{named}\r\n".encode()
