"""What attempts used, and what that costs: an exact sum, rounded where it is told.

    turns, and an outcome -> the calls to the model, each with its price -> dollars

`shared.ledger.usage` says the same of the rows in Postgres.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from shared.models import exact_cost, group_of, in_dollars
from shared.run.content import Usage
from shared.run.used import Call, calls_of

_NOTHING = Usage()
_COUNTS = tuple(Usage.model_fields)


class ModelCall(NamedTuple):
    """A call to a model, and what it used; `model` is None if no fact names it."""

    model: str | None
    usage: Usage


@dataclass(slots=True)
class AttemptUsage:
    """What one attempt used: by its outcome, or by its finished turns where that tells nothing."""

    turns: dict[int, ModelCall] = field(default_factory=dict)
    outcome: ModelCall | None = None

    def add_turn(self, number: int, call: ModelCall) -> None:
        """A turn is finished; of the same number the first one counts."""
        self.turns.setdefault(number, call)

    def end(self, whole: ModelCall) -> None:
        """The attempt is over, having used this altogether; the first outcome counts."""
        if self.outcome is None and whole.usage != _NOTHING:
            self.outcome = whole

    @property
    def usage(self) -> Usage:
        """All of it."""
        if self.outcome is not None:
            return self.outcome.usage
        return total(call.usage for call in self.turns.values())

    def calls(self) -> Sequence[ModelCall]:
        """The calls that it was used by."""
        outcome = None if self.outcome is None else _call(self.outcome)
        calls = calls_of([_call(turn) for turn in self.turns.values()], outcome)
        return [
            ModelCall(model, Usage(**dict(zip(_COUNTS, counts, strict=True))))
            for model, counts in calls
        ]


def _call(call: ModelCall) -> Call:
    return Call(call.model, tuple(getattr(call.usage, name) for name in _COUNTS))


def total(usages: Iterable[Usage]) -> Usage:
    """The sum, field by field."""
    found = _NOTHING
    for usage in usages:
        if usage != _NOTHING:
            found = found.plus(usage)
    return found


def cost_usd(attempts: Iterable[tuple[AttemptUsage, datetime]]) -> str | None:
    """What attempts that began at these times cost together, in dollars; None if unknown."""
    groups = (
        (group_of(model, usage, began_at), usage)
        for used, began_at in attempts
        for model, usage in used.calls()
    )
    return in_dollars(exact_cost(groups))
