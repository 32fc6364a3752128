"""An api and a projector over servers that die, freeze and come back, and ten calls."""

from __future__ import annotations

import asyncio
import dataclasses
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from signal import SIGCONT, SIGKILL, SIGQUIT

import httpx2

from services.projector.__main__ import serve as project
from shared.log.bounds import UNBOUNDED
from shared.log.provision import provision
from shared.runtime.monitor import Health
from shared.runtime.settings import load
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.frozen import freeze
from tests.integration.api.conftest import started
from tests.integration.api.story import FLOW, Service
from tests.integration.projector.test_service import service as process
from tests.servers import NatsServer, PostgresServer

STREAM = {"Accept": "text/event-stream"}


@dataclass(frozen=True)
class Asked:
    """A call, and what it cannot do without."""

    method: str
    path: str
    needs: frozenset[str] = frozenset()
    streams: bool = False

    def status_without(self, part: str) -> int:
        if part not in self.needs:
            return 202 if self.method == "POST" else 200
        return 200 if self.streams else 503


def _needs(*parts: str) -> frozenset[str]:
    return frozenset(parts)


CALLS = (
    Asked("GET", "/health"),
    Asked("GET", "/health/serving"),
    Asked("GET", "/api/v1/me"),
    Asked("GET", "/openapi.json"),
    Asked("GET", "/api/v1/runs", _needs("database")),
    Asked("GET", "/api/v1/pipelines", _needs("database")),
    Asked("GET", "/api/v1/admin/system", _needs("log", "database")),
    Asked("POST", "/api/v1/runs", _needs("log")),
    Asked("GET", "/api/v1/runs/{run}", _needs("log")),
    Asked("GET", "/api/v1/runs/{run}/events", _needs("log"), streams=True),
)


@dataclass
class Scene:
    """What runs, and a run that lives in it."""

    nats: NatsServer
    postgres: PostgresServer
    service: Service
    run: str
    projector: Process | None = None

    def freeze_projector(self) -> None:
        assert self.projector is not None
        freeze(self.projector.pid)

    def thaw_projector(self) -> None:
        assert self.projector is not None
        self.projector.send_signal(SIGCONT)

    async def ask(self, asked: Asked) -> httpx2.Response:
        """The answer; of a stream, its beginning."""
        path = asked.path.format(run=self.run)
        body = {"flow": FLOW} if asked.method == "POST" else None
        headers = STREAM if asked.streams else None
        http = self.service.http
        async with http.stream(asked.method, path, json=body, headers=headers) as answer:
            if not asked.streams:
                await answer.aread()
        return answer

    async def reasons(self) -> dict[str, str]:
        """What `/health/ready` says is wrong."""
        answer = await self.service.http.get("/health/ready")
        reasons: dict[str, str] = answer.json()["reasons"]
        assert (answer.status_code == 200) == (not reasons)
        return reasons

    async def is_well(self) -> bool:
        return not await self.reasons()


@dataclass(frozen=True)
class Trouble:
    """What befalls a dependency, and how it is mended."""

    name: str
    part: str
    begin: Callable[[Scene], Awaitable[object]]
    mend: Callable[[Scene], Awaitable[object]]


def _aside(work: Callable[[Scene], object]) -> Callable[[Scene], Awaitable[object]]:
    return lambda scene: asyncio.to_thread(work, scene)


TROUBLES = (
    Trouble(
        "NATS dead",
        "log",
        _aside(lambda scene: scene.nats.stop(SIGKILL)),
        _aside(lambda scene: scene.nats.start()),
    ),
    Trouble(
        "NATS frozen",
        "log",
        _aside(lambda scene: scene.nats.freeze()),
        _aside(lambda scene: scene.nats.thaw()),
    ),
    Trouble(
        "Postgres dead",
        "database",
        _aside(lambda scene: scene.postgres.stop(SIGQUIT)),
        lambda scene: scene.postgres.restart(),
    ),
    Trouble(
        "Postgres frozen",
        "database",
        _aside(lambda scene: scene.postgres.freeze()),
        _aside(lambda scene: scene.postgres.thaw()),
    ),
    Trouble(
        "projector halted",
        "projector",
        _aside(lambda scene: scene.freeze_projector()),
        _aside(lambda scene: scene.thaw_projector()),
    ),
)


@asynccontextmanager
async def projecting(nats_url: str, database_url: str) -> AsyncIterator[None]:
    """A projector, until left."""
    settings = load("projector", {"NATS_URL": nats_url, "DATABASE_URL": database_url})
    stopping = asyncio.Event()
    task = asyncio.create_task(project(settings, Health(), stopping))
    yield
    stopping.set()
    await asyncio.wait_for(task, PATIENCE_SECONDS)


@asynccontextmanager
async def scene(
    nats: NatsServer, postgres: PostgresServer, max_bytes: int = -1
) -> AsyncIterator[Scene]:
    """All of it, well, until left; the log takes so many bytes."""
    database_url = await postgres.clone()
    bounds = dataclasses.replace(UNBOUNDED, runs=max_bytes)
    await provision(nats.url, partitions=2, pools=("default", "local"), bounds=bounds)
    async with (
        process(nats.url, database_url, PENSTOCK_LOG_LEVEL="error") as projector,
        started(nats.url, database_url) as service,
    ):
        made = Scene(nats, postgres, service, await service.run(), projector)
        await eventually(made.is_well)
        yield made
