"""The processes in which a worker has expressions evaluated, and what it asks of them."""

import json
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from services.agent_worker import evaluator
from services.agent_worker.processes import GRACE_SECONDS, Processes, Program
from shared.errors import Unavailable
from shared.flow import ConditionWork
from shared.flow.cel_reads import reads_of
from shared.flow.expression import engine
from shared.flow.lexis import reads

MOST = 4
LONGEST_SECONDS = 10.0
MOST_NODE_BYTES = 8 << 20  # of all that the expressions of a condition name
_TYPES = {"NULL": "null", "STRING": "a text"} | dict.fromkeys(("INT", "UINT", "DOUBLE"), "a number")


@dataclass(frozen=True, slots=True)
class Question:
    """Which branch of a condition holds for this text, beside those of the `nodes` it names?"""

    work: ConditionWork
    text: str
    variables: Mapping[str, str]
    workspace: str
    run: str
    nodes: Mapping[str, str] = field(default_factory=dict)

    def encoded(self, seconds: float) -> tuple[bytes, bytes]:
        """What an evaluator reads: all about it, and the text."""
        read = [(branch, reads_of(branch.expression).nodes) for branch in self.work.branches]
        typed = {each.node for _, some in read for each in some if each.path is not None}
        about = {
            "branches": [
                (branch.handle, branch.expression, reads(branch.expression, "json"), bool(some))
                for branch, some in read
            ],
            "nodes": {node: (text, node in typed) for node, text in self.nodes.items()},
            "variables": dict(self.variables),
            "seconds": seconds + GRACE_SECONDS,
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
        self._processes = Processes(_program(), most)

    async def first_that_holds(self, question: Question, seconds: float) -> str | Fault:
        """The handle of the first branch that is true, or `else`. Raises: Slow, Unavailable."""
        if sum(len(text.encode()) for text in question.nodes.values()) > MOST_NODE_BYTES:
            words = f"expected outputs of nodes of at most {MOST_NODE_BYTES >> 20} MiB together"
            return Fault("expression_too_large", f"{words}, came more")
        seconds = min(seconds, LONGEST_SECONDS)
        whose = (question.workspace, question.run)
        line, returncode = await self._processes.ask(question.encoded(seconds), whose, seconds)
        return _answer(line, returncode, seconds)

    def is_slow(self, workspace: str) -> bool:
        """This workspace has as many questions in line as its slowness allows."""
        return self._processes.is_slow(workspace)

    async def close(self) -> None:
        """End all that are at no question."""
        await self._processes.close()


def _program() -> Program:
    path = engine().origin or ""
    return Program(evaluator.__file__, (path,), {"TZDIR": str(_zones())})


@cache
def _zones() -> Traversable:
    """Time zones, the same on every machine."""
    return files("tzdata") / "zoneinfo"


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
