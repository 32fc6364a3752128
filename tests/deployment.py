"""compose.yaml without containers: the same commands and variables, as processes of this machine.

What differs is what a container would give: addresses are loopback with ports of their own, NATS
keeps its files in a folder of the test, Postgres is the test's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from cli.up.nats import nats_server
from cli.up.port import LOOPBACK, free_port
from tests.compose import ROOT, Service, environment, required, seconds, services
from tests.eventually import PATIENCE_SECONDS, eventually_now

NATS = {"--config": "/etc/penstock/nats.conf", "--store_dir": "/var/lib/penstock/nats"}
TOKEN = "a-token-for-tests-only"
VALUES = dict.fromkeys(required(), "for-tests-only") | {
    "PENSTOCK_TOKEN": TOKEN,
    "PENSTOCK_SECRET_KEY": "5e" * 32,
}
# What a container of the image has in its environment; nothing of the caller's.
IMAGE = {
    "PATH": os.environ["PATH"],
    "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "client")]),
}


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where things are that containers find by name; `values` are those of an .env file."""

    folder: Path
    database_url: str
    values: Mapping[str, str] = field(default_factory=lambda: VALUES)
    nats_port: int = field(default_factory=free_port)
    nats_monitor_port: int = field(default_factory=free_port)

    def nats_url(self, user: str) -> str:
        """Where NATS is for a user."""
        return f"nats://{user}:for-tests-only@{LOOPBACK}:{self.nats_port}"


class Container:
    """One replica of a service: a process, its health command, its output."""

    def __init__(self, name: str, machine: Machine, number: int) -> None:
        self.name = f"{name}-{number}"
        self.api_port = free_port()
        self._machine = machine
        self._service: Service = services(machine.values)[name]
        self._monitor_port = machine.nats_monitor_port if name == "nats" else free_port()
        self._log = machine.folder / f"{self.name}.log"
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                self._command(),
                env=IMAGE | self._environment(),
                cwd=machine.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def monitor_url(self) -> str:
        """Where it answers for health and metrics."""
        return f"http://{LOOPBACK}:{self._monitor_port}"

    @property
    def said(self) -> str:
        """Everything it wrote."""
        return self._log.read_text(errors="replace")

    def is_healthy(self) -> bool:
        """What Docker finds out by running the health command."""
        assert self.process.poll() is None, f"{self.name} ended: {self.said[-2000:]}"
        kind, program, *arguments = self._service["healthcheck"]["test"]
        assert (kind, program) == ("CMD", "python")
        here = f"http://{LOOPBACK}:{self._monitor_port}/"
        for inside in (f"http://{LOOPBACK}:9090/", f"http://{LOOPBACK}:8222/"):
            arguments = [each.replace(inside, here) for each in arguments]
        asked = [sys.executable, *arguments]
        return subprocess.run(asked, capture_output=True, check=False).returncode == 0

    def stop(self) -> int:
        """Ends it as Docker does; its exit code, -9 if it outlived its grace."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds(self._service["stop_grace_period"]))
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def _command(self) -> list[str]:
        program, *arguments = self._service["command"]
        if program == "python":
            return [sys.executable, *arguments]
        assert [program, *arguments] == ["nats-server", *chain.from_iterable(NATS.items())]
        machine = self._machine
        places = {
            "--config": str(ROOT / "deploy" / "nats.conf"),
            "--addr": LOOPBACK,
            "--port": str(machine.nats_port),
            "--http_port": str(machine.nats_monitor_port),
            "--store_dir": str(machine.folder / "nats"),
        }
        return [str(nats_server()), *chain.from_iterable(places.items())]

    def _environment(self) -> dict[str, str]:
        given = environment(self._service)
        machine = self._machine
        address = f"@{LOOPBACK}:{machine.nats_port}"
        here = {
            "NATS_URL": given.get("NATS_URL", "").replace("@nats:4222", address),
            "DATABASE_URL": _moved(given.get("DATABASE_URL", ""), machine.database_url),
            "PENSTOCK_MONITOR_HOST": LOOPBACK,
            "PENSTOCK_MONITOR_PORT": str(self._monitor_port),
            "PENSTOCK_API_HOST": LOOPBACK,
            "PENSTOCK_API_PORT": str(self.api_port),
        }
        return given | {name: place for name, place in here.items() if name in given}


def _moved(url: str, to: str) -> str:
    """The same user, at the database of another URL."""
    login, found, _ = url.rpartition("@")
    return f"{login}@{to.rpartition('@')[2]}" if found and to else to


class Deployment:
    """The containers of one machine, started in the order that compose.yaml asks for."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.containers: list[Container] = []

    def start(self, name: str) -> list[Container]:
        """As many of a service as compose.yaml says; returns when they are healthy."""
        count = services(self.machine.values)[name].get("deploy", {}).get("replicas", 1)
        return self.scale(name, count)

    def scale(self, name: str, more: int) -> list[Container]:
        """So many more of a service; returns when they are healthy."""
        started = [Container(name, self.machine, len(self.containers) + n) for n in range(more)]
        self.containers += started
        for container in started:
            eventually_now(container.is_healthy)
        return started

    def migrate(self) -> None:
        """Runs the one shot to its end, which must be a good one."""
        migration = Container("migrate", self.machine, 0)
        code = migration.process.wait(PATIENCE_SECONDS)
        assert code == 0, migration.said

    def stop(self) -> dict[str, int]:
        """Ends what still runs, the last started first; exit codes by container."""
        return {
            each.name: each.stop()
            for each in reversed(self.containers)
            if each.process.poll() is None
        }


@contextmanager
def deployment(machine: Machine) -> Iterator[Deployment]:
    """A deployment in which nothing runs yet; nothing does at its end."""
    deployed = Deployment(machine)
    try:
        yield deployed
    finally:
        deployed.stop()
