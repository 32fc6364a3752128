"""Work done in a process of its own: what clients cost is told apart from what servers cost.

The process gets `(work, plan)` on its standard input, pickled, and puts out `Done`.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import uvloop

from shared.errors import PenstockError, Unavailable

ROOT = Path(__file__).parents[1]
# With `-m` its classes would be those of a module `__main__`, which the parent does not know.
COMMAND = "from bench.client import main; main()"

P = TypeVar("P")
R = TypeVar("R")


class Done(NamedTuple, Generic[R]):
    """What the work returned, and the CPU it took."""

    result: R
    cpu_seconds: float


async def in_own_process(work: Callable[[P], Awaitable[R]], plan: P) -> Done[R]:
    """Runs `work(plan)` on an event loop in a new process; both must be importable there.

    Raises: Unavailable, with what the work raised.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", COMMAND), cwd=ROOT, stdin=PIPE, stdout=PIPE
    )
    try:
        said, _ = await process.communicate(pickle.dumps((work, plan)))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise Unavailable(said.decode() or f"a client ended with {process.returncode}")
    done: Done[R] = pickle.loads(said)
    return done


async def _done(work: Callable[[P], Awaitable[R]], plan: P) -> Done[R]:
    before = time.process_time()
    result = await work(plan)
    return Done(result, time.process_time() - before)


def main() -> None:
    """Raises: SystemExit with 1, the reason being on standard output."""
    work, plan = pickle.load(sys.stdin.buffer)
    try:
        done = uvloop.run(_done(work, plan))
    except PenstockError as error:
        sys.stdout.write(str(error))
        raise SystemExit(1) from None
    sys.stdout.buffer.write(pickle.dumps(done))
