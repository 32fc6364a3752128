"""The end a person gives to a run that is parked: how it is recorded, and how it is known again.

Such a run is what was understood of it before, and its end: what lies between is not understood
and never will be. Every version knows `run.failed`, so all agree that it is over.
"""

from __future__ import annotations

from shared.run.content import Cause
from shared.run.facts import Lifecycle, RunFailed, Stream

ENDED_BY_PERSON = "ended_by_person"


def cause_of_end(reason: str | None) -> Cause:
    """Why a run is over that a person ended, for this reason if one was given."""
    words = "A person ended the run while it was parked"
    return Cause(code=ENDED_BY_PERSON, message=f"{words}: {reason}" if reason else f"{words}.")


def is_ended_by_person(fact: Lifecycle | Stream) -> bool:
    """It is the end that a person gave to a parked run."""
    return isinstance(fact, RunFailed) and fact.error.code == ENDED_BY_PERSON
