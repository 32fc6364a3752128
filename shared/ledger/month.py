"""What workspaces used in the calendar month, in UTC, as the projector has summed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from shared.ledger.facts import Source
from shared.ledger.pool import translated
from shared.ledger.usage import COUNTS
from shared.models import Group, exact_cost
from shared.models.catalogue import PRICE_DAYS, TIER_BOUNDS
from shared.run.content import Usage

_NAMES = tuple(Usage.model_fields)
_MONTH = f"""
select workspace, model, min(price_day) as day, width_bucket(above_tokens, $3::bigint[]) as tier,
    {COUNTS}
from usage_sums c
where workspace = any($1) and grain = 'whole' and span = 'month' and since = $2
group by workspace, model, tier, width_bucket(price_day, $4::date[])
"""


@dataclass(frozen=True, slots=True)
class Month:
    """Tokens of runs that were asked for in a month, and what those cost of which that is known."""

    tokens: int = 0
    cost_usd: Decimal = Decimal(0)


def month_of(at: datetime) -> datetime:
    """The beginning of the month, in UTC."""
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_after(at: datetime) -> datetime:
    """The beginning of the next one."""
    begun = month_of(at)
    return begun.replace(year=begun.year + begun.month // 12, month=begun.month % 12 + 1)


async def used_in_month(
    source: Source, workspaces: Sequence[str], at: datetime
) -> Mapping[str, Month]:
    """What each of these used in the month of this time; nothing of those that are left out.

    Raises: Unavailable.
    """
    if not workspaces:
        return {}
    with translated():
        rows = await source.fetch(_MONTH, workspaces, month_of(at), TIER_BOUNDS, PRICE_DAYS)
    found: dict[str, Month] = {}
    for row in rows:
        used = Usage(**{name: row[name] for name in _NAMES})
        cost = exact_cost([(Group(row["model"] or None, row["day"], row["tier"]), used)])
        before = found.get(row["workspace"], Month())
        found[row["workspace"]] = Month(
            before.tokens + used.total_tokens(),
            before.cost_usd + (cost or Decimal(0)) / 1_000_000,
        )
    return found
