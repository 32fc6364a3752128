"""One supervised process: started, watched, started again when it dies, stopped.

A child leads a session of its own, so that Ctrl-C in the terminal reaches the supervisor alone,
and the kernel signals it should the supervisor die first.
"""

import asyncio
import ctypes
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cli.up.postgres import Identity
from cli.up.probe import Monitor
from shared.errors import Unavailable

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
STEADY_SECONDS = 10.0
POLL_SECONDS = 0.05
ALIVE_EVERY_SECONDS = 1.0
MOST_SILENT = 3
MAX_LOG_BYTES = 16 << 20
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a child is: how to start it, what tells that it serves, which signal ends it."""

    name: str
    command: tuple[str, ...]
    monitor: Monitor
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    identity: Identity = field(default_factory=Identity)
    stop: signal.Signals = signal.SIGTERM
    starting_seconds: float = 60.0
    hung_seconds: float = 10.0


class Listener(Protocol):
    """Who is told about a child."""

    def changed(self) -> None:
        """There is a new process, or none, or it became ready."""

    def ended(self, name: str, exit_code: int) -> None:
        """A process ended without having been asked; it is started again."""

    def hung(self, name: str, seconds: float) -> None:
        """A process has given no sign of life for so long; it is killed."""


class Child:
    """One part, kept running from `start` to `stop`."""

    def __init__(self, part: Part, *, logs: Path, lock: int, listener: Listener) -> None:
        self.part = part
        self.log = logs / f"{part.name}.log"
        self._said_before = 0
        self._lock = lock
        self._listener = listener
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process that runs now, if one does."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Starts the process; returns once it is ready.

        Raises: Unavailable, with its last words, when it ends before, or takes too long.
        """
        process = await self._spawned()
        try:
            async with asyncio.timeout(self.part.starting_seconds):
                is_ready = await self._ready_before_its_end(process)
        except TimeoutError:
            raise self._failure(f"was not ready in {self.part.starting_seconds:g} s") from None
        if not is_ready:
            raise self._failure(f"ended with exit code {process.returncode} before it was ready")
        self._watch = asyncio.create_task(self._keep(process))
        self._listener.changed()

    async def stop(self, seconds: float) -> None:
        """Ends the process and everything it started: asked first, killed after `seconds`."""
        if self._watch:
            self._watch.cancel()
            await asyncio.wait({self._watch})
        if not (process := self._process):
            return
        self._process = None
        with suppress(ProcessLookupError):
            process.send_signal(self.part.stop)
        try:
            async with asyncio.timeout(seconds):
                await process.wait()
        except TimeoutError:
            pass
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    async def _keep(self, process: asyncio.subprocess.Process) -> None:
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE_SECONDS
        while True:
            began = loop.time()
            looking = asyncio.create_task(self._kill_when_hung(process, heard=began))
            try:
                exit_code = await process.wait()
            finally:
                looking.cancel()
            self._process = None
            self._listener.ended(self.part.name, exit_code)
            self._listener.changed()
            steady = loop.time() - began > STEADY_SECONDS
            pause = FIRST_PAUSE_SECONDS if steady else min(pause * 2, LONGEST_PAUSE_SECONDS)
            process = await self._spawned_after(pause)
            looking = asyncio.create_task(self._kill_when_hung(process))
            try:
                await self._ready_before_its_end(process)
            finally:
                looking.cancel()
            self._listener.changed()

    async def _kill_when_hung(
        self, process: asyncio.subprocess.Process, heard: float = 0.0
    ) -> None:
        """Kills a process that was alive, and has given no sign of life for `hung_seconds`.

        One that has yet to answer for the first time may take its time: it starts.
        """
        loop = asyncio.get_running_loop()
        silent = 0
        while True:
            is_alive = await self.part.monitor.is_alive()
            # Several times: it may be the supervisor who did not run for a while.
            heard, silent = (loop.time(), 0) if is_alive else (heard, silent + 1)
            is_late = loop.time() - heard >= self.part.hung_seconds
            if heard and is_late and silent >= MOST_SILENT:
                self._listener.hung(self.part.name, self.part.hung_seconds)
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                return
            await asyncio.sleep(ALIVE_EVERY_SECONDS)

    async def _ready_before_its_end(self, process: asyncio.subprocess.Process) -> bool:
        ended = asyncio.create_task(process.wait())
        try:
            while not ended.done():
                if await self.part.monitor.is_ready():
                    return True
                await asyncio.wait({ended}, timeout=POLL_SECONDS)
            return False
        finally:
            ended.cancel()

    async def _spawned_after(self, pause: float) -> asyncio.subprocess.Process:
        while True:
            await asyncio.sleep(pause)
            # The machine may be out of memory or processes for the moment.
            with suppress(OSError):
                return await self._spawned()
            pause = LONGEST_PAUSE_SECONDS

    async def _spawned(self) -> asyncio.subprocess.Process:
        self.part.monitor.forget()
        oversized = self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES
        with self.log.open("wb" if oversized else "ab") as log:
            self._said_before = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                *self.part.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.part.environ),
                start_new_session=True,
                preexec_fn=_die_with_parent(self.part.stop),
                pass_fds=(self._lock,),
                **self.part.identity,
            )
        self._listener.changed()
        return self._process

    def _failure(self, what: str) -> Unavailable:
        with self.log.open(errors="replace") as log:
            log.seek(self._said_before)
            words = "".join(f"\n    {line.rstrip()[:400]}" for line in deque(log, maxlen=5))
        return Unavailable(f"{self.part.name} {what}; {self.log} ends with:{words}")


def _die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc, supervisor = ctypes.CDLL(None), os.getpid()

    def ask_the_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != supervisor:
            os._exit(1)

    return ask_the_kernel
