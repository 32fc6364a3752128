"""What the API answers of models, typed: what each can do, and what its tokens cost."""

from __future__ import annotations

from typing import Literal

from penstock_client.results import Result


class Thinking(Result):
    """How a model thinks: of which kinds, unless asked otherwise, and at which efforts not."""

    kinds: tuple[str, ...]
    by_default: bool | None = None
    can_be_off: bool | None = None
    off_efforts: tuple[str, ...] | None = None


class Tier(Result):
    """US dollars per million tokens, as decimals in text; None is unknown.

    They are those of prompts of up to `up_to_prompt_tokens`; None is every other prompt.
    """

    up_to_prompt_tokens: int | None = None
    input: str | None = None
    output: str | None = None
    cache_read: str | None = None
    cache_write_5m: str | None = None
    cache_write_1h: str | None = None


class Prices(Result):
    """Prices in force, by the size of the prompt; days are in UTC, the last is exclusive."""

    valid_from: str | None = None
    valid_to: str | None = None
    tiers: tuple[Tier, ...]


class Model(Result):
    """What is known of a model; None is unknown, or for `valid_from` and `valid_to` no end."""

    model: str
    provider: str
    valid_from: str | None = None
    valid_to: str | None = None
    context_tokens: int | None = None
    output_tokens: int | None = None
    default_max_tokens: int
    thinking: Thinking | None = None
    efforts: tuple[str, ...] | None = None
    default_effort: str | None = None
    vision: bool | None = None
    pdf: bool | None = None
    structured_output: bool | None = None
    prefill: bool | None = None
    cache_minimum_tokens: int | None = None
    first_token_seconds: float | None = None
    prices: Prices | None = None
    web_search_per_1000: str | None = None


class Models(Result):
    """Every model that is known and offered now; `default_model` is that of who names none.

    `answers` says who answers for it: its provider, a simulator, or nobody for want of a key.
    """

    default_model: str
    items: tuple[Model, ...]
    answers: Literal["model", "simulated", "no_key"] = "model"
