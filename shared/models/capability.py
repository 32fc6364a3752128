"""What a model can do, as far as it is known: None is unknown, and forbids nothing."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.models.period import Period
from shared.models.pricing import PricePeriod

Effort = Literal["low", "medium", "high", "xhigh", "max"]
Tokens = Annotated[int, Field(ge=1)]


class Thinking(BaseModel):
    """How a model thinks.

    `kinds`: `adaptive` (as much as it takes) and `budget` (at most so many tokens). `off` is how
    the provider is asked for no thinking, `never` if it always thinks; `off_efforts` are the
    efforts at which it may be off. `display` is what is shown of it unless asked otherwise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: tuple[Literal["adaptive", "budget"], ...]
    by_default: bool | None
    off: Literal["disabled", "between_tools", "never"] | None
    off_efforts: tuple[Effort, ...] | None
    display: Literal["summarized", "omitted"] | None


class Capabilities(Period):
    """One model, while it is offered, with its prices."""

    model: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
    comment: str
    context_tokens: Tokens | None
    output_tokens: Tokens | None
    thinking: Thinking | None
    efforts: tuple[Effort, ...] | None
    default_effort: Effort | None
    vision: bool | None
    pdf: bool | None
    structured_output: bool | None
    prefill: bool | None
    cache_minimum_tokens: Tokens | None
    first_token_seconds: Annotated[float, Field(gt=0)] | None
    prices: tuple[PricePeriod, ...]
