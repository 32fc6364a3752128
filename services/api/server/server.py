"""The HTTP server: uvicorn, with our connections, inside a process that has its own life."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from services.api.server.connection import Connection
from shared.errors import Unavailable

GRACE_SECONDS = 4
KEEP_ALIVE_SECONDS = 75
BACKLOG = 2048
# What the kernel takes from us for one client: not yet sent, and in all with what is under way.
UNSENT_BYTES = 1 << 16
SEND_BUFFER_BYTES = 1 << 18
# A client that takes nothing for so long, of what the kernel holds for it, is gone.
TAKES_NOTHING_SECONDS = 30


class Server(uvicorn.Server):
    """Serves one application on one socket until `stop`; signals are the process's own."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                lifespan="off",
                interface="asgi3",
                access_log=False,
                log_config=None,
                server_header=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._listener = listener
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        host, port = self._listener.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> None:
        """Begin to accept."""
        self._serving = asyncio.create_task(self.serve(sockets=[self._listener]))

    async def stop(self) -> None:
        """Accept no more, let requests end, close every connection."""
        self.should_exit = True
        if self._serving is not None:
            await self._serving

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address. Raises: Unavailable, saying what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _bound(listener)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise Unavailable(
            f"The api cannot listen on {host}:{port} ({error.strerror}): free it, "
            "or set PENSTOCK_API_PORT to another port or to 0."
        ) from error
    listener.setblocking(False)
    return listener


def _bound(listener: socket.socket) -> None:
    """Bounds what the kernel holds for each client; connections inherit it from their listener.

    Left to itself it takes four megabytes for a client that reads nothing, for as long as that
    stays. Only what was not sent yet is kept short: what is under way is the link's to fill.
    Source: Linux, tcp(7).
    """
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    for name, value in (
        ("TCP_NOTSENT_LOWAT", UNSENT_BYTES),
        ("TCP_USER_TIMEOUT", TAKES_NOTHING_SECONDS * 1000),
    ):
        if (option := getattr(socket, name, None)) is not None:
            listener.setsockopt(socket.IPPROTO_TCP, option, value)
