"""What the simulator takes of uvicorn beyond its documented names, all of it here.

`uvicorn.protocols.http.httptools_impl.HttpToolsProtocol` with its `on_message_begin`, `scope` and
`transport`, and `uvicorn.server.ServerState` with `connections` and `tasks`. A test holds uvicorn
to them.

`uvicorn.Server` would do without the second. It was measured, with `serve(sockets=[...])` and a
grace of one second, on the loop of uvloop, the median of nine:

                              uvicorn.Server    here
    start                        0.9 ms        1.0 ms
    stop, no stream open       160   ms        0.1 ms
    stop, a stream open       1167   ms        0.2 ms
    CPU while idle             0.15 %          0.004 %

Every test that talks to a simulator stops one, and a stream that never ends is what it is for, so
connections are served without that class. It is worth another look when it can be told to stop by
something else than a flag it polls, and to leave open streams at once.
"""

import asyncio

import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

EXTENSION = "simulator.transport"
KEEP_ALIVE_SECONDS = 120
STOP_SECONDS = 2


class Connection(HttpToolsProtocol):
    """Hands the connection itself to the application, which may have to cut it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {EXTENSION: {"transport": self.transport}}


class Connections:
    """All connections to one application; called, it makes the protocol of a new one."""

    def __init__(self, app: ASGIApp) -> None:
        self._state = ServerState()
        self._config = uvicorn.Config(
            app,
            http=Connection,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self._config.load()

    def __call__(self) -> asyncio.Protocol:
        return Connection(self._config, self._state, {})

    async def abort(self) -> None:
        """Cuts every client off and gives the calls a moment to record it."""
        for connection in list(self._state.connections):
            connection.transport.abort()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=STOP_SECONDS)


def transport_of(scope: Scope) -> asyncio.Transport | None:
    """The connection a request came by; None under another server, which offers none."""
    # uvloop's transports are no asyncio.Transport by descent: nothing can be checked here.
    transport: asyncio.Transport | None = (
        scope.get("extensions", {}).get(EXTENSION, {}).get("transport")
    )
    return transport
