"""What a workspace may use in a calendar month, in UTC: tokens and dollars, and when to warn of it.

Sums are the projector's, so a moment late, and a run is counted once it was used for: what is under
way when a limit is reached goes on, and goes beyond it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from math import ceil
from typing import NamedTuple

from services.api.http.problems import Refused
from services.api.people.limit_table import Limits
from shared.ledger.month import Month, month_after

HIGH = Decimal("0.8")


class MonthUsed(Refused):
    """The workspace has used what it may in this month; what runs goes on."""

    status = 429

    def __init__(self, detail: str, retry_after_seconds: int, limit: str) -> None:
        super().__init__(detail, limit=limit)
        self.headers = {"retry-after": str(retry_after_seconds)}


class TokensUsed(MonthUsed):
    """Its tokens."""

    code = "tokens_a_month_limit"


class DollarsUsed(MonthUsed):
    """Its dollars."""

    code = "cost_a_month_limit"


class Share(NamedTuple):
    """How much of a limit of the month is used."""

    limit: str
    used: Decimal
    most: Decimal

    @property
    def is_high(self) -> bool:
        return self.used >= self.most * HIGH


def shares_of(limits: Limits, used: Month) -> Iterator[Share]:
    """What is used of each limit of the month that there is."""
    if limits.tokens_a_month is not None:
        yield Share("tokens_a_month", Decimal(used.tokens), Decimal(limits.tokens_a_month))
    if limits.cost_usd_a_month is not None:
        yield Share("cost_usd_a_month", used.cost_usd, limits.cost_usd_a_month)


def require_left(workspace: str, limits: Limits, used: Month, now: datetime) -> None:
    """Raises: TokensUsed, DollarsUsed, where nothing is left for this month."""
    for limit, found, most in shares_of(limits, used):
        if found >= most:
            until = month_after(now)
            refused, unit = (
                (TokensUsed, "tokens") if limit == "tokens_a_month" else (DollarsUsed, "US dollars")
            )
            raise refused(
                f"expected {workspace} to have used less than {most:,f} {unit} this month, it has "
                f"used {found:,f}: wait until {until:%Y-%m-%dT%H:%MZ}, or have the limit raised",
                ceil((until - now).total_seconds()),
                f"{most:f}",
            )
