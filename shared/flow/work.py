"""What each kind of step has to do: the part of a node's `data` that execution reads."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    field_validator,
)
from pydantic_core import PydanticCustomError

from shared.models import Effort

Kind = Literal["agent", "merge", "template", "condition", "approval", "input", "output"]

TOOLS = ("web_search", "web_fetch")
LONGEST_SECONDS = 30 * 86_400  # no run outlives 30 days, so no delay need be longer
Seconds = Annotated[float, Field(gt=0, le=LONGEST_SECONDS)]


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


# Integers as JSON Schema has them: 3.0 is one. Bounds stand before, to be in the schema.
WHOLE = BeforeValidator(_whole)
Count = Annotated[int, Field(ge=1), WHOLE]
Tries = Annotated[int, Field(ge=1, le=100), WHOLE]
Uses = Annotated[int, Field(ge=1, le=1_000), WHOLE]
WholeSeconds = Annotated[int, Field(ge=1, le=LONGEST_SECONDS), WHOLE]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class RetryPolicy(_Frozen):
    """How often a step is tried and how long to wait before the next attempt."""

    max_attempts: Tries = 3
    initial_seconds: float = Field(default=5, ge=0, le=LONGEST_SECONDS)
    factor: float = Field(default=1, ge=1, le=100)
    max_seconds: float = Field(default=60, ge=0, le=LONGEST_SECONDS)
    jitter: float = Field(default=0.1, ge=0, le=1)


class ThinkingBudget(_Frozen):
    """Thinking of at most so many tokens; they count towards `max_tokens`."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    # Source: Anthropic Messages API, thinking.budget_tokens.
    budget_tokens: Annotated[int, Field(ge=1_024), WHOLE]


def _thinking(value: object) -> object:
    """The setting, or one complaint of it, not one for each way it might have been meant."""
    if isinstance(value, ThinkingBudget) or value in ("adaptive", "off"):
        return value
    try:
        return ThinkingBudget.model_validate(value)
    except ValidationError:
        expected = 'adaptive, off or {"budget_tokens": a whole number from 1024}'
        raise PydanticCustomError("thinking", "{expected}", {"expected": expected}) from None


Thinking = Annotated[Literal["adaptive", "off"] | ThinkingBudget, BeforeValidator(_thinking)]
Caching = Literal["auto", "off"]
ServiceTier = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,64}$")]
# Source: OpenAI API reference, metadata: sixteen pairs, names of 64 characters, values of 512.
Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]],
    Field(max_length=16),
]


def _tool(value: object) -> object:
    if isinstance(value, str | dict):
        return value
    expected = "the name of a tool, or the definition of one"
    raise PydanticCustomError("tool", "{expected}", {"expected": expected})


_Tool: TypeAlias = Annotated[str | dict[str, JsonValue], BeforeValidator(_tool)]


def is_of_provider(name: str) -> bool:
    """Whether the provider runs the tool of this name, in either of its spellings."""
    return name.replace("-", "_") in TOOLS


def _spelled(name: str) -> str:
    """The name of a tool of the provider's, in its one spelling; any other stays as it is."""
    return name.replace("-", "_") if is_of_provider(name) else name


