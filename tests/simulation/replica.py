"""One api of the simulation: real down to the bytes it answers, far from the log it reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import asyncpg
from starlette.applications import Starlette

from services.api.app import application
from services.api.definitions.known_models import KnownModels
from services.api.identity.doorkeeper import Doorkeeper
from services.api.identity.tickets import Tickets
from services.api.lifespan import add_parts
from services.api.live.hub import Hub
from shared.log.port import Entry, History
from tests.simulation.process import Connection
from tests.simulation.wire import TOKEN, Wire

RUN = "019e0000-0000-7000-8000-000000000001"
PATH = f"/api/v1/runs/{RUN}/events"


class Remote(Connection):
    """The log from far away: what is read there is told a while later."""

    lag: Callable[[], Coroutine[Any, Any, None]]

    async def history(self, workspace: str, run: str, *, at_least: int = 0) -> History:
        found = await super().history(workspace, run, at_least=at_least)
        await self.lag()
        return found

    async def read_on(
        self, workspace: str, run: str, *, after: int, limit: int = 1000
    ) -> tuple[Entry, ...]:
        found = await super().read_on(workspace, run, after=after, limit=limit)
        await self.lag()
        return found

    async def has_run(self, workspace: str, run: str) -> bool:
        found = await super().has_run(workspace, run)
        await self.lag()
        return found


class Replica:
    """One api process: its hub, and the connections it holds."""

    def __init__(
        self, log: Remote, pool: asyncpg.Pool, ended: Callable[[asyncio.Task[None]], None]
    ) -> None:
        self._ended = ended
        self._asked: asyncio.Queue[tuple[Wire, str, str]] = asyncio.Queue()
        self._wires: dict[Wire, None] = {}
        self._stopping = asyncio.Event()
        self._app = _application(log, pool)
        self.hub = self._app.state.parts.get(Hub)

    async def main(self, _: Connection) -> None:
        """Takes requests until it is told to stop."""
        serving = asyncio.create_task(self._serve())
        await self._stopping.wait()
        await self.hub.close()
        serving.cancel()

    async def _serve(self) -> None:
        while True:
            asked = await self._asked.get()
            asyncio.create_task(self._answer(*asked)).add_done_callback(self._ended)

    async def _answer(self, wire: Wire, query: str, last_event_id: str) -> None:
        await self._app(wire.scope(PATH, query, last_event_id), wire.receive, wire.send)
        self._wires.pop(wire, None)

    async def ask(self, query: str, last_event_id: str) -> Wire | None:
        """See `Door`."""
        wire = Wire()
        self._wires[wire] = None
        self._asked.put_nowait((wire, query, last_event_id))
        return wire if await wire.opened() else None

    def stop(self) -> None:
        """SIGTERM."""
        self._stopping.set()

    def drop(self) -> None:
        """Its host cuts the connections of a process that ended."""
        for wire in self._wires:
            wire.abort()


def _application(log: Remote, pool: asyncpg.Pool) -> Starlette:
    """An api that can be asked for events; it has no other services."""
    app = application(Doorkeeper(TOKEN, "default", Tickets(b"for tests only")))
    app.state.parts.add(KnownModels, KnownModels("claude-haiku-5-5"))
    add_parts(app.state.parts, log, pool, frozenset())
    return app
