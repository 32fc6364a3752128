"""What a request asks of its model beside words: thinking, effort, caching, tools of its choice.

Source: the types ThinkingConfigParam, OutputConfigParam, CacheControlEphemeralParam and
ToolChoiceParam of the SDK.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Effort: TypeAlias = Literal["low", "medium", "high", "xhigh", "max"]
Display: TypeAlias = Literal["summarized", "omitted"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CacheControl(_Strict):
    """The prompt up to here is kept for a while, and read back where it comes again."""

    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] = "5m"


class Adaptive(_Strict):
    """As much thinking as it takes."""

    type: Literal["adaptive"]
    display: Display | None = None


class Enabled(_Strict):
    """At most so many tokens of thinking."""

    type: Literal["enabled"]
    budget_tokens: Annotated[int, Field(ge=1024)]
    display: Display | None = None


class Disabled(_Strict):
    """No thinking."""

    type: Literal["disabled"]


class BetweenTools(_Strict):
    """No thinking but notes between calls of tools."""

    type: Literal["between_tools"]


Thinking: TypeAlias = Annotated[
    Adaptive | Enabled | Disabled | BetweenTools, Field(discriminator="type")
]


class OutputConfig(_Strict):
    """How much effort the answer is worth, and its form."""

    effort: Effort | None = None
    format: dict[str, object] | None = None


class ToolChoice(_Strict):
    """Which of the offered tools may, or must, be used."""

    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None
