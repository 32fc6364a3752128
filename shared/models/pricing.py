"""Prices: US dollars per million tokens, which are micro-dollars per token, so nothing is rounded
before the end.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.models.period import Period

Dollars = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class Counts(Protocol):
    """What one or more calls used; thinking is part of the output."""

    @property
    def input_tokens(self) -> int: ...
    @property
    def output_tokens(self) -> int: ...
    @property
    def cache_read_tokens(self) -> int: ...
    @property
    def cache_creation_5m_tokens(self) -> int: ...
    @property
    def cache_creation_1h_tokens(self) -> int: ...
    @property
    def web_search_requests(self) -> int: ...


class Tier(BaseModel):
    """The prices of prompts of up to so many tokens, cached ones too; None is every other prompt.

    A price that is None is unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    up_to_prompt_tokens: Annotated[int, Field(ge=1)] | None
    input: Dollars | None
    output: Dollars | None
    cache_read: Dollars | None
    cache_write_5m: Dollars | None
    cache_write_1h: Dollars | None


class PricePeriod(Period):
    """Prices while they hold, by the size of the prompt, smallest first."""

    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _reaches_every_prompt(self) -> Self:
        *bounded, last = [tier.up_to_prompt_tokens for tier in self.tiers]
        sizes = [size for size in bounded if size is not None]
        if last is not None or sizes != bounded or sizes != sorted(set(sizes)):
            raise ValueError("expected tiers by growing size, the last without a bound")
        return self

    def tier(self, prompt_tokens: int) -> Tier:
        """The prices of a prompt of this size."""
        return next(
            tier
            for tier in self.tiers
            if tier.up_to_prompt_tokens is None or prompt_tokens <= tier.up_to_prompt_tokens
        )


def prompt_tokens(used: Counts) -> int:
    """The size of the prompt that the tier goes by: what was read, cached or not."""
    cached = used.cache_creation_5m_tokens + used.cache_creation_1h_tokens
    return used.input_tokens + used.cache_read_tokens + cached


def micro_dollars(used: Counts, tier: Tier, search_per_1000: Decimal | None) -> Decimal | None:
    """What was used at these prices; None where a price is needed that is unknown."""
    search = None if search_per_1000 is None else search_per_1000 * 1000
    amounts: Sequence[tuple[int, Decimal | None]] = (
        (used.input_tokens, tier.input),
        (used.output_tokens, tier.output),
        (used.cache_read_tokens, tier.cache_read),
        (used.cache_creation_5m_tokens, tier.cache_write_5m),
        (used.cache_creation_1h_tokens, tier.cache_write_1h),
        (used.web_search_requests, search),
    )
    total = Decimal(0)
    for count, each in amounts:
        if not count:
            continue
        if each is None:
            return None
        total += count * each
    return total


def whole(micro: Decimal) -> int:
    """Whole micro-dollars, halves up."""
    return int(micro.to_integral_value(ROUND_HALF_UP))


def in_dollars(micro: Decimal | None) -> str | None:
    """Dollars with six places, as answers tell them; None stays unknown."""
    return None if micro is None else f"{Decimal(whole(micro)).scaleb(-6):.6f}"
