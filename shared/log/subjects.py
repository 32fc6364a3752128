"""Subjects: the identity of a fact, as text, and back.

    run.{partition}.{workspace}.{run}.{rest}     what the log stores
    live.{workspace}.{run}.{rest}                the same, republished after storing
    timer.{partition}.{workspace}.{run}.{rest}   a fact to be, scheduled
    due.{partition}.{workspace}.{run}.{rest}     a timer that fired
    alive.{workspace}.{run}.{step}.{attempt}     is a worker executing this? (never stored)
    readers.{workspace}.{run}                    does anybody read this run? (never stored)

`rest` is a pure function of the fact; integers and glossary words only, never user text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from zlib import crc32

from shared.run import facts as f

AnyFact = f.Lifecycle | f.Stream

LIFECYCLE = ("*", "*.due", "step.>")
"""Filters of the rests of all lifecycle facts; no delta's matches."""


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
    """Address and rest of a subject of `run.>` or `due.>`."""
    _, partition, workspace, run, rest = subject.split(".", 4)
    return Address(int(partition), workspace, run), rest


def split_live(subject: str) -> tuple[str, str, str]:
    """Workspace, run and rest of a subject of `live.>`."""
    _, workspace, run, rest = subject.split(".", 3)
    return workspace, run, rest


def split_alive(subject: str) -> AttemptKey:
    """The attempt a subject of `alive.>` asks about."""
    _, workspace, run, step, attempt = subject.split(".")
    return AttemptKey(workspace, run, int(step), int(attempt))


def readers_of(workspace: str, run: str) -> str:
    """Where to ask whether anybody reads the run."""
    return f"readers.{workspace}.{run}"


def split_readers(subject: str) -> tuple[str, str]:
    """Workspace and run a subject of `readers.>` asks about."""
    _, workspace, run = subject.split(".")
    return workspace, run


_FINISHED = "finished"
_RUN_RESTS: dict[type, str] = {
    f.RunRequested: "requested",
    f.RunStartDue: "start.due",
    f.RunStarted: "started",
    f.RunCancelRequested: "cancel",
    f.RunDeadlineReached: "deadline",
    f.RunStopping: "stopping",
    f.RunStopDue: "stopping.due",
    f.RunCompleted: _FINISHED,
    f.RunFailed: _FINISHED,
    f.RunCancelled: _FINISHED,
}
_STEP_RESTS: dict[type, Callable[..., str]] = {
    f.StepReady: lambda x: f"step.{x.step}.{x.attempt}.ready.{x.pool}.{x.queue}",
    f.StepStarted: lambda x: f"step.{x.step}.{x.attempt}.{x.execution}.started",
    f.StepReleased: lambda x: f"step.{x.step}.{x.attempt}.{x.execution}.released",
    f.StepTurn: lambda x: f"step.{x.step}.{x.attempt}.turn.{x.turn}",
    f.StepCompleted: lambda x: f"step.{x.step}.{x.attempt}.finished",
    f.StepFailed: lambda x: f"step.{x.step}.{x.attempt}.finished",
    f.StepCancelled: lambda x: f"step.{x.step}.{x.attempt}.finished",
    f.StepRetryScheduled: lambda x: f"step.{x.step}.{x.attempt}.retry",
    f.StepWaiting: lambda x: f"step.{x.step}.{x.attempt}.waiting",
    f.StepDecided: lambda x: f"step.{x.step}.{x.attempt}.decided",
    f.StepDue: lambda x: f"step.{x.step}.{x.attempt}.{x.purpose}.due",
    f.StepSkipped: lambda x: f"step.{x.step}.skipped",
    f.StepDelta: lambda x: f"delta.{x.step}.{x.attempt}.{x.execution}",
    f.StepThinking: lambda x: f"delta.{x.step}.{x.attempt}.{x.execution}",
    f.StepTool: lambda x: f"delta.{x.step}.{x.attempt}.{x.execution}",
    f.StepCitation: lambda x: f"delta.{x.step}.{x.attempt}.{x.execution}",
    f.StepProgress: lambda x: f"delta.{x.step}.{x.attempt}.{x.execution}",
}


def rest_of(fact: AnyFact) -> str:
    """What follows the run in the fact's subject."""
    rest = _RUN_RESTS.get(type(fact))
    return rest if rest is not None else _STEP_RESTS[type(fact)](fact)


def subject_of(fact: AnyFact) -> str:
    """The fact's subject: its identity in the log."""
    return f"run.{fact.partition}.{fact.workspace}.{fact.run}.{rest_of(fact)}"


def timer_of(fact: f.TimerFact) -> str:
    """The subject of the timer that will make this fact."""
    return f"timer.{fact.partition}.{fact.workspace}.{fact.run}.{rest_of(fact)}"


def live_filter(workspace: str, run: str = "*", rest: str = ">") -> str:
    """The core NATS filter that hears a workspace's, or a run's, facts."""
    return f"live.{workspace}.{run}.{rest}"
