"""The monitor: a small HTTP server beside every service, for supervisors and Prometheus.

GET /health         200 while the process turns its loop
GET /health/ready   200, or 503 with the reasons
GET /metrics        Prometheus's text format
"""

import asyncio
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from shared.errors import Unavailable
from shared.runtime import metrics
from shared.runtime.settings import Settings

READ_SECONDS = 5
JSON_TYPE = "application/json"
STATUS_LINES = {200: "200 OK", 404: "404 Not Found", 405: "405 Method Not Allowed"}
STATUS_LINES[503] = "503 Service Unavailable"


class Health:
    """Why a service is not ready, by part; ready when there is no reason left.

    It begins with one reason, the service itself: `ready()` says that the start is over.
    """

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {"service": "is starting"}

    def ready(self, part: str = "service") -> None:
        """From now on nothing is wrong with `part`."""
        self._reasons.pop(part, None)

    def unready(self, part: str, reason: str) -> None:
        """From now on `part` keeps the service from being ready."""
        self._reasons[part] = reason

    @property
    def reasons(self) -> Mapping[str, str]:
        return dict(self._reasons)

    @property
    def is_ready(self) -> bool:
        return not self._reasons

    @property
    def has_started(self) -> bool:
        return "service" not in self._reasons


class Monitor:
    """Serves one `Health` and the process's metrics until closed."""

    def __init__(self, health: Health, server: asyncio.Server, url: str) -> None:
        self.health = health
        self.url = url
        self._server = server

    @classmethod
    async def started(cls, settings: Settings, health: Health) -> "Monitor":
        """A monitor that answers, at the port the settings name, or one picked for port 0.

        Raises: Unavailable, when it cannot listen there.
        """

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _serve(health, reader, writer)

        host, port = settings.monitor_host, settings.monitor_port
        try:
            server = await asyncio.start_server(serve, host, port)
        except OSError as error:
            raise Unavailable(
                f"The monitor cannot listen on {host}:{port} ({error.strerror}): "
                "free it, or set PENSTOCK_MONITOR_PORT to another port or to 0."
            ) from error
        actual = server.sockets[0].getsockname()[1]
        monitor = cls(health, server, f"http://{host}:{actual}")
        if settings.monitor_file:
            _write_whole(Path(settings.monitor_file), monitor.url)
        return monitor

    async def close(self) -> None:
        self._server.close()
        await self._server.wait_closed()


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
        case "/metrics":
            return 200, metrics.CONTENT_TYPE, metrics.exposition()
        case _:
            return 404, JSON_TYPE, _json({"error": "try /health, /health/ready or /metrics."})


async def _serve(
    health: Health, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    with suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
        async with asyncio.timeout(READ_SECONDS):
            request = await reader.readuntil(b"\r\n\r\n")
            method, path, _ = request.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            status, content_type, body = answer(method, path, health)
            head = (
                f"HTTP/1.1 {STATUS_LINES[status]}\r\nContent-Type: {content_type}\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode() + (b"" if method == "HEAD" else body))
            await writer.drain()
    writer.close()


def _json(body: Mapping[str, object]) -> bytes:
    return json.dumps(body).encode()


def _write_whole(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.write_text(text)
    part.replace(path)
