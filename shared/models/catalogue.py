"""The catalogue of models: read from its files when this is imported, asked by name and time."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from importlib.resources import files
from itertools import chain, pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.models.capability import Capabilities
from shared.models.names import named
from shared.models.period import Period
from shared.models.pricing import Counts, Dollars, Tier, micro_dollars, prompt_tokens, whole

PROVIDERS = ("anthropic", "openai")
UNKNOWN_MAX_TOKENS = 8_192
MOST_MAX_TOKENS = 32_000

_SNAPSHOT = re.compile(r"-(\d{8}|\d{4}-\d{2}-\d{2})$")
_NOTHING = Decimal(0)


class Catalogue(BaseModel):
    """The models of one provider; of the same name at most one at a time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: Annotated[str, Field(min_length=1)]
    comment: str
    web_search_per_1000: Dollars | None
    models: tuple[Capabilities, ...]

    @model_validator(mode="after")
    def _tells_one_thing_at_a_time(self) -> Self:
        for name, entries in self._by_name.items():
            histories: list[Sequence[Period]] = [entries, *(entry.prices for entry in entries)]
            for before, after in chain.from_iterable(map(pairwise, histories)):
                if before.valid_to is None or before.valid_to != after.valid_from:
                    raise ValueError(f"{name}: expected periods that follow each other")
        return self

    @cached_property
    def _by_name(self) -> dict[str, list[Capabilities]]:
        found: dict[str, list[Capabilities]] = {}
        for entry in self.models:
            found.setdefault(entry.model, []).append(entry)
        return found

    def capabilities(self, model: str, at: datetime) -> Capabilities | None:
        """What is known of the model at this time."""
        named = self._by_name.get(model) or self._by_name.get(_SNAPSHOT.sub("", model)) or ()
        return next((entry for entry in named if entry.holds(at)), None)

    def tier(self, model: str, at: datetime, prompt: int) -> Tier | None:
        """The prices of a prompt of so many tokens at this time, as far as they are known."""
        known = self.capabilities(model, at)
        periods = known.prices if known else ()
        period = next((each for each in periods if each.holds(at)), None)
        return period.tier(prompt) if period else None

    def exact_price(self, model: str, used: Counts, at: datetime, prompt: int) -> Decimal | None:
        """Micro-dollars, for prompts that are all of the tier of one of `prompt` tokens."""
        tier = self.tier(model, at, prompt)
        return None if tier is None else micro_dollars(used, tier, self.web_search_per_1000)


def _read(provider: str) -> Catalogue:
    text = files("shared.models").joinpath(f"{provider}.json").read_text()
    return Catalogue.model_validate_json(text)


CATALOGUE: tuple[Catalogue, ...] = tuple(map(_read, PROVIDERS))
_BY_PROVIDER = {catalogue.provider: catalogue for catalogue in CATALOGUE}
TIER_BOUNDS: tuple[int, ...] = tuple(
    sorted(
        {
            tier.up_to_prompt_tokens
            for catalogue in CATALOGUE
            for model in catalogue.models
            for period in model.prices
            for tier in period.tiers
            if tier.up_to_prompt_tokens is not None
        }
    )
)
"""The prompt sizes at which any price changes."""
PRICE_DAYS: tuple[date, ...] = tuple(
    sorted(
        {
            day
            for catalogue in CATALOGUE
            for model in catalogue.models
            for period in (model, *model.prices)
            for day in (period.valid_from, period.valid_to)
            if day is not None
        }
    )
)
"""The days on which any price may change."""


def capabilities(model: str, at: datetime) -> Capabilities | None:
    """What is known of a model at a time with its zone; None for one that is not known."""
    provider, name = named(model)
    catalogue = _BY_PROVIDER.get(provider)
    return None if catalogue is None else catalogue.capabilities(name, at)


def exact_price(
    model: str | None, used: Counts, at: datetime, prompt: int | None = None
) -> Decimal | None:
    """What calls cost, in micro-dollars, not rounded; None if that is unknown.

    The tier is that of a prompt of `prompt` tokens, or of one call that used all this.
    """
    size = prompt_tokens(used)
    if not (size or used.output_tokens or used.web_search_requests):
        return _NOTHING
    if model is None:
        return None
    provider, name = named(model)
    catalogue = _BY_PROVIDER.get(provider)
    if catalogue is None:
        return None
    return catalogue.exact_price(name, used, at, size if prompt is None else prompt)


def price(model: str | None, used: Counts, at: datetime) -> int | None:
    """What one call cost, in whole micro-dollars; None if that is unknown, 0 for nothing used."""
    exact = exact_price(model, used, at)
    return None if exact is None else whole(exact)


def default_max_tokens(known: Capabilities | None) -> int:
    """How long an answer may be, thinking included, where nobody says."""
    if known is None or known.output_tokens is None:
        return UNKNOWN_MAX_TOKENS
    return min(known.output_tokens, MOST_MAX_TOKENS)


def default_thinking(known: Capabilities | None) -> Literal["adaptive"] | None:
    """How a model thinks where nobody says; None leaves it to the provider."""
    has = known is not None and known.thinking is not None and "adaptive" in known.thinking.kinds
    return "adaptive" if has else None
