"""The grammar of subjects: the identity of a fact, as text, and back. Nobody else spells one.

    run.{partition}.{workspace}.{run}.{rest}     what the log stores
    live.{workspace}.{run}.{rest}                the same, republished after storing
    timer.{partition}.{workspace}.{run}.{rest}   a fact to be, scheduled
    due.{partition}.{workspace}.{run}.{rest}     a timer that fired
    alive.{workspace}.{run}.{step}.{attempt}     is a worker executing this? (never stored)
    readers.{workspace}.{run}                    does anybody read this run? (never stored)
    presence.{group}.{name}                      a member of a group is here (never stored)
    parked.{service}.{partition}.{workspace}.{run}   have you parked this run? (never stored)
    wake.{service}                               look at what you go by, it changed (never stored)

`rest` is a pure function of the fact; integers and glossary words only, never user text. Unless
`_RESTS` has another, it is the word of the fact's type (`step.waiting`: waiting) behind what it is
about: nothing, `step.{step}.{attempt}.` or `step.{step}.{attempt}.{execution}.`. A filter is a
subject with `*` for any one word, or `>` for one or more at the end (`filters` applies them).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, get_args
from zlib import crc32

from shared.errors import Corrupt
from shared.run import facts as f
from shared.run.meaning import LIFECYCLE as LIFECYCLE_TYPES
from shared.run.meaning import STREAM, type_of

AnyFact = f.Lifecycle | f.Stream

REQUESTED, CANCEL, DEADLINE, STOPPING, FINISHED = (
    *("requested", "cancel", "deadline", "stopping", "finished"),
)
"""Rests of a run's facts that are looked for by name."""

RUN_LEVEL, STEP_LEVEL = ("*", "*.due"), "step.>"
LIFECYCLE = (*RUN_LEVEL, STEP_LEVEL)
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

WAKE_PROVISIONER = "wake.provisioner"
"""The limits of a workspace changed; says nothing of which."""

_ANY = "*"
_DELTA = "delta."
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


class StepKey(NamedTuple):
    """One attempt of one step of a run: what the rests of its facts begin with.

    Its methods give rests; a number that is left out makes them filters for all numbers.
    """

    step: int
    attempt: int

    @property
    def deltas(self) -> str:
        """What the rests of its deltas begin with, of whichever execution."""
        return f"delta.{self.step}.{self.attempt}."

    @property
    def turns(self) -> str:
        """What the rests of its turns begin with."""
        return f"step.{self.step}.{self.attempt}.turn."

    def finished(self) -> str:
        """How it ended, or will."""
        return f"step.{self.step}.{self.attempt}.finished"

    def waiting(self) -> str:
        """It waits for a person."""
        return f"step.{self.step}.{self.attempt}.waiting"

    def decided(self) -> str:
        """A person answered."""
        return f"step.{self.step}.{self.attempt}.decided"

    def due(self, purpose: str) -> str:
        """A time of it came."""
        return f"step.{self.step}.{self.attempt}.{purpose}.due"

    def started(self, execution: int | None = None) -> str:
        """A worker began it."""
        return f"step.{self.step}.{self.attempt}.{_any(execution)}.started"

    def released(self, execution: int | None = None) -> str:
        """A worker gave it back."""
        return f"step.{self.step}.{self.attempt}.{_any(execution)}.released"

    def turn(self, turn: int | None = None) -> str:
        """A turn of its model is over."""
        return f"step.{self.step}.{self.attempt}.turn.{_any(turn)}"

    def delta(self, execution: int | None = None) -> str:
        """What its model says."""
        return f"delta.{self.step}.{self.attempt}.{_any(execution)}"


def settled(step: int) -> tuple[str, str]:
    """Filters of the rests of what settles a step: the outcome of an attempt, or a skip."""
    return f"step.{step}.*.finished", f"step.{step}.skipped"


class StepRest(NamedTuple):
    """What the rest of a step's fact says: which attempt, which kind of fact.

    `number` is that of an execution or a turn, 0 for facts without one; a skip has attempt 0.
    """

    key: StepKey
    word: str
    number: int = 0


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
            number = _number(partition)
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
        return AttemptKey(workspace, run, _number(step), _number(attempt))
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


def presence_of(group: str, name: str = _ANY) -> str:
    """Where a member of a group, or each, says that it is here."""
    return f"presence.{group}.{name}"


def member_of(subject: str) -> str:
    """Who says so on this subject of `presence.>`."""
    return subject.rpartition(".")[2]


def is_delta(rest: str) -> bool:
    """The rest is that of a piece of text or a tool's doing, not of a lifecycle fact."""
    return rest.startswith(_DELTA)


def step_rest(rest: str) -> StepRest | None:
    """What the rest of a step's fact says; None for a run's, and for what is no rest at all."""
    match rest.split("."):
        case ["step", step, attempt, number, word] if word in _OF_EXECUTIONS:
            return _step_rest(step, attempt, word, number)
        case ["step", step, attempt, "turn" as word, number]:
            return _step_rest(step, attempt, word, number)
        case ["step", step, attempt, word] if word in _OF_ATTEMPTS:
            return _step_rest(step, attempt, word)
        case ["step", step, attempt, "ready" as word, _, _]:
            return _step_rest(step, attempt, word)
        case ["step", step, attempt, _, "due" as word]:
            return _step_rest(step, attempt, word)
        case ["step", step, "skipped" as word]:
            return _step_rest(step, "0", word)
        case ["delta" as word, step, attempt, number]:
            return _step_rest(step, attempt, word, number)
        case _:
            return None


