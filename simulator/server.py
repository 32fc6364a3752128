"""The simulator on a port: uvicorn's protocol on the running loop (uvloop where it is set).

The protocol is used without uvicorn's own server, which polls ten times a second and takes over
signals: starting and stopping take milliseconds here, and a port is known before anyone asks.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from simulator.app import create_app
from simulator.wire import TRANSPORT

DEFAULT_PORT = 8788
BACKLOG = 4096
KEEP_ALIVE_SECONDS = 120
STOP_SECONDS = 2


class _Protocol(HttpToolsProtocol):
    """Hands the connection itself to the application, which may have to cut it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT: {"transport": self.transport}}


@asynccontextmanager
async def running(host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """A simulator that answers while the block runs; gives its URL, for ANTHROPIC_BASE_URL.

    Port 0 takes a free one. Raises: OSError, when it cannot listen there.
    """
    config = uvicorn.Config(
        create_app(),
        http=_Protocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    config.load()
    state = ServerState()

    def connected() -> asyncio.Protocol:
        return _Protocol(config, state, {})

    loop = asyncio.get_running_loop()
    server = await loop.create_server(connected, host, port, backlog=BACKLOG)
    try:
        yield _url(host, server.sockets[0])
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        if state.tasks:
            await asyncio.wait(state.tasks, timeout=STOP_SECONDS)


async def serve(
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    *,
    stopping: asyncio.Event | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serves until `stopping` is set or the task is cancelled; `on_ready` is told the URL.

    Raises: OSError, when it cannot listen there.
    """
    async with running(host, port) as url:
        if on_ready is not None:
            on_ready(url)
        await (stopping or asyncio.Event()).wait()


def _url(host: str, listening: socket.socket) -> str:
    port = listening.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
