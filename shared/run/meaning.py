"""What each reader makes of each type of fact: the one table, complete or not imported.

    heart      which of its rules hears it; said by the unions of `facts`, checked by types
    rows       the read model: what it changes there
    attempts   the api's steps and attempts
    view       the law of readers, of the client and of the watch page alike
    updates    the event stream that other tools know

"" is a decision too: the reader passes the fact over. Readers register what they do by `by_type`,
which refuses any other set of types than the table's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias, TypeVar, get_args

from shared.run import facts as f
from shared.run.content import Blob

Reader = Literal["rows", "attempts", "view", "updates"]
T = TypeVar("T")
_Types: TypeAlias = Iterable[type[f.RunFact]]


class Meaning(NamedTuple):
    """One line of the table."""

    writer: str
    rows: Literal["run", "step", "usage", ""]
    attempts: Literal["attempt", "execution", "call", "approval", "outcome", ""]
    view: Literal["run", "step", "execution", ""]
    updates: Literal["status", "step", "text", "tool", "end", "noted", ""]


_BOTH, _ENDED = "worker, scheduler", "scheduler, api"
MEANING: Mapping[type[f.RunFact], Meaning] = {
    #                               writer       rows     attempts     view         updates
    f.RunRequested:         Meaning("api",       "run",   "",          "",          "status"),
    f.RunStartDue:          Meaning("timer",     "",      "",          "",          ""),
    f.RunStarted:           Meaning("scheduler", "run",   "",          "run",       "status"),
    f.RunCancelRequested:   Meaning("api",       "run",   "",          "run",       ""),
    f.RunDeadlineReached:   Meaning("timer",     "",      "",          "",          ""),
    f.RunStopping:          Meaning("scheduler", "run",   "",          "run",       ""),
    f.RunStopDue:           Meaning("timer",     "",      "",          "",          ""),
    f.RunCompleted:         Meaning("scheduler", "run",   "",          "run",       "end"),
    f.RunFailed:            Meaning(_ENDED,      "run",   "",          "run",       "end"),
    f.RunCancelled:         Meaning("scheduler", "run",   "",          "run",       "end"),
    f.StepReady:            Meaning("scheduler", "step",  "attempt",   "step",      ""),
    f.StepStarted:          Meaning("worker",    "step",  "execution", "execution", "step"),
    f.StepReleased:         Meaning("worker",    "step",  "execution", "execution", ""),
    f.StepTurn:             Meaning("worker",    "usage", "attempt",   "step",      "noted"),
    f.ToolCalled:           Meaning("worker",    "",      "call",      "step",      "tool"),
    f.ToolReturned:         Meaning("worker",    "",      "call",      "step",      "tool"),
    f.StepCompleted:        Meaning(_BOTH,       "step",  "outcome",   "step",      "step"),
    f.StepFailed:           Meaning(_BOTH,       "step",  "outcome",   "step",      "noted"),
    f.StepCancelled:        Meaning(_BOTH,       "step",  "outcome",   "step",      "noted"),
    f.StepRetryScheduled:   Meaning("scheduler", "step",  "attempt",   "step",      ""),
    f.StepWaiting:          Meaning("scheduler", "step",  "approval",  "step",      ""),
    f.StepDecided:          Meaning("api",       "step",  "approval",  "step",      ""),
    f.StepDue:              Meaning("timer",     "step",  "approval",  "step",      ""),
    f.StepSkipped:          Meaning("scheduler", "step",  "",          "step",      ""),
    f.StepDelta:            Meaning("worker",    "",      "",          "execution", "text"),
    f.StepThinking:         Meaning("worker",    "",      "",          "execution", ""),
    f.StepTool:             Meaning("worker",    "",      "",          "execution", "tool"),
    f.StepCitation:         Meaning("worker",    "",      "",          "execution", ""),
    f.StepProgress:         Meaning("worker",    "",      "",          "execution", ""),
}  # fmt: skip

LIFECYCLE: tuple[type[f.RunFact], ...] = get_args(f.Lifecycle)
STREAM: tuple[type[f.RunFact], ...] = get_args(f.Stream)


# The fields that may be large bodies, of the types that have some.
BODIES: Mapping[type[f.RunFact], tuple[str, ...]] = {
    kind: names
    for kind in MEANING
    if (names := tuple(n for n, x in kind.model_fields.items() if Blob in get_args(x.annotation)))
}


def type_of(kind: type[f.RunFact]) -> str:
    """The wire name of a type of fact."""
    return str(kind.model_fields["type"].default)


def heard_by(reader: Reader) -> frozenset[type[f.RunFact]]:
    """The types of fact of which this reader makes something."""
    return frozenset(kind for kind, meaning in MEANING.items() if getattr(meaning, reader))


def by_type(reader: Reader, rules: Mapping[type[f.RunFact], T]) -> dict[type[f.RunFact], T]:
    """The reader's rules. Raises: TypeError, where they are not for just the types it hears."""
    _compare(f"what `{reader}` makes of facts", rules.keys(), heard_by(reader))
    return dict(rules)


def heart_of(kind: type[f.RunFact]) -> str:
    """Which rule of the heart hears the type: run, step, or none."""
    if kind in get_args(f.StepMark):
        return "step"
    return "" if kind in get_args(f.Inert) else "run"


def _declared(kind: type[f.RunFact]) -> Iterator[type[f.RunFact]]:
    for each in kind.__subclasses__():
        if "type" in each.model_fields:
            yield each
        yield from _declared(each)


def _compare(what: str, found: _Types, expected: _Types) -> None:
    told, known = set(found), set(expected)
    missing = sorted(each.__name__ for each in known - told)
    surplus = sorted(each.__name__ for each in told - known)
    if missing or surplus:
        raise TypeError(
            f"expected {what} to be said of just the types of shared.run.meaning, "
            f"got none of {missing} and some of {surplus}: change the table or the rules"
        )


_compare("the unions of facts", (*LIFECYCLE, *STREAM), _declared(f.RunFact))
_compare("what readers make of facts", MEANING.keys(), (*LIFECYCLE, *STREAM))
