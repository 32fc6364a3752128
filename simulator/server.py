"""The simulator on a port: uvicorn's protocol on the running loop (uvloop where it is set).

Starting and stopping take milliseconds, signals stay the process's own, and the port is known
before anyone asks; `connection` says why that is not `uvicorn.Server`.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from simulator.app import create_app
from simulator.http.connection import Connections
from simulator.http.quota import Quota

DEFAULT_PORT = 8788
BACKLOG = 4096


@asynccontextmanager
async def running(
    host: str = "127.0.0.1", port: int = 0, quota: Quota | None = None
) -> AsyncIterator[str]:
    """A simulator that answers while the block runs; gives its URL, for ANTHROPIC_BASE_URL.

    Without a quota it takes whatever is asked.
    Port 0 takes a free one. Raises: OSError, when it cannot listen there.
    """
    connections = Connections(create_app(quota))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(connections, host, port, backlog=BACKLOG)
    try:
        yield _url(host, server.sockets[0])
    finally:
        server.close()
        await connections.abort()


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