def _step_rest(step: str, attempt: str, word: str, number: str = "0") -> StepRest | None:
    try:
        return StepRest(StepKey(_number(step), _number(attempt)), word, _number(number))
    except ValueError:
        return None


def queue_of(rest: str) -> tuple[str, str] | None:
    """Pool and queue that the rest of a `step.ready` names; None for other facts."""
    match rest.split("."):
        case ["step", _, _, "ready", pool, queue]:
            return pool, queue
        case _:
            return None


def parked_question(service: str, address: Address | None = None) -> str:
    """Where to ask a service whether it has parked a run; without one, a filter for all runs."""
    run = (_ANY, _ANY, _ANY) if address is None else address
    return ".".join(("parked", service, *map(str, run)))


def split_parked(subject: str) -> Address:
    """The run a subject of `parked.>` asks about. Raises: Corrupt."""
    try:
        _, _, partition, workspace, run = subject.split(".")
        return Address(_number(partition), workspace, run)
    except ValueError:
        raise _foreign(subject, "parked.{service}.{partition}.{workspace}.{run}") from None


_RESTS: dict[type, Callable[[Any], str]] = {
    f.RunStartDue: lambda _: "start.due",
    f.RunCancelRequested: lambda _: CANCEL,
    f.RunDeadlineReached: lambda _: DEADLINE,
    f.RunStopDue: lambda _: "stopping.due",
    **dict.fromkeys(get_args(f.RunEnded), lambda _: FINISHED),
    f.StepReady: lambda x: f"step.{x.step}.{x.attempt}.ready.{x.pool}.{x.queue}",
    f.StepTurn: lambda x: f"step.{x.step}.{x.attempt}.turn.{x.turn}",
    **dict.fromkeys(get_args(f.StepFinished), lambda x: f"step.{x.step}.{x.attempt}.finished"),
    f.StepRetryScheduled: lambda x: f"step.{x.step}.{x.attempt}.retry",
    f.StepDue: lambda x: f"step.{x.step}.{x.attempt}.{x.purpose}.due",
    f.StepSkipped: lambda x: f"step.{x.step}.skipped",
    **dict.fromkeys(STREAM, lambda x: f"delta.{x.step}.{x.attempt}.{x.execution}"),
}
"""The rests of the types that have one of their own; those of the others are as usual."""

_USUAL = {kind: type_of(kind).partition(".")[2] for kind in LIFECYCLE_TYPES if kind not in _RESTS}
_OF_EXECUTIONS = {word for kind, word in _USUAL.items() if issubclass(kind, f.ExecutionFact)}
_OF_ATTEMPTS = {word for kind, word in _USUAL.items() if issubclass(kind, f.StepFact)}
_OF_ATTEMPTS = _OF_ATTEMPTS - _OF_EXECUTIONS | {"finished", "retry"}


def _usual(kind: type[f.RunFact], word: str) -> Callable[[Any], str]:
    if issubclass(kind, f.ExecutionFact):
        return lambda x: f"step.{x.step}.{x.attempt}.{x.execution}.{word}"
    if issubclass(kind, f.StepFact):
        return lambda x: f"step.{x.step}.{x.attempt}.{word}"
    return lambda _: word


_MAKERS = {**_RESTS, **{kind: _usual(kind, word) for kind, word in _USUAL.items()}}


def rest_of(fact: AnyFact) -> str:
    """What follows the run in the fact's subject."""
    return _MAKERS[type(fact)](fact)


def subject_of(fact: AnyFact) -> str:
    """The fact's subject: its identity in the log."""
    return f"run.{fact.partition}.{fact.workspace}.{fact.run}.{rest_of(fact)}"


def timer_of(fact: f.TimerFact) -> str:
    """The subject of the timer that will make this fact."""
    return f"timer.{fact.partition}.{fact.workspace}.{fact.run}.{rest_of(fact)}"


def due_of(fact: f.TimerFact) -> str:
    """The subject on which the server publishes the timer that fired."""
    return f"due.{fact.partition}.{fact.workspace}.{fact.run}.{rest_of(fact)}"


def live_filter(workspace: str, run: str = _ANY, rest: str = ">") -> str:
    """The core NATS filter that hears a workspace's, or a run's, facts."""
    return f"live.{workspace}.{run}.{rest}"


def live_workspace(workspace: str) -> str:
    """The core NATS filter that hears all of a workspace; what strangers may be allowed."""
    return f"live.{workspace}.>"


def stored_filter(workspace: str = _ANY, run: str = _ANY, rest: str = ">") -> str:
    """The filter of what the log has of runs, in whatever partition."""
    return f"run.*.{workspace}.{run}.{rest}"


def partition_filter(partition: int, rest: str) -> str:
    """The filter of what the log has of a partition's runs."""
    return f"run.{partition}.*.*.{rest}"


def requests_filter(partition: int, workspace: str) -> str:
    """The filter of the requests of a workspace's runs in a partition."""
    return Address(partition, workspace, _ANY).subject(REQUESTED)


def ready_filter(pool: str, queue: str) -> str:
    """The filter of the steps that are ready in a queue."""
    return stored_filter(rest=f"step.*.*.ready.{pool}.{queue}")


def _number(word: str) -> int:
    """The number a builder spelled so; `int` would take `+1`, `01` and `1_0` as well."""
    if word.isdecimal() and word.isascii() and (word[0] != "0" or word == "0"):
        return int(word)
    raise ValueError(word)


def _any(number: int | None) -> str:
    return _ANY if number is None else str(number)


def _foreign(subject: str, expected: str) -> Corrupt:
    return Corrupt(f"expected a subject {expected}, found {subject[:_SHOWN]!r}")
