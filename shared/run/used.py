"""What a fact says that its attempt used: of a turn that part, of an outcome all of it.

An outcome's counts hold those of its turns again, so who adds up takes one or the other.
"""

from __future__ import annotations

from typing import NamedTuple

from shared.run import facts as f
from shared.run.content import Usage

ALTOGETHER = 0


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
