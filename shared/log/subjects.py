"""The grammar of subjects: the identity of a fact, as text, and back. Nobody else spells one.

    run.{partition}.{workspace}.{run}.{rest}     what the log stores
    live.{workspace}.{run}.{rest}                the same, republished after storing
    timer.{partition}.{workspace}.{run}.{rest}   a fact to be, scheduled
    due.{partition}.{workspace}.{run}.{rest}     a timer that fired
    alive.{workspace}.{run}.{step}.{attempt}     is a worker executing this? (never stored)
    readers.{workspace}.{run}                    does anybody read this run? (never stored)
    presence.{group}.{name}                      a member of a group is here (never stored)
    parked.{service}.{partition}.{workspace}.{run}   have you parked this run? (never stored)
    errand.{service}                             do this at once (never stored)
    wake.{service}                               look at what you go by, it changed (never stored)
    tools.{workspace}.{name}                     carry out this call of a tool (never stored)
    tool-answers.{workspace}.{token}             what came of it (never stored)

`rest` is a pure function of the fact; integers and glossary words only, never user text (`rests`).
A filter is a subject with `*` for any one word, or `>` for one or more at the end (`filters`
applies them).
"""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

from shared.errors import Corrupt
from shared.log.rests import ANY, number_in
from shared.log.rests import CANCEL as CANCEL
from shared.log.rests import DEADLINE as DEADLINE
from shared.log.rests import FINISHED as FINISHED
from shared.log.rests import REQUESTED as REQUESTED
from shared.log.rests import STOPPING as STOPPING
from shared.log.rests import StepKey as StepKey
from shared.log.rests import StepRest as StepRest
from shared.log.rests import ToolRest as ToolRest
from shared.log.rests import is_delta as is_delta
from shared.log.rests import rest_of as rest_of
from shared.log.rests import settled as settled
from shared.log.rests import step_rest as step_rest
from shared.log.rests import tool_rest as tool_rest
from shared.run import facts as f

AnyFact = f.Lifecycle | f.Stream

RUN_LEVEL, STEP_LEVEL = ("*", "*.due"), ("step.>", "tool.>")
LIFECYCLE = (*RUN_LEVEL, *STEP_LEVEL)
"""Filters of the rests of all lifecycle facts; no delta's matches."""

EVERY_STEP_STARTED, EVERY_STEP_FINISHED = "step.*.*.*.started", "step.*.*.finished"

DECIDING = (
    REQUESTED,
    "start.due",
    CANCEL,
    DEADLINE,
    "stopping.due",
    EVERY_STEP_FINISHED,
    "step.*.*.decided",
    "step.*.*.*.due",
)
"""Filters of the rests of the facts a scheduler must react to; its own are not among them, but for
outcomes."""

STORED, SCHEDULED, FIRED = "run.>", "timer.>", "due.>"
REPUBLISHED = {"src": "run.*.*.>", "dest": "live.{{wildcard(2)}}.>"}
"""What nats-server republishes of what it stored, and where."""

EVERY_ALIVE, EVERY_READERS, EVERY_LIVE = "alive.*.*.*.*", "readers.*.*", "live.>"

EVERY_TOOL, EVERY_TOOL_ANSWER = "tools.>", "tool-answers.>"

WAKE_PROVISIONER = "wake.provisioner"
"""The limits of a workspace changed; says nothing of which."""

WORKER_ERRAND = "errand.agent-worker"
"""Answered by any one worker: `shared.log.errands`."""

_SHOWN = 200
_SMALL = {str(number): number for number in range(256)}
"""Numbers as they are spelled: to look a partition up costs less than to check and make it."""


class Address(NamedTuple):
    """Where a run lives in the log."""

    partition: int
    workspace: str
    run: str

    def subject(self, rest: str) -> str:
        """The subject of this run's fact `rest` (a filter if `rest` has wildcards)."""
        return f"run.{self.partition}.{self.workspace}.{self.run}.{rest}"


class AttemptKey(NamedTuple):
    """One attempt of one step, as workers ask each other about it."""

    workspace: str
    run: str
    step: int
    attempt: int

    @property
    def alive_subject(self) -> str:
        """Where to ask whether a worker is executing the attempt."""
        return f"alive.{self.workspace}.{self.run}.{self.step}.{self.attempt}"


def partition_of(run: str, partitions: int) -> int:
    """The partition a new run is put in."""
    return crc32(run.encode()) % partitions


def address_of(fact: AnyFact) -> Address:
    """Where the fact's run lives."""
    return Address(fact.partition, fact.workspace, fact.run)


def split(subject: str) -> tuple[Address, str]:
    """Address and rest of a subject of `run.>` or `due.>`. Raises: Corrupt."""
    try:
        _, partition, workspace, run, rest = subject.split(".", 4)
        number = _SMALL.get(partition)
        if number is None:
            number = number_in(partition)
        return Address(number, workspace, run), rest
    except ValueError:
        raise _foreign(subject, "run.{partition}.{workspace}.{run}.{rest}") from None


