"""What follows the run in the subjects of facts: which fact it is, as text, and back.

    requested                                                  of the run
    step.{step}.{attempt}.waiting                              of an attempt
    step.{step}.{attempt}.{execution}.started                  of an execution
    step.{step}.{attempt}.turn.{turn}                          of a turn
    tool.{step}.{attempt}.{turn}.{place}.{execution}.called    of a call in a turn
    delta.{step}.{attempt}.{execution}                         what its model says

Those of tools begin with `tool.`, so that no filter of a scheduler matches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, get_args

from shared.run import facts as f
from shared.run.meaning import LIFECYCLE as LIFECYCLE_TYPES
from shared.run.meaning import STREAM, type_of

REQUESTED, CANCEL, DEADLINE, STOPPING, FINISHED = (
    *("requested", "cancel", "deadline", "stopping", "finished"),
)
"""Rests of a run's facts that are looked for by name."""

ANY = "*"
_DELTA = "delta."


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

    def tools(self) -> str:
        """All of the tools that were called for it."""
        return f"tool.{self.step}.{self.attempt}.>"

    def called(self, turn: int, index: int, execution: int | None = None) -> str:
        """A tool is about to be called."""
        return f"tool.{self.step}.{self.attempt}.{turn}.{index}.{_any(execution)}.called"

    def returned(self, turn: int, index: int) -> str:
        """What came of a call."""
        return f"tool.{self.step}.{self.attempt}.{turn}.{index}.returned"

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


class ToolRest(NamedTuple):
    """What the rest of a tool's fact says; `execution` is 0 for what came of the call."""

    key: StepKey
    turn: int
    place: int
    execution: int = 0


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


def tool_rest(rest: str) -> ToolRest | None:
    """What the rest of a tool's fact says; None for any other."""
    match rest.split("."):
        case ["tool", step, attempt, turn, index, execution, "called"]:
            numbers = step, attempt, turn, index, execution
        case ["tool", step, attempt, turn, index, "returned"]:
            numbers = step, attempt, turn, index, "0"
        case _:
            return None
    try:
        own, its_attempt, *others = map(number_in, numbers)
    except ValueError:
        return None
    return ToolRest(StepKey(own, its_attempt), *others)


def _step_rest(step: str, attempt: str, word: str, number: str = "0") -> StepRest | None:
    try:
        return StepRest(StepKey(number_in(step), number_in(attempt)), word, number_in(number))
    except ValueError:
        return None


_RESTS: dict[type, Callable[[Any], str]] = {
    f.RunStartDue: lambda _: "start.due",
    f.RunCancelRequested: lambda _: CANCEL,
    f.RunDeadlineReached: lambda _: DEADLINE,
    f.RunStopDue: lambda _: "stopping.due",
    **dict.fromkeys(get_args(f.RunEnded), lambda _: FINISHED),
    f.StepReady: lambda x: f"step.{x.step}.{x.attempt}.ready.{x.pool}.{x.queue}",
    f.StepTurn: lambda x: f"step.{x.step}.{x.attempt}.turn.{x.turn}",
    f.ToolCalled: lambda x: StepKey(x.step, x.attempt).called(x.turn, x.index, x.execution),
    f.ToolReturned: lambda x: StepKey(x.step, x.attempt).returned(x.turn, x.index),
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


def rest_of(fact: f.Lifecycle | f.Stream) -> str:
    """What follows the run in the fact's subject."""
    return _MAKERS[type(fact)](fact)


def number_in(word: str) -> int:
    """The number a builder spelled so; `int` would take `+1`, `01` and `1_0` as well."""
    if word.isdecimal() and word.isascii() and (word[0] != "0" or word == "0"):
        return int(word)
    raise ValueError(word)


def _any(number: int | None) -> str:
    return ANY if number is None else str(number)
