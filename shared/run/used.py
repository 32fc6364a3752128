"""What a fact says that its attempt used: of a turn that part, of an outcome all of it.

An outcome's counts hold those of its turns again, so who adds up takes one or the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from shared.run import facts as f
from shared.run.content import Usage

ALTOGETHER = 0

Counts: TypeAlias = tuple[int, ...]
"""In the order of the fields of `Usage`."""


class Call(NamedTuple):
    """A call to a model, and what it used; `model` is None if no fact names it."""

    model: str | None
    counts: Counts


class Used(NamedTuple):
    """What was used in a turn, numbered from 1, or `ALTOGETHER`; `model` is None if not named."""

    turn: int
    model: str | None
    usage: Usage


def used_by(fact: f.RunFact) -> Used | None:
    """What the fact says of it; None for a fact that says nothing."""
    match fact:
        case f.StepTurn():
            return Used(fact.turn, fact.model, fact.usage)
        case f.StepCompleted() | f.StepFailed():
            return Used(ALTOGETHER, fact.model, fact.usage)
        case f.StepCancelled():
            return Used(ALTOGETHER, fact.model, fact.receipt.usage)
        case _:
            return None


def calls_of(turns: Sequence[Call], outcome: Call | None) -> Sequence[Call]:
    """The calls that an attempt was used by.

    Each turn is one. What the outcome has beyond them is another, which was cut short; an
    outcome with less than its turns is taken as one call.
    """
    if outcome is None:
        return turns
    if not turns:
        return [outcome]
    if len(turns) == 1 and turns[0].counts == outcome.counts:
        return turns
    told = [sum(each) for each in zip(*(turn.counts for turn in turns), strict=True)]
    rest = tuple(whole - part for whole, part in zip(outcome.counts, told, strict=True))
    if min(rest) < 0:
        return [outcome]
    return [*turns, Call(outcome.model, rest)] if any(rest) else turns
