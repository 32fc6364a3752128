"""An installation as compose.yaml has it, without a supervisor: what is stopped stays stopped.

a NATS server, a PostgreSQL, a simulated model, and one process of each service
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
from penstock_client import Penstock

from cli.up.port import LOOPBACK, free_port
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.servers import NatsServer, PostgresServer, own_folder

SERVICES = ("api", "scheduler", "agent-worker", "projector", "provisioner")
TOKEN = "a-token-for-tests-only"
PARTITIONS = 2


class Installation:
    """Its processes by name; the monitor of each stays at its port."""

    def __init__(self, folder: Path, nats: NatsServer, postgres: PostgresServer) -> None:
        self.nats = nats
        self.postgres = postgres
        self.monitors = {name: free_port() for name in SERVICES}
        self._api_port, self._simulator_port = free_port(), free_port()
        self.database_url = ""
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._output = (folder / "output").open("ab")

    @property
    def url(self) -> str:
        """Where the api answers."""
        return f"http://{LOOPBACK}:{self._api_port}"

    def client(self) -> Penstock:
        return Penstock(self.url, TOKEN)

    async def begin(self, max_log_bytes: int) -> None:
        """Everything, once it is ready."""
        self.database_url = await self.postgres.clone()
        self._run("simulator", ("simulator", "--port", str(self._simulator_port)), {})
        await eventually(lambda: _answers(f"http://{LOOPBACK}:{self._simulator_port}/metrics"))
        await self.migrate(max_log_bytes)
        for name in SERVICES:
            self.start(name)
        await eventually(self.is_ready)

    async def migrate(self, max_log_bytes: int) -> None:
        """Make or update what the services need. Raises: RuntimeError, if that is refused."""
        given = self._environment() | {"PENSTOCK_MAX_LOG_BYTES": str(max_log_bytes)}
        migrating = await asyncio.create_subprocess_exec(
            *_command("migrate"), env=given, stdout=self._output, stderr=self._output
        )
        if await migrating.wait():
            raise RuntimeError(f"penstock migrate failed: see {self._output.name!r}")

    def start(self, name: str, **more: str) -> None:
        """One service; `more` are settings."""
        own = {"PENSTOCK_MONITOR_PORT": str(self.monitors[name]), "PENSTOCK_INSTANCE": name, **more}
        self._run(name, (name,), own)

    def stop(self, name: str) -> None:
        """As a machine that is switched off stops it."""
        process = self._processes.pop(name)
        process.kill()
        process.wait(timeout=PATIENCE_SECONDS)

    def restart(self, name: str, **more: str) -> None:
        """With other settings."""
        self.stop(name)
        self.start(name, **more)

    async def is_ready(self) -> bool:
        """Every service says so."""
        answers = [
            await _answers(f"http://{LOOPBACK}:{port}/health/ready")
            for port in self.monitors.values()
        ]
        return all(answers)

    def end(self) -> None:
        """All of it."""
        for process in self._processes.values():
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait(timeout=PATIENCE_SECONDS)
        self._output.close()

    def _run(self, name: str, arguments: tuple[str, ...], more: Mapping[str, str]) -> None:
        self._processes[name] = subprocess.Popen(
            _command(*arguments),
            env=self._environment() | dict(more),
            stdout=self._output,
            stderr=self._output,
        )

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "NATS_URL": self.nats.url,
            "DATABASE_URL": self.database_url,
            "ANTHROPIC_BASE_URL": f"http://{LOOPBACK}:{self._simulator_port}",
            "ANTHROPIC_API_KEY": "simulated",
            "PENSTOCK_API_PORT": str(self._api_port),
            "PENSTOCK_TOKEN": TOKEN,
            "PENSTOCK_SECRET_KEY": "ab" * 32,
            "PENSTOCK_PARTITIONS": str(PARTITIONS),
            "PENSTOCK_LINGER_SECONDS": "600",
            "NO_PROXY": LOOPBACK,
            "no_proxy": LOOPBACK,
        }


async def _answers(url: str) -> bool:
    """It does, with 200."""
    async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as http:
        try:
            return (await http.get(url)).status_code == 200
        except httpx2.HTTPError:
            return False


def _command(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", "cli", *arguments)


@asynccontextmanager
async def installation(max_log_bytes: int) -> AsyncIterator[Installation]:
    """One on servers and a directory of its own, ready, gone at the end."""
    with own_folder() as folder, own_folder() as other:
        nats, postgres = NatsServer(folder), PostgresServer(other / "postgres")
        made = Installation(folder, nats, postgres)
        try:
            await asyncio.to_thread(nats.start)
            await asyncio.to_thread(postgres.start)
            await made.begin(max_log_bytes)
            yield made
        finally:
            made.end()
            postgres.stop()
            nats.thaw()
            nats.stop()
