"""What many calls cost together: exact sums of groups, in each of which a token has one price.

a call -> (model, day, tier) -> counts summed -> priced -> summed, rounded where it is told
"""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from shared.models.catalogue import CATALOGUE, PRICE_DAYS, TIER_BOUNDS
from shared.models.pricing import Counts, Tier, micro_dollars, prompt_tokens

_UNKNOWN = Tier(
    up_to_prompt_tokens=None,
    input=None,
    output=None,
    cache_read=None,
    cache_write_5m=None,
    cache_write_1h=None,
)

_DAY = timedelta(days=1)
_LONG_AGO = date(1970, 1, 1)


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
        cost = micro_dollars(used, *_prices_of(group))
        if cost is None:
            return None
        total += cost
    return total


@lru_cache(maxsize=1024)
def _prices_of(group: Group) -> tuple[Tier, Decimal | None]:
    """The prices of tokens and of searches."""
    at = datetime.combine(group.day, time(), UTC)
    prompt = TIER_BOUNDS[group.tier - 1] + 1 if group.tier else 0
    model = group.model or ""
    found = ((each.tier(model, at, prompt), each.web_search_per_1000) for each in CATALOGUE)
    return next(((tier, search) for tier, search in found if tier is not None), (_UNKNOWN, None))


def unit_prices(group: Group) -> tuple[Decimal | None, ...]:
    """Micro-dollars for one token of each kind, in the order of `Tier`, and for one search."""
    tier, search = _prices_of(group)
    tokens = (tier.input, tier.output, tier.cache_read, tier.cache_write_5m, tier.cache_write_1h)
    return *tokens, None if search is None else search * 1000


@lru_cache(maxsize=4096)
def priced_since(group: Group) -> date:
    """The first day since when such calls have had the prices of the group's; 1970 if always."""
    prices = unit_prices(group)
    earlier = (day for day in reversed(PRICE_DAYS) if day <= group.day)
    changed = (day for day in earlier if unit_prices(group._replace(day=day - _DAY)) != prices)
    return next(changed, _LONG_AGO)
