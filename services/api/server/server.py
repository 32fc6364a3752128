"""The HTTP server: uvicorn, with our connections, inside a process that has its own life."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from services.api.server.bodies import BodyBudget
from services.api.server.connections import Connections
from services.api.server.framing import Framing
from services.api.server.limits import LIMITS, Limits
from services.api.server.uvicorn_internals import Connection, protocol
from shared.errors import Unavailable

DATE_SECONDS = 1.0
"""How old the date of an answer may be."""


class Server(uvicorn.Server):
    """Serves one application on one socket until `stop`; signals are the process's own.

    `proxies` are the addresses and networks whose X-Forwarded-For and -Proto are believed.
    """

    def __init__(
        self,
        app: ASGIApp,
        listener: socket.socket,
        *,
        proxies: Sequence[str] = (),
        limits: Limits | None = None,
    ) -> None:
        limits = limits or LIMITS
        self.bodies = BodyBudget(limits.bodies_bytes, limits.free_body_bytes)
        self.connections = Connections[Connection](limits)
        super().__init__(
            uvicorn.Config(
                Framing(app, self.bodies),
                http=protocol(self.connections),
                ws="none",
                lifespan="off",
                interface="asgi3",
                access_log=False,
                log_config=None,
                server_header=False,
                forwarded_allow_ips=list(proxies),
                backlog=limits.backlog,
                timeout_graceful_shutdown=cast("int", limits.grace_seconds),
            )
        )
        self._listener = listener
        self._serving: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    @property
    def url(self) -> str:
        """Where it answers."""
        host, port = self._listener.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> None:
        """Begin to accept."""
        self._serving = asyncio.create_task(self.serve(sockets=[self._listener]))

    def begin_stop(self) -> None:
        """Accept no more from now on; `stop` waits for what is under way."""
        self.should_exit = True
        self._stopping.set()

    async def stop(self) -> None:
        """Accept no more, let requests end, close every connection."""
        self.begin_stop()
        if self._serving is not None:
            await self._serving

    # What uvicorn calls. It would look ten times a second whether there is something to do: a stop
    # with nothing to wait for took 150 ms.

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(DATE_SECONDS):
                    await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for each in sockets or ():
            each.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                await self._everything_under_way()
        except TimeoutError:
            for task in self.server_state.tasks:
                task.cancel()

    async def _everything_under_way(self) -> None:
        """Returns once no connection is left, and nothing that works for one."""
        while self.server_state.connections:
            await self.connections.next_departure()
        while tasks := tuple(self.server_state.tasks):
            await asyncio.wait(tasks)
        for server in self.servers:
            await server.wait_closed()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address. Raises: Unavailable, saying what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Said to be TCP, for asyncio has only such send at once: else what follows the head of an
    # answer waits for the client's acknowledgement of it, 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LIMITS.send_buffer_bytes)
    for name, value in (
        ("TCP_NOTSENT_LOWAT", LIMITS.unsent_bytes),
        ("TCP_USER_TIMEOUT", int(LIMITS.takes_nothing_seconds * 1000)),
    ):
        if (option := getattr(socket, name, None)) is not None:
            listener.setsockopt(socket.IPPROTO_TCP, option, value)
