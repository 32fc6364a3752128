import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from cli.up.child import Child, Part
from shared.errors import Unavailable
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.frozen import freeze

START = "import os, pathlib, signal, sys; ready = pathlib.Path(sys.argv[1]); "
SERVES = START + "ready.touch(); signal.pause()"
STUBBORN = START + "signal.signal(signal.SIGTERM, signal.SIG_IGN); ready.touch(); signal.pause()"
FORKS = START + "pid = os.fork(); pid and ready.write_text(str(pid)); signal.pause()"
FAILS = START + "sys.exit('no NATS')"
NEVER_READY = START + "signal.pause()"


class FileMonitor:
    """Ready once the process has made a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def url(self) -> str | None:
        return None

    def forget(self) -> None:
        self.file.unlink(missing_ok=True)

    async def is_ready(self) -> bool:
        return self.file.exists()

    async def is_alive(self) -> bool:
        return self.file.exists()


class Witness:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.exits: list[int] = []
        self.hangs: list[str] = []
        self.changes = 0

    def changed(self) -> None:
        self.changes += 1

    def ended(self, name: str, exit_code: int) -> None:
        self.exits.append(exit_code)

    def hung(self, name: str, seconds: float) -> None:
        self.hangs.append(name)


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
async def child_of(tmp_path: Path, witness: Witness) -> AsyncIterator[Callable[..., Child]]:
    made: list[Child] = []
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)

    def make(script: str, *, seconds: float = 20) -> Child:
        ready = tmp_path / "ready"
        part = Part(
            name="dummy",
            command=(sys.executable, "-c", script, str(ready)),
            monitor=FileMonitor(ready),
            starting_seconds=seconds,
            hung_seconds=0,
        )
        made.append(Child(part, logs=tmp_path, lock=lock, listener=witness))
        return made[-1]

    yield make
    for child in made:
        await child.stop(1)
    os.close(lock)


async def test_a_killed_child_is_started_again(
    child_of: Callable[..., Child], witness: Witness
) -> None:
    child = child_of(SERVES)
    await child.start()
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: child.pid not in (None, first))
    await eventually(child.part.monitor.is_ready)
    assert witness.exits == [-signal.SIGKILL]


async def test_a_child_that_gives_no_sign_of_life_is_killed_and_started_again(
    child_of: Callable[..., Child],
    witness: Witness,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cli.up.child.ALIVE_EVERY_SECONDS", 0.02)
    child = child_of(SERVES)
    await child.start()
    first = child.pid
    assert first is not None
    freeze(first)
    (tmp_path / "ready").unlink()
    await eventually(lambda: child.pid not in (None, first))
    await eventually(child.part.monitor.is_ready)
    assert (witness.hangs, witness.exits) == (["dummy"], [-signal.SIGKILL])


async def test_a_child_that_will_not_stop_is_killed_in_time(
    child_of: Callable[..., Child],
) -> None:
    child = child_of(STUBBORN)
    await child.start()
    process = psutil.Process(child.pid)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await child.stop(0.2)
    assert not process.is_running()
    assert child.pid is None


async def test_stopping_a_child_ends_what_it_started(
    child_of: Callable[..., Child], tmp_path: Path
) -> None:
    child = child_of(FORKS)
    await child.start()
    grandchild = int(await eventually(lambda: (tmp_path / "ready").read_text()))
    await child.stop(2)
    await eventually(lambda: not runs(grandchild))


async def test_a_child_that_ends_before_it_is_ready_fails_with_its_last_words(
    child_of: Callable[..., Child],
) -> None:
    with pytest.raises(Unavailable, match=r"exit code 1(.|\n)*no NATS"):
        await child_of(FAILS).start()


async def test_a_child_that_is_never_ready_fails_after_its_time(
    child_of: Callable[..., Child],
) -> None:
    with pytest.raises(Unavailable, match=r"not ready in 0\.3 s"):
        await child_of(NEVER_READY, seconds=0.3).start()


def runs(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False
