"""What many calls cost together: exact sums of groups, in each of which a token has one price.

a call -> (model, day, tier) -> counts summed -> priced -> summed, rounded where it is told
"""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import NamedTuple

from shared.models.catalogue import TIER_BOUNDS, exact_price
from shared.models.pricing import Counts, prompt_tokens


class Group(NamedTuple):
    """Calls of one model, on one day in UTC; `tier` bounds of the catalogue lie below each prompt.

    So all of them have the same prices. `model` is None if it is not known.
    """

    model: str | None
    day: date
    tier: int


def group_of(model: str | None, used: Counts, at: datetime) -> Group:
    """The group of a call that used this, at a time with its zone."""
    tier = bisect_left(TIER_BOUNDS, prompt_tokens(used))
    return Group(model, at.astimezone(UTC).date(), tier)


def exact_cost(groups: Iterable[tuple[Group, Counts]]) -> Decimal | None:
    """What they cost together, in micro-dollars, not rounded; None if any of it is unknown."""
    total = Decimal(0)
    for group, used in groups:
        at = datetime.combine(group.day, time(), UTC)
        cost = exact_price(group.model, used, at, _prompt_of(group.tier))
        if cost is None:
            return None
        total += cost
    return total


def _prompt_of(tier: int) -> int:
    """The smallest prompt of the tier."""
    return TIER_BOUNDS[tier - 1] + 1 if tier else 0
