"""An api over real NATS and Postgres, answering on a port of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from argon2 import PasswordHasher

from cli.up.port import free_port
from services.api.__main__ import serve
from services.api.server.server import Server
from services.projector.__main__ import serve as project
from shared.log import Log, connect
from shared.log.provision import provision
from shared.runtime.monitor import Health
from shared.runtime.settings import load
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.integration.api.raw_client import RawClient, connected, serving
from tests.integration.api.small_application import QUICK, Application
from tests.integration.api.story import ORIGIN, TOKEN, Service

PARTITIONS = 2

# What a hash should cost is a fifth of a second of one core, for each who signs in.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.api.identity.passwords.HASHER", CHEAP)


@asynccontextmanager
async def started(nats_url: str, database_url: str, **more: str) -> AsyncIterator[Service]:
    """One api process's worth of service, stopped as SIGTERM stops it; `more` are settings."""
    port = free_port()
    settings = load(
        "api",
        {
            "NATS_URL": nats_url,
            "DATABASE_URL": database_url,
            "PENSTOCK_TOKEN": TOKEN,
            "PENSTOCK_SECRET_KEY": "ab" * 32,
            "PENSTOCK_API_PORT": str(port),
            "PENSTOCK_CORS_ORIGINS": ORIGIN,
            "PENSTOCK_WAIT_SECONDS": str(PATIENCE_SECONDS),
            **more,
        },
    )
    health, stopping = Health(), asyncio.Event()
    task = asyncio.create_task(serve(settings, health, stopping))
    await eventually(lambda: health.is_ready or task.done())
    if task.done():
        task.result()
    url = f"http://127.0.0.1:{port}"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(
        base_url=url, headers=headers, trust_env=False, timeout=PATIENCE_SECONDS
    ) as http:
        yield Service(url, http, stopping)
    stopping.set()
    await asyncio.wait_for(task, PATIENCE_SECONDS)


@pytest.fixture
async def provisioned(nats_url: str) -> None:
    """NATS as apis find it."""
    await provision(nats_url, partitions=PARTITIONS, pools=("default", "local"))


@pytest.fixture
async def service(provisioned: None, nats_url: str, database_url: str) -> AsyncIterator[Service]:
    """A running api."""
    async with started(nats_url, database_url) as running:
        yield running


@pytest.fixture
async def projected(service: Service, nats_url: str, database_url: str) -> AsyncIterator[Service]:
    """A running api with a projector beside it."""
    settings = load("projector", {"NATS_URL": nats_url, "DATABASE_URL": database_url})
    stopping = asyncio.Event()
    task = asyncio.create_task(project(settings, Health(), stopping))
    yield service
    stopping.set()
    await asyncio.wait_for(task, PATIENCE_SECONDS)


@pytest.fixture
async def log(nats_url: str, service: Service) -> AsyncIterator[Log]:
    """The log behind the api, to write what scheduler and workers would."""
    async with connect(nats_url, name="test") as opened:
        yield opened


@pytest.fixture
def app() -> Application:
    return Application()


@pytest.fixture
async def server(app: Application) -> AsyncIterator[Server]:
    """One with short times and few places."""
    async with serving(app, QUICK) as running:
        yield running
        app.release.set()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[RawClient]:
    async with connected(server.url) as opened:
        yield opened
