"""Processes that answer questions, each a program of its own run under limits.

One is started when it is first needed, asked one question at a time, kept for the next, and killed
with the answer it owes: when time is up, or when who asked is stopped. Workspaces and runs take
turns (`turns`).

    question    two sizes (4 bytes each, big end first), then that many bytes of each part
    answer      one line
"""

import asyncio
import signal
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from services.agent_worker.turns import Turns

GRACE_SECONDS = 1.0
"""Until a process nobody waits for any more ends itself."""
_SIZES = struct.Struct(">II")


@dataclass(frozen=True, slots=True)
class Program:
    """A Python file that imports nothing of ours, and all that it is given."""

    file: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)

    async def started(self) -> Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", self.file, *self.arguments),
            stdin=PIPE,
            stdout=PIPE,
            env=self.environment,  # nothing of the worker's, which holds secrets
            start_new_session=True,  # Ctrl-C is for the worker, which drains
        )


class Asked(NamedTuple):
    """What became of a question: a whole line, nothing if the process ended, None if time was up.

    `returncode` is how the process ended, if it did.
    """

    line: bytes | None
    returncode: int | None


class Processes:
    """At most `most` of one program, each at one question."""

    def __init__(self, program: Program, most: int) -> None:
        self._program = program
        self._turns = Turns(most)
        self._idle: list[Process] = []

    async def ask(
        self, question: tuple[bytes, bytes], whose: tuple[str, str], seconds: float
    ) -> Asked:
        """What is answered within that time; `whose` are workspace and run.

        Raises: Slow; Unavailable if the line is full.
        """
        async with self._turns.turn(*whose):
            process = self._idle_one()
            if process is not None:
                line = await self._line_of(process, question, seconds)
                if line is None or line or process.returncode != -signal.SIGKILL:
                    return Asked(line, process.returncode)
            # One that was killed before it was asked says nothing about the question.
            process = await self._program.started()
            line = await self._line_of(process, question, seconds)
            return Asked(line, process.returncode)

    def is_slow(self, workspace: str) -> bool:
        """This workspace has as many questions in line as its slowness allows."""
        return self._turns.is_slow(workspace)

    async def close(self) -> None:
        """End all that are at no question."""
        while self._idle:
            await _ended(self._idle.pop())

    def _idle_one(self) -> Process | None:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
        return None

    async def _line_of(
        self, process: Process, question: tuple[bytes, bytes], seconds: float
    ) -> bytes | None:
        """What it answers, empty if it ends instead; None when time is up."""
        line = b""
        try:
            async with asyncio.timeout(seconds):
                line = await asked(process, question)
        except TimeoutError:
            return None
        finally:
            if line.endswith(b"\n"):
                self._idle.append(process)
            else:
                await _ended(process)
        return line if line.endswith(b"\n") else b""


async def asked(process: Process, question: tuple[bytes, bytes]) -> bytes:
    """The line the process answers; not a whole one if it ended first."""
    assert process.stdin is not None
    assert process.stdout is not None
    about, text = question
    with suppress(ConnectionError):  # it ended while it was asked: reading tells
        process.stdin.write(_SIZES.pack(len(about), len(text)) + about)
        process.stdin.write(text)
        await process.stdin.drain()
    line = await process.stdout.readline()
    if not line.endswith(b"\n"):
        await process.wait()  # how it ended is the answer, and a kill now may hide it
    return line


async def _ended(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    assert process.stdin is not None
    process.stdin.close()
    await process.wait()
