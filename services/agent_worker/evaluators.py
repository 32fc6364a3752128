"""The processes in which a worker has expressions evaluated, and what it asks of them.

A process is started when it is first needed, asked one question at a time, kept for the next, and
killed with the answer it owes: when time is up, or when the step is stopped.
"""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from services.agent_worker import evaluator
from shared.errors import Unavailable
from shared.flow import ConditionWork
from shared.flow.expression import engine

MOST = 4
LONGEST_SECONDS = 10.0
_GRACE_SECONDS = 1.0  # until an evaluator nobody waits for any more ends itself
_TYPES = {"NoneType": "null", "str": "a text", "int": "a number", "float": "a number"}


@dataclass(frozen=True, slots=True)
class Question:
    """Which branch of a condition holds for this text?"""

    work: ConditionWork
    text: str
    variables: Mapping[str, str]

    def encoded(self, seconds: float) -> tuple[bytes, bytes]:
        """What an evaluator reads: all about it, and the text."""
        about = {
            "branches": [(branch.handle, branch.expression) for branch in self.work.branches],
            "variables": dict(self.variables),
            "seconds": seconds + _GRACE_SECONDS,
        }
        return json.dumps(about).encode(), self.text.encode()


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a question has no answer: a stable code, and words that name the branch."""

    code: str
    message: str


class Evaluators:
    """At most `most` processes, each at one question."""

    def __init__(self, most: int = MOST) -> None:
        self._room = asyncio.Semaphore(most)
        self._idle: list[Process] = []

    async def first_that_holds(self, question: Question, seconds: float) -> str | Fault:
        """The handle of the first branch that is true, or `else`. Raises: Unavailable."""
        seconds = min(seconds, LONGEST_SECONDS)
        async with self._room:
            process = await self._taken()
            line = b""
            try:
                async with asyncio.timeout(seconds):
                    line = await _asked(process, question.encoded(seconds))
            except TimeoutError:
                return _timeout(seconds)
            finally:
                if line.endswith(b"\n"):
                    self._idle.append(process)
                else:
                    await _ended(process)
            return _answer(line, process.returncode, seconds)

    async def close(self) -> None:
        """End all that are at no question."""
        while self._idle:
            await _ended(self._idle.pop())

    async def _taken(self) -> Process:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
        path, program = engine().origin or "", evaluator.__file__
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", program, path),
            stdin=PIPE,
            stdout=PIPE,
            env={"RUST_BACKTRACE": "0"},  # nothing of the worker's, which holds secrets
            start_new_session=True,  # Ctrl-C is for the worker, which drains
        )


async def _asked(process: Process, question: tuple[bytes, bytes]) -> bytes:
    """The line the process answers; not a whole one if it ended first."""
    assert process.stdin is not None
    assert process.stdout is not None
    about, text = question
    with suppress(ConnectionError):  # it ended while it was asked: reading tells
        process.stdin.write(evaluator.SIZES.pack(len(about), len(text)) + about)
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


def _answer(line: bytes, returncode: int | None, seconds: float) -> str | Fault:
    if not line.endswith(b"\n"):
        return _fate(returncode or 0, seconds)
    answer = json.loads(line)
    handle, detail = answer["handle"], answer.get("detail")
    match answer.get("fault"):
        case None:
            return str(handle)
        case "not_boolean":
            came = _TYPES.get(detail, f"a {detail}")
            message = f"branch {handle!r}: expected true or false, came {came}"
            return Fault("expression_not_boolean", message)
        case "too_large":
            return Fault("expression_too_large", f"branch {handle!r}: {detail}")
        case _:
            return Fault("expression_failed", f"branch {handle!r}: {detail}")


def _fate(returncode: int, seconds: float) -> Fault:
    """What the end of an evaluator says about its question. Raises: Unavailable if nothing."""
    if returncode == -signal.SIGALRM:
        return _timeout(seconds)
    if returncode >= 0:
        raise Unavailable(
            f"expected an evaluator to answer, it ended with {returncode}; the log above says why"
        )
    limit = evaluator.MEMORY_BYTES >> 20
    message = f"expected expressions that take at most {limit} MiB, came one that takes more"
    return Fault("expression_too_large", message)


def _timeout(seconds: float) -> Fault:
    message = f"expected the expressions to be evaluated within {seconds:g} s, they were not"
    return Fault("expression_timeout", message)
