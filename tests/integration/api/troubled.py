"""Apis over a nats-server, and what befalls them: NATS is killed, apis stop; both come back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from signal import SIGKILL

from services.projector.projector import Projector
from shared.errors import Unavailable
from shared.log import connect
from shared.runtime.monitor import Health
from tests.eventually import eventually
from tests.integration.api.caller import Caller, call
from tests.integration.api.conftest import started
from tests.integration.api.story import Service
from tests.servers import NatsServer
from tests.simulation.virtual import passes

APIS = 2
AWAY_SECONDS = (0, 0.1, 0.5)


class Troubled:
    """Two apis and a projector; `befallen` counts what has befallen them."""

    def __init__(self, server: NatsServer, database_url: str, chance: Random) -> None:
        self.befallen: Counter[str] = Counter()
        self._server = server
        self._database_url = database_url
        self._chance = chance
        self._up: list[Service] = []
        self._is_closing = False
        self._tasks: asyncio.TaskGroup
        self._outage = asyncio.Lock()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All of them, until left. Raises what one of them failed of."""
        async with (
            connect(self._server.url, name="projector") as log,
            asyncio.TaskGroup() as self._tasks,
        ):
            for _ in range(APIS):
                self._tasks.create_task(self._keep())
            projector = Projector(log, self._database_url, Health())
            projecting = self._tasks.create_task(projector.run())
            try:
                yield
            finally:
                self._is_closing = True
                for api in self._up:
                    api.stopping.set()
                projecting.cancel()

    async def _keep(self) -> None:
        """An api until it stops, and another in its place."""
        while not self._is_closing:
            try:
                async with started(self._server.url, self._database_url) as api:
                    self._up.append(api)
                    if not self._is_closing:
                        await api.stopping.wait()
                    self._up.remove(api)
            except Unavailable:
                continue  # NATS went away while it began

    async def lose_nats(self) -> None:
        """kill -9: returns once NATS is away, which will not be for long."""
        await self._outage.acquire()
        await asyncio.to_thread(self._server.stop, SIGKILL)
        self.befallen["restarts"] += 1
        self._tasks.create_task(self._bring_back())

    async def _bring_back(self) -> None:
        await passes(self._chance.choice(AWAY_SECONDS))
        await asyncio.to_thread(self._server.start)
        self._outage.release()

    async def lose_api(self) -> None:
        """SIGTERM: returns once one of them has begun to stop."""
        await eventually(lambda: self._up)
        self._chance.choice(self._up).stopping.set()
        self.befallen["stops"] += 1

    async def ask(self, path: str, last_event_id: str) -> Caller | None:
        """The answer of any api that is up, if it gives one."""
        if not self._up:
            return None
        return await call(self._chance.choice(self._up).url, path, last_event_id)

    def __str__(self) -> str:
        nats = "away" if self._outage.locked() else "up"
        return f"{len(self._up)} apis are up, NATS is {nats}, {dict(self.befallen)}"
