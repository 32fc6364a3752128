"""`GET /models`: what the models that are known can do now, and what their tokens cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field
from starlette.requests import Request

from services.api.definitions.known_models import KnownModels, Offered
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.models import Shape
from services.api.http.parts import part
from services.api.identity.identity import workspace_of
from services.api.keys.known_keys import WorkerKeys, WorkspaceKeys, require_key
from services.api.keys.refusals import NoProviderKey
from shared.flow import JSON
from shared.models import Effort, ModelName, Tier, default_max_tokens, named

Answers = Literal["model", "simulated", "no_key"]

CALLS = Calls("Models")

_TIER: dict[str, JSON] = {
    "up_to_prompt_tokens": None,
    "input": "2",
    "output": "10",
    "cache_read": "0.10",
    "cache_write_5m": "2.50",
    "cache_write_1h": "4",
}
_MODEL: dict[str, JSON] = {
    "model": "claude-sonnet-5-5",
    "provider": "anthropic",
    "valid_from": "2026-09-28",
    "valid_to": None,
    "context_tokens": 1_000_000,
    "output_tokens": 128_000,
    "default_max_tokens": 32_000,
    "thinking": {
        "kinds": ["adaptive"],
        "by_default": True,
        "can_be_off": True,
        "off_efforts": ["low", "medium", "high"],
    },
    "efforts": ["low", "medium", "high", "xhigh", "max"],
    "default_effort": "high",
    "vision": True,
    "pdf": None,
    "structured_output": None,
    "prefill": False,
    "cache_minimum_tokens": 512,
    "first_token_seconds": None,
    "prices": {"valid_from": "2026-10-07", "valid_to": None, "tiers": [_TIER]},
    "web_search_per_1000": "10",
}


class ThinkingShape(Shape):
    """How a model thinks: of which kinds, unless asked otherwise, and at which efforts not."""

    kinds: list[Literal["adaptive", "budget"]]
    by_default: bool | None
    can_be_off: bool | None
    off_efforts: list[Effort] | None


class TierShape(Shape):
    """US dollars per million tokens, for prompts of up to so many tokens; null is every other."""

    up_to_prompt_tokens: int | None
    input: str | None
    output: str | None
    cache_read: str | None
    cache_write_5m: str | None
    cache_write_1h: str | None


class PricesShape(Shape):
    """Prices in force, by the size of the prompt; days are in UTC, the last is exclusive."""

    valid_from: date | None
    valid_to: date | None
    tiers: list[TierShape]


class ModelShape(Shape):
    """What is known of a model; null is unknown, or for `valid_from` and `valid_to` no end.

    `model` is found as it stands and with the date of a snapshot behind it.
    """

    EXAMPLE: ClassVar[JSON] = _MODEL

    model: str
    provider: str
    valid_from: date | None
    valid_to: date | None
    context_tokens: int | None
    output_tokens: int | None
    default_max_tokens: int
    thinking: ThinkingShape | None
    efforts: list[Effort] | None
    default_effort: Effort | None
    vision: bool | None
    pdf: bool | None
    structured_output: bool | None
    prefill: bool | None
    cache_minimum_tokens: int | None
    first_token_seconds: float | None
    prices: PricesShape | None
    web_search_per_1000: str | None


class ModelList(Shape):
    """Every model that is known and offered now; `default_model` is that of who names none.

    `answers` says who answers for it: its provider (`model`), a simulator (`simulated`), or nobody,
    for want of a key (`no_key`).
    """

    EXAMPLE: ClassVar[JSON] = {
        "default_model": "claude-sonnet-5-5",
        "answers": "model",
        "items": [_MODEL],
    }

    default_model: str
    answers: Answers
    items: list[ModelShape] = Field(max_length=1_000)


@CALLS.get("/api/v1/models", "Models", answers=(Described(200, "The models", ModelList),))
async def list_models(request: Request) -> Answer[ModelList]:
    """Tells which models are known, what each can do and what its tokens cost today.

    A model that is not here works too: what an agent asks of it is tried.
    """
    models = part(request, KnownModels)
    items = [_shape(offered) for offered in models.offered()]
    default = await models.default_of(workspace_of(request))
    answers = await _answers(request, models, default)
    return Answer(ModelList(default_model=default, answers=answers, items=items))


async def _answers(request: Request, models: KnownModels, default: str) -> Answers:
    if models.is_simulated:
        return "simulated"
    providers = [each for each in (named(default).provider,) if models.needs_key(each)]
    keys, workers = part(request, WorkspaceKeys), part(request, WorkerKeys)
    try:
        await require_key(providers, workspace_of(request), keys, workers)
    except NoProviderKey:
        return "no_key"
    return "model"


def _shape(offered: Offered) -> ModelShape:
    known, prices = offered.known, offered.prices
    plain = known.model_dump(
        include=ModelShape.model_fields.keys() - {"model", "thinking", "prices"}
    )
    return ModelShape(
        model=ModelName(offered.provider, known.model).whole,
        provider=offered.provider,
        default_max_tokens=default_max_tokens(known),
        thinking=_thinking(offered),
        prices=None
        if prices is None
        else PricesShape(
            valid_from=prices.valid_from,
            valid_to=prices.valid_to,
            tiers=[_tier(tier) for tier in prices.tiers],
        ),
        web_search_per_1000=_dollars(offered.web_search_per_1000),
        **plain,
    )


def _thinking(offered: Offered) -> ThinkingShape | None:
    thinking = offered.known.thinking
    if thinking is None:
        return None
    return ThinkingShape(
        kinds=list(thinking.kinds),
        by_default=thinking.by_default,
        can_be_off=None if thinking.off is None else thinking.off != "never",
        off_efforts=None if thinking.off_efforts is None else list(thinking.off_efforts),
    )


def _tier(tier: Tier) -> TierShape:
    return TierShape(
        up_to_prompt_tokens=tier.up_to_prompt_tokens,
        input=_dollars(tier.input),
        output=_dollars(tier.output),
        cache_read=_dollars(tier.cache_read),
        cache_write_5m=_dollars(tier.cache_write_5m),
        cache_write_1h=_dollars(tier.cache_write_1h),
    )


def _dollars(price: Decimal | None) -> str | None:
    return None if price is None else f"{price:f}"
