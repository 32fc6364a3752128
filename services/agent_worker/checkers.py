"""The processes in which a worker has answers checked against their schemas."""

import json
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from services.agent_worker import checker
from services.agent_worker.processes import GRACE_SECONDS, Processes, Program
from shared.errors import Unavailable

MOST = 4
LONGEST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Fits:
    """The answer fits; `text` is its JSON alone."""

    text: str


@dataclass(frozen=True, slots=True)
class Unfit:
    """The answer does not fit: what was expected where, a sentence each, at least one."""

    complaints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unchecked:
    """It cannot be told whether the answer fits: a stable code, and why."""

    code: str
    message: str


class Checkers:
    """At most `most` processes, each at one answer."""

    def __init__(self, most: int = MOST) -> None:
        self._processes = Processes(_program(), most)

    async def check(
        self, schema: Mapping[str, object], text: str, whose: tuple[str, str]
    ) -> Fits | Unfit | Unchecked:
        """Whether the text is JSON that fits; `whose` are workspace and run.

        Formats are notes, as the draft has it. Raises: Slow, Unavailable.
        """
        about = {"schema": schema, "seconds": LONGEST_SECONDS + GRACE_SECONDS}
        question = (json.dumps(about).encode(), text.encode())
        line, returncode = await self._processes.ask(question, whose, LONGEST_SECONDS)
        return _answer(line, returncode)

    async def close(self) -> None:
        """End all that are at no answer."""
        await self._processes.close()


def _program() -> Program:
    spec = find_spec("jsonschema")
    assert spec is not None
    assert spec.origin is not None
    return Program(checker.__file__, (str(Path(spec.origin).parent.parent),))


def _answer(line: bytes | None, returncode: int | None) -> Fits | Unfit | Unchecked:
    if line is None or (not line and returncode == -signal.SIGALRM):
        message = f"expected the answer to be checked within {LONGEST_SECONDS:g} s, it was not"
        return Unchecked("schema_timeout", f"{message}; patterns that backtrack take for ever")
    if line:
        answer = json.loads(line)
        if (text := answer.get("text")) is not None:
            return Fits(text)
        if complaints := answer.get("complaints"):
            return Unfit(tuple(complaints))
        return Unchecked("schema_failed", f"the schema cannot be followed: {answer['fault']}")
    if (returncode or 0) >= 0:
        raise Unavailable(f"expected a checker to answer, it ended with {returncode}; see its log")
    limit = checker.MEMORY_BYTES >> 20
    message = f"expected a check that takes at most {limit} MiB, it takes more"
    return Unchecked("schema_too_large", message)
