"""A deployment on three nats-servers: two of each service, a simulated model, readers anywhere."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.request import urlopen

from bench.connection import Api
from cli.up.port import LOOPBACK, free_port
from simulator.server import running
from tests.cluster import NatsCluster, nats_cluster, provisioned
from tests.eventually import PATIENCE_SECONDS, eventually_now
from tests.servers import PostgresServer

TOKEN = "a-token-for-tests-that-is-long-enough"
SERVICES = ("api", "scheduler", "agent_worker", "projector")
EACH = 2
PARTITIONS = 4
PLUMBING = ("PATH", "HOME", "PYTHONPATH", "LD_LIBRARY_PATH", "NO_PROXY")


class Running:
    """One process of a service."""

    def __init__(self, name: str, folder: Path, environ: Mapping[str, str]) -> None:
        self.name = name
        self.port, self._monitor_port = free_port(), free_port()
        self._log = folder / f"{name}-{self.port}.log"
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"services.{name}"],
                env={
                    **{key: os.environ[key] for key in PLUMBING if key in os.environ},
                    **environ,
                    "PENSTOCK_API_PORT": str(self.port),
                    "PENSTOCK_MONITOR_PORT": str(self._monitor_port),
                },
                stdout=output,
                stderr=output,
            )

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self._log.read_text()[-2000:]
        try:
            with urlopen(
                f"http://{LOOPBACK}:{self._monitor_port}/health/ready", timeout=PATIENCE_SECONDS
            ) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_SECONDS)

    @property
    def said(self) -> str:
        """Everything it logged."""
        return self._log.read_text()


class ThreeNodes:
    """What was started, and how to get at it."""

    def __init__(self, cluster: NatsCluster, database_url: str, services: list[Running]) -> None:
        self.cluster = cluster
        self.database_url = database_url
        self.services = services

    @property
    def apis(self) -> list[Api]:
        return [
            Api(f"http://{LOOPBACK}:{each.port}", TOKEN)
            for each in self.services
            if each.name == "api"
        ]


@asynccontextmanager
async def three_nodes(
    postgres: PostgresServer, folder: Path, *, each: int = EACH, replicas: int = 3
) -> AsyncIterator[ThreeNodes]:
    """All of it, ready, so many of each service; gone at the end."""
    async with AsyncExitStack() as stack:
        cluster = stack.enter_context(nats_cluster())
        await provisioned(cluster, PARTITIONS, replicas)
        environ = {
            "NATS_URL": cluster.urls,
            "DATABASE_URL": await postgres.clone(),
            "ANTHROPIC_BASE_URL": await stack.enter_async_context(running()),
            "ANTHROPIC_API_KEY": "simulated",
            "PENSTOCK_TOKEN": TOKEN,
            "PENSTOCK_SECRET_KEY": "ab" * 32,
        }
        services = []
        for name in SERVICES:
            for _ in range(each):
                services.append(Running(name, folder, environ))
                stack.callback(services[-1].kill)
        for service in services:
            await asyncio.to_thread(eventually_now, service.is_ready)
        yield ThreeNodes(cluster, environ["DATABASE_URL"], services)
