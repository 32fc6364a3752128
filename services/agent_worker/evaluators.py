"""The processes in which a worker has expressions evaluated, and what it asks of them.

A process is started when it is first needed, asked one question at a time, kept for the next, and
killed with the answer it owes: when time is up, or when the step is stopped. Workspaces and runs
take turns (`turns`).
"""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from services.agent_worker import evaluator
from services.agent_worker.turns import Turns
from shared.errors import Unavailable
from shared.flow import ConditionWork
from shared.flow.expression import engine
from shared.flow.lexis import reads

MOST = 4
LONGEST_SECONDS = 10.0
_GRACE_SECONDS = 1.0  # until an evaluator nobody waits for any more ends itself
_TYPES = {"NULL": "null", "STRING": "a text"} | dict.fromkeys(("INT", "UINT", "DOUBLE"), "a number")


@dataclass(frozen=True, slots=True)
class Question:
    """Which branch of a condition holds for this text?"""

    work: ConditionWork
    text: str
    variables: Mapping[str, str]
    workspace: str
    run: str

    def encoded(self, seconds: float) -> tuple[bytes, bytes]:
        """What an evaluator reads: all about it, and the text."""
        about = {
            "branches": [
                (branch.handle, branch.expression, reads(branch.expression, "json"))
                for branch in self.work.branches
            ],
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
        self._turns = Turns(most)
        self._idle: list[Process] = []

    async def first_that_holds(self, question: Question, seconds: float) -> str | Fault:
        """The handle of the first branch that is true, or `else`. Raises: Slow, Unavailable."""
        seconds = min(seconds, LONGEST_SECONDS)
        async with self._turns.turn(question.workspace, question.run):
            process = self._idle_one()
            if process is not None:
                line = await self._line_of(process, question, seconds)
                if line is None or line or process.returncode != -signal.SIGKILL:
                    return _answer(line, process.returncode, seconds)
            # One that was killed before it was asked says nothing about the question.
            process = await _started()
            line = await self._line_of(process, question, seconds)
            return _answer(line, process.returncode, seconds)

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

    async def _line_of(self, process: Process, question: Question, seconds: float) -> bytes | None:
        """What it answers, empty if it ends instead; None when time is up."""
        line = b""
        try:
            async with asyncio.timeout(seconds):
                line = await _asked(process, question.encoded(seconds))
        except TimeoutError:
            return None
        finally:
            if line.endswith(b"\n"):
                self._idle.append(process)
            else:
                await _ended(process)
        return line if line.endswith(b"\n") else b""


async def _started() -> Process:
    path, program = engine().origin or "", evaluator.__file__
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", program, path),
        stdin=PIPE,
        stdout=PIPE,
        env={"TZDIR": str(_zones())},  # nothing of the worker's, which holds secrets
        start_new_session=True,  # Ctrl-C is for the worker, which drains
    )


@cache
def _zones() -> Traversable:
    """Time zones, the same on every machine."""
    return files("tzdata") / "zoneinfo"


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


def _answer(line: bytes | None, returncode: int | None, seconds: float) -> str | Fault:
    if line is None:
        return _timeout(seconds)
    if not line:
        return _fate(returncode or 0, seconds)
    answer = json.loads(line)
    handle, detail = answer["handle"], answer.get("detail")
    match answer.get("fault"):
        case None:
            return str(handle)
        case "not_boolean":
            came = _TYPES.get(detail, f"a {detail.lower()}")
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
