"""Who is to blame for lost workers: what the log knows of an attempt's executions.

An execution is lost if nobody handed it back and nothing came of it: its worker died. Two of them
make the attempt a suspect, which is tried alone. One that was lost alone is the cause: whatever
else died with it has not been there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TypeAlias

from services.agent_worker.outcome import Failure, failure
from shared.log.entries import fact_of
from shared.log.port import Entry
from shared.run.facts import StepStarted

SUSPECT_AFTER = 2
SHOWN = 5

OfAttempt: TypeAlias = dict[tuple[str, int], Entry]
"""What is recorded of one attempt, by kind of fact and number of execution or turn."""


@dataclass(frozen=True, slots=True)
class Lost:
    """An execution that vanished with its worker; `began_at` is the server's time."""

    execution: int
    worker: str
    began_at: datetime
    alone: bool


def lost_in(attempt: OfAttempt, tooling: Iterable[Entry] = ()) -> tuple[Lost, ...]:
    """The executions lost since the attempt last made progress: a turn, a tool called or returned.

    Raises: Corrupt.
    """
    turns = (entry for (word, _), entry in attempt.items() if word == "turn")
    progress = max((entry.sequence for entry in chain(turns, tooling)), default=0)
    released = executions(attempt, "released")
    begun = {number: attempt["started", number] for number in executions(attempt, "started")}
    return tuple(
        _lost(begun[number])
        for number in sorted(begun.keys() - released)
        if begun[number].sequence > progress
    )


def executions(attempt: OfAttempt, word: str) -> set[int]:
    """The numbers of the executions of which a fact of this kind is recorded."""
    return {number for each, number in attempt if each == word}


def poison(lost: tuple[Lost, ...]) -> Failure:
    """The verdict on an attempt that was lost alone: what is known of it."""
    shown = "; ".join(map(_told, lost[-SHOWN:]))
    workers = len({each.worker for each in lost})
    message = (
        f"{len(lost)} executions of this step were lost with their workers ({workers} different) "
        f"since {_time(lost[0].began_at)}, the last of them with nothing else beside it: {shown}. "
        "See what those workers said last, and how much memory the step's input takes"
    )
    return failure("poison", message)


def _lost(entry: Entry) -> Lost:
    fact = fact_of(entry, StepStarted)
    return Lost(fact.execution, fact.worker, entry.time, fact.alone)


def _told(lost: Lost) -> str:
    how = "alone" if lost.alone else "beside others"
    return f"execution {lost.execution} on {lost.worker} at {_time(lost.began_at)}, {how}"


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
