"""A stack of one's own: `penstock up` on a temporary directory and free ports."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.connection import Api
from bench.flow import run_body
from bench.processes import Processes
from cli.stack import with_password
from cli.up.data import Stack
from shared.errors import Unavailable

STARTING_SECONDS = 90.0
STOPPING_SECONDS = 15.0
SETTLING_SECONDS = 300.0
STARTING_POLL_SECONDS = 0.05
# Every look at its metrics costs the projector about a millisecond.
SETTLING_POLL_SECONDS = 0.25
BEHIND = "penstock_projector_behind_seconds"


@dataclass(frozen=True)
class OwnStack:
    """A stack that runs: how to reach it and its simulated model, and what its processes use."""

    api: Api
    nats_url: str
    """For an api: what the log has, and what is heard live."""
    projector_nats_url: str
    database_url: str
    processes: Processes
    monitors: Mapping[str, str]
    """Where each service answers questions about itself."""
    data: Path

    @property
    def model(self) -> Api:
        """The model's stand-in."""
        return Api(self.monitors["simulator"], "")

    async def settled(self) -> None:
        """Returns once the projector has caught up. Raises: Unavailable after five minutes."""
        try:
            async with asyncio.timeout(SETTLING_SECONDS):
                while True:
                    if await self.metric("projector", BEHIND) == 0:
                        return
                    await asyncio.sleep(SETTLING_POLL_SECONDS)
        except TimeoutError:
            raise Unavailable(f"the projector is behind after {SETTLING_SECONDS:g} s") from None

    async def metric(self, service: str, name: str) -> float:
        """What a service says of itself now. Raises: Unavailable."""
        monitor = Api(self.monitors[service], "")
        connection = await monitor.connect()
        try:
            answer = await connection.ask(monitor.get("/metrics"))
        finally:
            connection.close()
        found = re.search(rf"^{name} (\S+)$".encode(), answer.body, re.MULTILINE)
        if found is None:
            raise Unavailable(f"{service} does not tell {name}")
        return float(found[1])

    async def killed(self, service: str) -> OwnStack:
        """The same stack once a service that is killed works again. Raises: Unavailable."""
        before = self.processes.kill(service)
        until = time.monotonic() + STARTING_SECONDS
        while time.monotonic() < until:
            stack = _stack_in(self.data)
            if stack and before not in (pids := _pids(stack)).values() and service in pids:
                return _described(stack, self.data)
            await asyncio.sleep(STARTING_POLL_SECONDS)
        raise Unavailable(f"{service} did not come back within {STARTING_SECONDS:g} s")

    async def pipeline(self, name: str, flow: Mapping[str, object]) -> str:
        """Saves a pipeline; its id. Raises: Unavailable."""
        connection = await self.api.connect()
        try:
            body = json.dumps({"name": name, "flow": flow}).encode()
            saved = await connection.ask(self.api.post("/api/v1/pipelines", body))
            return str(saved.json(201)["id"])
        finally:
            connection.close()

    async def start(self, pipeline_id: str, text: str, count: int = 1) -> list[str]:
        """Starts runs, one after the other; their ids. Raises: Unavailable."""
        connection = await self.api.connect()
        request = self.api.post("/api/v1/runs", run_body(pipeline_id, text))
        try:
            return [str((await connection.ask(request)).json(202)["run_id"]) for _ in range(count)]
        finally:
            connection.close()


@asynccontextmanager
async def own_stack(*, workers: int, settings: Mapping[str, str]) -> AsyncIterator[OwnStack]:
    """A stack with nothing in it, gone at the end with its data.

    `settings` are added to the environment. Raises: Unavailable, with its words, if it fails.
    """
    with tempfile.TemporaryDirectory(prefix="penstock-bench-", ignore_cleanup_errors=True) as made:
        data = Path(made) / "data"
        log = Path(made) / "output"
        command = (sys.executable, "-P", "-m", "cli", "up", "--simulated", "--port", "0")
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *(*command, "--data", str(data), "--workers", str(workers)),
                env=os.environ | settings,
                stdout=output,
                stderr=output,
            )
        try:
            yield _described(await _up(process, data, log), data)
        finally:
            await _stop(process)


async def _up(process: asyncio.subprocess.Process, data: Path, log: Path) -> Stack:
    until = time.monotonic() + STARTING_SECONDS
    while process.returncode is None and time.monotonic() < until:
        stack = _stack_in(data)
        if stack:
            return stack
        await asyncio.sleep(STARTING_POLL_SECONDS)
    raise Unavailable(f"`penstock up` did not come up:\n{_text_of(log)}")


def _described(stack: Stack, data: Path) -> OwnStack:
    return OwnStack(
        api=Api(stack["api_url"], stack["token"]),
        nats_url=with_password(stack["nats_url"], "api", data),
        projector_nats_url=with_password(stack["nats_url"], "projector", data),
        database_url=stack["database_url"],
        data=data,
        processes=Processes(stack),
        monitors={each["name"]: each["monitor_url"] or "" for each in stack["services"]},
    )


def _stack_in(data: Path) -> Stack | None:
    file = data / "stack.json"
    stack: Stack | None = json.loads(file.read_text()) if file.exists() else None
    return stack


def _pids(stack: Stack) -> dict[str, int]:
    return {each["name"]: each["pid"] for each in stack["services"]}


def _text_of(log: Path) -> str:
    return log.read_text(errors="replace")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGINT)
    try:
        async with asyncio.timeout(STOPPING_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
