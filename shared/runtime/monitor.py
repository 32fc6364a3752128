"""The monitor: a small HTTP server beside every service, for supervisors and Prometheus.

GET /health         200 while the process turns its loop
GET /health/ready   200, or 503 with the reasons: is anything wrong?
GET /health/serving 200, or 503 with the reasons: may it be given requests?
GET /metrics        Prometheus's text format

One request a connection. Who connects is not known, so what a connection may take is bounded: its
head, its time, and how many there are at once.
"""

import asyncio
import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

from shared.errors import Unavailable
from shared.runtime import metrics
from shared.runtime.metrics import gauge
from shared.runtime.settings import Settings

MOST_SECONDS = 5.0
MOST_HEAD_BYTES = 8192
MOST_CONNECTIONS = 64
JSON_TYPE = "application/json"
READY = gauge(
    "ready", "1 while nothing is wrong with the process, as `/health/ready` says; else 0."
)
UNREADY = gauge("unready", "1 while this part is a reason of `/health/ready`; else 0.", "part")
# The parts without which nothing can be served.
SERVED_BY = frozenset({"log", "database"})
# The target is a path, or a whole URL as a proxy sends it. Source: RFC 9112, section 3.
_REQUEST_LINE = re.compile(rb"([!-~]+) (?:http://[^/ ]*)?(/[!-~]*|\*) HTTP/1\.[01]\r\n")


class Health:
    """Why a service is not ready, by part; ready when there is no reason left.

    It begins with one reason, the service itself: `ready()` says that the start is over.
    """

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {"service": "is starting"}
        self._parts = {"service"}

    def ready(self, part: str = "service") -> None:
        """From now on nothing is wrong with `part`."""
        self._parts.add(part)
        self._reasons.pop(part, None)

    def unready(self, part: str, reason: str) -> None:
        """From now on `part` keeps the service from being ready."""
        self._parts.add(part)
        self._reasons[part] = reason

    @property
    def reasons(self) -> Mapping[str, str]:
        return dict(self._reasons)

    @property
    def is_ready(self) -> bool:
        return not self._reasons

    @property
    def is_serving(self) -> bool:
        """It has started, does not stop, and NATS or Postgres answers: it may be given requests.

        With one of them away it serves what needs the other, and refuses the rest quickly.
        """
        return self.has_started and not self._reasons.keys() >= SERVED_BY

    @property
    def has_started(self) -> bool:
        return "service" not in self._reasons

    def exposition(self) -> bytes:
        """All metrics of this process, these reasons among them."""
        READY.set(self.is_ready)
        for part in self._parts:
            UNREADY.labels(part).set(part in self._reasons)
        return metrics.exposition()


class Monitor:
    """Serves one `Health` and the process's metrics until closed."""

    def __init__(self, health: Health) -> None:
        self.health = health
        self.url = ""
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()

    @classmethod
    async def started(cls, settings: Settings, health: Health) -> "Monitor":
        """A monitor that answers, at the port the settings name, or one picked for port 0.

        Raises: Unavailable, when it cannot listen there.
        """
        monitor = cls(health)
        await monitor._listen(settings.monitor_host, settings.monitor_port)
        if settings.monitor_file:
            _write_whole(Path(settings.monitor_file), monitor.url)
        return monitor

    async def close(self) -> None:
        """Answers nobody any more."""
        if self._server is None:
            return
        self._server.close()
        for client in self._clients:
            client.transport.abort()
        await self._server.wait_closed()

    async def _listen(self, host: str, port: int) -> None:
        try:
            server = await asyncio.start_server(self._serve, host, port, limit=MOST_HEAD_BYTES)
        except OSError as error:
            raise Unavailable(
                f"The monitor cannot listen on {host}:{port} ({error.strerror}): "
                "free it, or set PENSTOCK_MONITOR_PORT to another port or to 0."
            ) from error
        self._server = server
        self.url = f"http://{host}:{server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._clients) >= MOST_CONNECTIONS:
            writer.transport.abort()
            return
        self._clients.add(writer)
        try:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(MOST_SECONDS):
                    writer.write(await _response(reader, self.health))
                    writer.close()
                    await writer.wait_closed()
        finally:
            self._clients.discard(writer)
            writer.transport.abort()


def answer(method: str, path: str, health: Health) -> tuple[int, str, bytes]:
    """Status, content type and body for one request."""
    if method not in ("GET", "HEAD"):
        return 405, JSON_TYPE, _json({"error": f"{method} is not answered here: use GET."})
    match path.partition("?")[0]:
        case "/health":
            return 200, JSON_TYPE, _json({"status": "alive"})
        case "/health/ready":
            status = "ready" if health.is_ready else "unready"
            body = _json({"status": status, "reasons": health.reasons})
            return (200 if health.is_ready else 503), JSON_TYPE, body
        case "/health/serving":
            status = "serving" if health.is_serving else "not_serving"
            body = _json({"status": status, "reasons": health.reasons})
            return (200 if health.is_serving else 503), JSON_TYPE, body
        case "/metrics":
            return 200, metrics.CONTENT_TYPE, health.exposition()
        case _:
            return (
                404,
                JSON_TYPE,
                _json({"error": "try /health, /health/ready, /health/serving or /metrics."}),
            )


async def _response(reader: asyncio.StreamReader, health: Health) -> bytes:
    """The bytes that answer what a client sends; none for one that sends nothing."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        body = _json({"error": f"expected a head of at most {MOST_HEAD_BYTES} bytes."})
        return _head(431, JSON_TYPE, body) + body
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return b""
        head = error.partial
    request = _REQUEST_LINE.match(head)
    if request is None or not head.endswith(b"\r\n\r\n"):
        body = _json({"error": "expected a request of HTTP/1.1, like GET /health HTTP/1.1."})
        return _head(400, JSON_TYPE, body) + body
    method, path = (part.decode() for part in request.groups())
    status, content_type, body = answer(method, path, health)
    return _head(status, content_type, body) + (b"" if method == "HEAD" else body)


def _head(status: int, content_type: str, body: bytes) -> bytes:
    allow = "Allow: GET, HEAD\r\n" if status == HTTPStatus.METHOD_NOT_ALLOWED else ""
    return (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n{allow}Connection: close\r\n\r\n"
    ).encode()


def _json(body: Mapping[str, object]) -> bytes:
    return json.dumps(body).encode()


def _write_whole(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_text(text)
    part.replace(path)
