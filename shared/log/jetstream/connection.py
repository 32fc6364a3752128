"""One connection to NATS: it comes back by itself, and says when it was away.

A server that falls silent is left after three to four seconds, for the next of those named.

Every library error ends here: callers see Unavailable.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from nats.errors import Error as NatsError
from nats.errors import SlowConsumerError

from shared.errors import Unavailable
from shared.log.encryption import taken_apart
from shared.log.jetstream.lean import LeanClient
from shared.runtime.metrics import counter
from shared.runtime.nats_addresses import login, masked, servers

RECONNECTS = counter(
    "nats_reconnects_total", "Times the connection to NATS was lost and came back."
)

_log = structlog.get_logger("log")

_NO_LEADER = 503
# The stream is at its limit; or the server, the account or the disk is.
NO_ROOM = (10077, 10047, 10023, 10002)

CONNECT_SECONDS = 5
FAREWELL_SECONDS = 1
_RECONNECT_SECONDS = 1
# The library would try for ever, and whoever waits at their start could not say for what, or end.
# It also waits for ever for the farewell of a server whose certificate it has refused.
_FIRST_RECONNECTS, _FIRST_SECONDS = 1, CONNECT_SECONDS + _RECONNECT_SECONDS
_PING_SECONDS, _UNANSWERED_PINGS = 1, 3
LEFT_SECONDS = _PING_SECONDS * (_UNANSWERED_PINGS + 1)
_OPTIONS: dict[str, Any] = {
    "connect_timeout": CONNECT_SECONDS,
    "allow_reconnect": True,
    "max_reconnect_attempts": _FIRST_RECONNECTS,
    "reconnect_time_wait": _RECONNECT_SECONDS,
    "ping_interval": _PING_SECONDS,
    "max_outstanding_pings": _UNANSWERED_PINGS,
    "skip_subject_validation": True,
    "pending_size": 64 * 1024 * 1024,
}
# A frozen server's socket takes connections, and nobody speaks.
_AGAIN_SECONDS = 2


class NatsUnavailable(Unavailable):
    """NATS does not answer, or not in time; what was asked may or may not have happened."""

    code = "log_unavailable"


class Connection:
    """A NATS client with listeners for disturbances: anything after which messages may be lost."""

    def __init__(self) -> None:
        self.client = LeanClient()
        self._listeners: set[Callable[[str], None]] = set()
        self._closing = False
        self._last_error: Exception | None = None

    async def open(self, url: str, name: str) -> None:
        """Connect to one of these servers; each is tried twice.

        Raises: NatsUnavailable, CertificateInvalid.
        """
        url, encryption = taken_apart(url)
        self.client.demands_encryption = encryption is not None
        user, password = login(url) or (None, None)
        addresses = servers(url)
        try:
            async with asyncio.timeout(_FIRST_SECONDS * len(addresses)):
                await self.client.connect(
                    addresses,
                    user=user,
                    password=password,
                    name=name,
                    tls=encryption,
                    inbox_prefix=f"_INBOX_{_token(name)}",
                    error_cb=self._on_error,
                    disconnected_cb=self._on_disconnected,
                    reconnected_cb=self._on_reconnected,
                    **_OPTIONS,
                )
        except (NatsError, OSError, TimeoutError) as error:
            self.client.cut_off()
            # The library says in the end that no server is left; what they did is the reason.
            reason = _words(self._last_error or error)
            raise NatsUnavailable(
                f"expected a NATS server that lets {user or 'us'} in at {masked(url)}, "
                f"got {reason}; start it or set NATS_URL"
            ) from error
        self.client.come_back(connect_seconds=_AGAIN_SECONDS)

    async def close(self) -> None:
        """Close for good; waits a second at most, for the server to have what was sent last.

        A socket closed with something left to read is reset, and the server drops what it has not
        read yet: the last acks. One that reads nothing by then is left.
        """
        self._closing = True
        if not await self._is_all_taken():
            self.client.let_go()
        if not self.client.is_closed:
            # It had something left to send, and the server is gone: the socket or uvloop says so.
            with suppress(OSError, RuntimeError):
                await self.client.close()

    async def _is_all_taken(self) -> bool:
        """The server answers, and has all that was sent to it."""
        if not self.client.is_connected:
            return False
        try:
            await self.client.flush(timeout=FAREWELL_SECONDS)
        except (NatsError, OSError, TimeoutError):
            return False
        return True

    @property
    def server_version(self) -> str:
        """The version of the server it is connected to."""
        found = self.client.connected_server_version
        return f"{found.major}.{found.minor}.{found.patch}"

    def listen(self, listener: Callable[[str], None]) -> None:
        """Call `listener(reason)` at every disturbance."""
        self._listeners.add(listener)

    def forget(self, listener: Callable[[str], None]) -> None:
        """Stop calling it."""
        self._listeners.discard(listener)

    async def request(self, subject: str, body: dict[str, Any], seconds: float = 5) -> Any:
        """The JSON answer of the JetStream API. Raises: NatsUnavailable."""
        try:
            message = await self.client.request(subject, json.dumps(body).encode(), timeout=seconds)
        except (NatsError, OSError, TimeoutError) as failed:
            raise NatsUnavailable(
                f"NATS did not answer {subject}: {failed or 'timed out'}"
            ) from failed
        answer = json.loads(message.data)
        error = answer.get("error", {})
        if error.get("code") == _NO_LEADER and error.get("err_code") not in NO_ROOM:
            raise NatsUnavailable(f"NATS cannot answer {subject} now: {error.get('description')}")
        return answer

    async def _on_error(self, error: Exception) -> None:
        self._last_error = error
        _log.warning("nats.disturbed", error=_words(error))
        if isinstance(error, SlowConsumerError):
            self.disturb("slow consumer")

    async def _on_disconnected(self) -> None:
        if not self._closing:
            _log.warning("nats.disconnected")
            self.disturb("disconnected")

    async def _on_reconnected(self) -> None:
        _log.info("nats.reconnected")
        RECONNECTS.inc()
        self.disturb("reconnected")

    def disturb(self, reason: str) -> None:
        """Tell all who listen that messages may have been lost."""
        for listener in tuple(self._listeners):
            listener(reason)


@asynccontextmanager
async def connection(url: str, name: str) -> AsyncIterator[Connection]:
    """A connection for as long as the block lasts."""
    opened = Connection()
    await opened.open(url, name)
    try:
        yield opened
    finally:
        await opened.close()


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


def _token(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name)
