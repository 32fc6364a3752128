"""`penstock up` whole, as a person starts it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cli.up.data import Service, Stack
from cli.up.probe import answers
from cli.up.stack import STOP_SERVERS_SECONDS, STOP_SERVICES_SECONDS
from tests.cost import Stopwatch
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.frozen import freeze
from tests.servers import own_folder

NAMES = {
    "nats",
    "postgres",
    "simulator",
    "api",
    "scheduler",
    "projector",
    "provisioner",
    "agent-worker-1",
}


class Up:
    """One `penstock up` on one data directory, and every process it ever named."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.seen: dict[int, psutil.Process] = {}
        self.output = (data.parent / "output").open("ab+")
        self.process = self.command()

    def command(self) -> "subprocess.Popen[bytes]":
        options = ["--port", "0", "--data", str(self.data), "--workers", "1"]
        return subprocess.Popen(
            [sys.executable, "-m", "cli", "up", *options], stdout=self.output, stderr=self.output
        )

    def stack(self) -> Stack | None:
        """What stack.json says now; None when there is none."""
        try:
            stack: Stack = json.loads((self.data / "stack.json").read_text())
        except FileNotFoundError:
            if self.process.poll() is not None:
                raise RuntimeError(self.said()) from None
            return None
        for each in stack["services"]:
            if psutil.pid_exists(each["pid"]):
                self.seen.setdefault(each["pid"], psutil.Process(each["pid"]))
        return stack

    def service(self, name: str) -> Service | None:
        stack = self.stack()
        found = [each for each in stack["services"] if each["name"] == name] if stack else []
        return found[0] if found else None

    def said(self) -> str:
        self.output.seek(0)
        return self.output.read().decode()

    async def ready(self) -> Stack:
        """The stack, once every service it should have is there and answers as ready."""

        async def whole() -> Stack | None:
            stack = self.stack()
            if not stack or {each["name"] for each in stack["services"]} != NAMES:
                return None
            checks = [await _is_ready(each) for each in stack["services"]]
            return stack if all(checks) else None

        return await eventually(whole)

    async def everything_is_gone(self) -> None:
        await eventually(lambda: not any(_runs(each) for each in self.seen.values()))


@pytest.fixture
def up() -> Iterator[Up]:
    with own_folder() as folder:
        running = Up(folder / "data")
        yield running
        running.process.kill()
        running.process.wait()
        psutil.wait_procs(list(running.seen.values()), timeout=PATIENCE_SECONDS)
        running.output.close()


async def test_killed_services_and_servers_come_back_and_the_stack_file_stays_true(up: Up) -> None:
    before = await up.ready()
    await eventually(lambda: f"Penstock is up: {before['api_url']}/ " in up.said())
    assert up.said().count("answers are simulated") == 1
    for name in ("scheduler", "api", "agent-worker-1", "nats", "postgres"):
        old = up.service(name)
        assert old is not None
        os.kill(old["pid"], signal.SIGKILL)

        def replaced(name: str = name, old: Service = old) -> bool:
            now = up.service(name)
            return now is not None and now["pid"] != old["pid"]

        await eventually(replaced)
    after = await up.ready()
    assert after["nats_url"] == before["nats_url"]
    assert after["database_url"] == before["database_url"]
    assert after["api_url"] == before["api_url"]


async def test_processes_that_hang_are_noticed_and_started_again(up: Up) -> None:
    await up.ready()
    old = {name: up.service(name) for name in ("scheduler", "api", "nats", "postgres")}
    for each in old.values():
        assert each is not None
        freeze(each["pid"])

    def all_replaced() -> bool:
        now = {name: up.service(name) for name in old}
        return all(
            each is not None and before is not None and each["pid"] != before["pid"]
            for each, before in zip(now.values(), old.values(), strict=True)
        )

    await eventually(all_replaced)
    await up.ready()
    assert up.said().count("hangs") == len(old)


async def test_stopping_leaves_no_process_keeps_the_data_and_refuses_a_second_meanwhile(
    up: Up,
) -> None:
    starting = Stopwatch()
    first = await up.ready()
    started_in = starting.elapsed()
    second = up.command()
    assert second.wait(timeout=PATIENCE_SECONDS) == 2
    assert f"process {up.process.pid}" in up.said()
    up.process.send_signal(signal.SIGINT)
    stopping = Stopwatch()
    assert up.process.wait(timeout=PATIENCE_SECONDS) == 0, up.said()
    # Nothing is waited for longer than it may be: beside that, stopping is no slower than starting.
    assert stopping.elapsed() < STOP_SERVICES_SECONDS + STOP_SERVERS_SECONDS + started_in
    await up.everything_is_gone()
    assert not (up.data / "stack.json").exists()
    up.process = up.command()
    again = await up.ready()
    assert again["token"] == first["token"]
    assert again["simulated"]


async def test_a_killed_supervisor_takes_its_processes_with_it(up: Up) -> None:
    await up.ready()
    up.process.kill()
    await up.everything_is_gone()


async def _is_ready(service: Service) -> bool:
    if service["name"] == "postgres":
        return True
    path = "/healthz" if service["name"] == "nats" else "/health/ready"
    url = service["monitor_url"]
    return url is not None and await answers(url + path)


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