def split_live(subject: str) -> tuple[str, str, str]:
    """Workspace, run and rest of a subject of `live.>`. Raises: Corrupt."""
    try:
        _, workspace, run, rest = subject.split(".", 3)
    except ValueError:
        raise _foreign(subject, "live.{workspace}.{run}.{rest}") from None
    return workspace, run, rest


def split_alive(subject: str) -> AttemptKey:
    """The attempt a subject of `alive.>` asks about. Raises: Corrupt."""
    try:
        _, workspace, run, step, attempt = subject.split(".")
        return AttemptKey(workspace, run, number_in(step), number_in(attempt))
    except ValueError:
        raise _foreign(subject, "alive.{workspace}.{run}.{step}.{attempt}") from None


def readers_of(workspace: str, run: str) -> str:
    """Where to ask whether anybody reads the run."""
    return f"readers.{workspace}.{run}"


def split_readers(subject: str) -> tuple[str, str]:
    """Workspace and run a subject of `readers.>` asks about. Raises: Corrupt."""
    try:
        _, workspace, run = subject.split(".")
    except ValueError:
        raise _foreign(subject, "readers.{workspace}.{run}") from None
    return workspace, run


def presence_of(group: str, name: str = ANY) -> str:
    """Where a member of a group, or each, says that it is here."""
    return f"presence.{group}.{name}"


def member_of(subject: str) -> str:
    """Who says so on this subject of `presence.>`."""
    return subject.rpartition(".")[2]


def queue_of(rest: str) -> tuple[str, str] | None:
    """Pool and queue that the rest of a `step.ready` names; None for other facts."""
    match rest.split("."):
        case ["step", _, _, "ready", pool, queue]:
            return pool, queue
        case _:
            return None


def parked_question(service: str, address: Address | None = None) -> str:
    """Where to ask a service whether it has parked a run; without one, a filter for all runs."""
    run = (ANY, ANY, ANY) if address is None else address
    return ".".join(("parked", service, *map(str, run)))


def split_parked(subject: str) -> Address:
    """The run a subject of `parked.>` asks about. Raises: Corrupt."""
    try:
        _, _, partition, workspace, run = subject.split(".")
        return Address(number_in(partition), workspace, run)
    except ValueError:
        raise _foreign(subject, "parked.{service}.{partition}.{workspace}.{run}") from None


def tool_call(workspace: str, name: str = ">") -> str:
    """Where a tool of a workspace is called; without a name, the filter of all of them."""
    return f"tools.{workspace}.{name}"


def tool_answer(workspace: str, token: str = ">") -> str:
    """Where one call's answer goes, by a word nobody can guess; without, the filter of all."""
    return f"tool-answers.{workspace}.{token}"


def subject_of(fact: AnyFact) -> str:
    """The fact's subject: its identity in the log."""
    return f"run.{fact.partition}.{fact.workspace}.{fact.run}.{rest_of(fact)}"


def timer_of(fact: f.TimerFact) -> str:
    """The subject of the timer that will make this fact."""
    return f"timer.{fact.partition}.{fact.workspace}.{fact.run}.{rest_of(fact)}"


def due_of(fact: f.TimerFact) -> str:
    """The subject on which the server publishes the timer that fired."""
    return f"due.{fact.partition}.{fact.workspace}.{fact.run}.{rest_of(fact)}"


def live_filter(workspace: str, run: str = ANY, rest: str = ">") -> str:
    """The core NATS filter that hears a workspace's, or a run's, facts."""
    return f"live.{workspace}.{run}.{rest}"


def live_workspace(workspace: str) -> str:
    """The core NATS filter that hears all of a workspace; what strangers may be allowed."""
    return f"live.{workspace}.>"


def stored_filter(workspace: str = ANY, run: str = ANY, rest: str = ">") -> str:
    """The filter of what the log has of runs, in whatever partition."""
    return f"run.*.{workspace}.{run}.{rest}"


def partition_filter(partition: int, rest: str) -> str:
    """The filter of what the log has of a partition's runs."""
    return f"run.{partition}.*.*.{rest}"


def requests_filter(partition: int, workspace: str) -> str:
    """The filter of the requests of a workspace's runs in a partition."""
    return Address(partition, workspace, ANY).subject(REQUESTED)


def ready_filter(pool: str, queue: str) -> str:
    """The filter of the steps that are ready in a queue."""
    return stored_filter(rest=f"step.*.*.ready.{pool}.{queue}")


def _foreign(subject: str, expected: str) -> Corrupt:
    return Corrupt(f"expected a subject {expected}, found {subject[:_SHOWN]!r}")
