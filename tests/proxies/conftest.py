"""One deployment for all tests, and before it each proxy in turn with two apis of its own."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args
from urllib.error import URLError
from urllib.request import urlopen

import httpx2
import pytest

from cli.up.port import LOOPBACK, free_port
from tests.certificates import Authority
from tests.deployment import IMAGE, TOKEN, VALUES, Container, Deployment, Machine, deployment
from tests.eventually import PATIENCE_SECONDS, eventually_now
from tests.proxies.programs import PREFIX, Kind, Proxy
from tests.servers import PostgresServer, own_folder

KINDS: tuple[Kind, ...] = get_args(Kind)
VARIANTS = [(kind, prefix) for kind in KINDS for prefix in ("", PREFIX)]


@dataclass(frozen=True)
class Served:
    """A proxy, the apis behind it, and how to trust it."""

    proxy: Proxy
    apis: tuple[Container, Container]
    trust: ssl.SSLContext

    def client(self, token: str | None = TOKEN) -> httpx2.AsyncClient:
        """A client that speaks to the proxy alone, with a token of the workspace or without."""
        return httpx2.AsyncClient(
            base_url=self.proxy.url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            verify=self.trust,
            trust_env=False,
            timeout=PATIENCE_SECONDS,
        )


@pytest.fixture(scope="session")
def deployed(postgres_server: PostgresServer) -> Iterator[Deployment]:
    """Everything of compose.yaml but the apis, the model simulated."""
    with own_folder() as folder, simulator(folder) as model_url:
        values = VALUES | {"ANTHROPIC_BASE_URL": model_url, "ANTHROPIC_API_KEY": "simulated"}
        database = asyncio.run(postgres_server.empty())
        machine = Machine(folder=folder, database_url=database, values=values)
        with deployment(machine) as made:
            made.start("nats")
            made.migrate()
            for name in ("scheduler", "agent-worker", "projector"):
                made.scale(name, 1)
            yield made


@contextmanager
def simulator(folder: Path) -> Iterator[str]:
    """A model without a model; its URL."""
    url = f"http://{LOOPBACK}:{(port := free_port())}"
    command = (sys.executable, "-m", "cli", "simulator", "--port", str(port))
    with (folder / "simulator.log").open("wb") as output:
        process = subprocess.Popen(command, env=IMAGE, stdout=output, stderr=output)
    try:
        eventually_now(lambda: answers(f"{url}/metrics"))
        yield url
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=PATIENCE_SECONDS) as answer:
            return bool(answer.status == 200)
    except URLError:
        return False


@pytest.fixture(scope="module", params=VARIANTS, ids=lambda given: "".join(given))
def served(request: pytest.FixtureRequest, deployed: Deployment) -> Iterator[Served]:
    """Each proxy, at the root of its host and under a path."""
    with own_folder() as folder:
        kind, prefix = request.param
        authority = Authority(folder, "authority")
        proxy = Proxy(kind, folder, authority, prefix)
        values = {**deployed.machine.values, "PENSTOCK_PUBLIC_URL": proxy.url}
        (apart := folder / "apis").mkdir()
        made = Deployment(replace(deployed.machine, folder=apart, values=values))
        try:
            first, second = made.start("api")
            with proxy.running([f"{LOOPBACK}:{each.api_port}" for each in (first, second)]):
                trust = ssl.create_default_context(cafile=str(authority.file))
                served = Served(proxy, (first, second), trust)
                eventually_now(lambda: is_there(served))
                yield served
        finally:
            made.stop()


def is_there(served: Served) -> bool:
    try:
        with urlopen(f"{served.proxy.url}/health", context=served.trust) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
async def http(served: Served) -> AsyncIterator[httpx2.AsyncClient]:
    async with served.client() as client:
        yield client