class AgentWork(_Frozen):
    """One model call. `name` is for people; `None` elsewhere means that nothing is asked for.

    `model` is a name of Anthropic's, or `PROVIDER/MODEL`; `fallbacks` are asked in turn when it is
    not to be had, and with `fallback_on_refusal` also when it refuses to answer. The answer is
    JSON that fits `output_schema`, where there is one. An attempt has at most `max_turns` turns.
    `max_tokens` is the longest answer, thinking included. `tools` are names of TOOLS, each once,
    which the provider runs, and definitions of those that workers call (`shared.tools`).
    After `max_uses` uses of each of the provider's in an attempt none of them is offered any more;
    `allowed_domains` are all where they look, if any are named. `service_tier` and `metadata` are
    told to a provider that has them, as they are.
    """

    agent_id: str | None = None
    name: str | None = None
    instructions: str = ""
    model: str | None = None
    fallbacks: Annotated[tuple[str, ...], Field(strict=False)] = ()
    fallback_on_refusal: bool = False
    output_schema: dict[str, JsonValue] | None = None
    max_tokens: Count | None = None
    thinking: Thinking | None = None
    effort: Effort | None = None
    cache: Caching | None = None
    tools: Annotated[tuple[_Tool, ...], Field(strict=False)] = ()
    max_turns: Uses | None = None
    max_uses: Uses | None = None
    allowed_domains: Annotated[tuple[str, ...], Field(strict=False)] = ()
    service_tier: ServiceTier | None = None
    metadata: Metadata | None = None

    @field_validator("tools")
    @classmethod
    def _spelled(cls, tools: tuple[_Tool, ...]) -> tuple[_Tool, ...]:
        names = dict.fromkeys(_spelled(tool) for tool in tools if isinstance(tool, str))
        return (*names, *(tool for tool in tools if not isinstance(tool, str)))

    @property
    def provider_tools(self) -> tuple[str, ...]:
        """The names of the tools that the provider runs."""
        return tuple(tool for tool in self.tools if isinstance(tool, str))

    @property
    def own_tools(self) -> tuple[dict[str, JsonValue], ...]:
        """The definitions of the tools that workers call."""
        return tuple(tool for tool in self.tools if not isinstance(tool, str))


class MergeWork(_Frozen):
    """Several inputs made into one text; `template` is set if the strategy is `template`."""

    strategy: Literal["concat", "json", "template"] = "concat"
    template: str | None = None


class TemplateWork(_Frozen):
    """A text with placeholders; no model."""

    template: str


class Branch(_Frozen):
    """One way out of a condition: taken by edges of this handle if the expression holds."""

    handle: str
    expression: str


class ConditionWork(_Frozen):
    """Branches in the order they are tried; edges with the handle `else` go when none holds."""

    branches: Annotated[tuple[Branch, ...], Field(strict=False)] = ()


def _approver(value: object) -> str:
    """Somebody who may decide; e-mails are compared in lower case."""
    if isinstance(value, str) and _APPROVER.fullmatch(value):
        return value.casefold()
    expected = "an e-mail, the id of a user, or member or admin for all of a role"
    raise PydanticCustomError("approver", "{expected}", {"expected": expected})


def _some_approvers(value: object) -> object:
    """The list as it came, if it is one of so many."""
    if value is None or (isinstance(value, list | tuple) and 1 <= len(value) <= MOST_APPROVERS):
        return value
    expected = f"a list of 1 to {MOST_APPROVERS} approvers"
    raise PydanticCustomError("approvers", "{expected}", {"expected": expected})


_UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_APPROVER = re.compile(rf"member|admin|{_UUID}|(?=.{{3,254}}$)[^@\s]+@[^@\s]+")
MOST_APPROVERS = 50
Approver = Annotated[str, BeforeValidator(_approver)]
Approvers = Annotated[
    tuple[Approver, ...] | None, Field(strict=False), BeforeValidator(_some_approvers)
]


class ApprovalWork(_Frozen):
    """A question to a person, with what happens when no answer comes in time.

    `approvers` are all who may decide, users and roles; None for everyone who may decide anything.
    """

    prompt: str | None = None
    timeout_seconds: WholeSeconds | None = None
    default: Literal["approve", "reject"] | None = None
    approvers: Approvers = None


class InputWork(_Frozen):
    """Passes the run's input on."""


class OutputWork(_Frozen):
    """Passes its inputs on as the run's result."""


QUICK_KINDS = frozenset({"merge", "template"})
"""Over in a moment and free of charge: executing one in vain does no harm."""

Work = AgentWork | MergeWork | TemplateWork | ConditionWork | ApprovalWork | InputWork | OutputWork

WORKS: Mapping[Kind, type[Work]] = {
    "agent": AgentWork,
    "merge": MergeWork,
    "template": TemplateWork,
    "condition": ConditionWork,
    "approval": ApprovalWork,
    "input": InputWork,
    "output": OutputWork,
}


class Limits(_Frozen):
    """Where a step runs, how long it may take and what its failure means, for every kind."""

    pool: str | None = None
    retry: RetryPolicy = RetryPolicy()
    timeout_seconds: Seconds = 600
    queue_seconds: Seconds | None = None
    first_token_seconds: Seconds = 120
    idle_seconds: Seconds = 60
    quiet_seconds: Seconds = 600
    on_error: Literal["fail", "continue"] = "fail"
