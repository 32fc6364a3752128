"""A whole stack for a test: `penstock up` as a person starts it, its parts to be killed by name."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from penstock_client import Penstock

from cli.stack import with_password
from cli.up.data import Service, Stack
from tests.eventually import PATIENCE_SECONDS, eventually, eventually_now
from tests.servers import own_folder


class RunningStack:
    """One `penstock up`; what is known of it stands in its stack.json.

    `checkout` is the code it runs, if not this.
    """

    def __init__(
        self,
        data: Path,
        workers: int,
        environment: dict[str, str],
        checkout: Path | None = None,
    ) -> None:
        self.data = data
        self._output = (data.parent / "output").open("ab+")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "cli", "up", "--port", "0", "--simulated"),
                *("--data", str(data), "--workers", str(workers)),
            ],
            stdout=self._output,
            stderr=self._output,
            env={**os.environ, **environment, **code_of(checkout)},
            cwd=checkout,
        )
        eventually_now(self._stack)

    @property
    def stack(self) -> Stack:
        """What stack.json says now."""
        return eventually_now(self._stack)

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return (self.data.parent / "output").read_text(errors="replace")

    def nats_url(self, role: str) -> str:
        """Where a role of the stack finds NATS, with its password."""
        return with_password(self.stack["nats_url"], role, self.data)

    def service(self, name: str) -> Service:
        """A part of the stack by name."""
        return next(part for part in self.stack["services"] if part["name"] == name)

    def client(self) -> Penstock:
        """A client with the stack's token."""
        stack = self.stack
        return Penstock(stack["api_url"], stack["token"])

    def http(self) -> httpx2.AsyncClient:
        """The api itself, below any client, with the stack's token."""
        stack = self.stack
        return httpx2.AsyncClient(
            base_url=f"{stack['api_url']}/api/v1/",
            headers={"Authorization": f"Bearer {stack['token']}"},
            timeout=PATIENCE_SECONDS,
        )

    async def calls(self, contains: str) -> list[dict[str, object]]:
        """What the simulated model was asked with this text in it, oldest first."""
        async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS) as http:
            url = f"{self.service('simulator')['monitor_url']}/_simulator/requests"
            answer = await http.get(url, params={"contains": contains})
        calls: list[dict[str, object]] = answer.raise_for_status().json()["requests"]
        return calls

    async def kill(self, name: str) -> None:
        """SIGKILL a part; returns once the supervisor has started it again."""
        pid = self.service(name)["pid"]
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: self._pid_but(name, pid))

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        finally:
            self._output.close()

    def _pid_but(self, name: str, pid: int) -> bool:
        found = self._stack()
        parts = found["services"] if found else []
        return any(part["name"] == name and part["pid"] != pid for part in parts)

    def _stack(self) -> Stack | None:
        if self._process.poll() is not None:
            with self._output:
                self._output.seek(0)
                raise RuntimeError(self._output.read().decode())
        path = self.data / "stack.json"
        try:
            stack: Stack = json.loads(path.read_text())
        except FileNotFoundError:
            return None
        return stack


def code_of(checkout: Path | None) -> dict[str, str]:
    """What has processes run the code of another checkout, or of this one, by their environment."""
    if checkout is None:
        return {}
    return {"PYTHONPATH": os.pathsep.join([str(checkout), str(checkout / "client")])}


@contextmanager
def running_stack(
    workers: int = 2, environment: dict[str, str] | None = None
) -> Iterator[RunningStack]:
    """A stack on a directory of its own, gone at the end."""
    with own_folder() as folder:
        stack = RunningStack(folder / "data", workers, environment or {})
        try:
            yield stack
        finally:
            stack.stop()
