"""What each kind of step has to do: the part of a node's `data` that execution reads."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

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


class AgentWork(_Frozen):
    """One model call. `name` is for people; `None` elsewhere means the worker's default.

    `tools` are names of TOOLS, each once. Each tool is used at most `max_uses` times in an
    attempt, and only on `allowed_domains` if any are named.
    """

    agent_id: str | None = None
    name: str | None = None
    instructions: str = ""
    model: str | None = None
    max_tokens: Count | None = None
    tools: Annotated[tuple[str, ...], Field(strict=False)] = ()
    max_uses: Uses | None = None
    allowed_domains: Annotated[tuple[str, ...], Field(strict=False)] = ()

    @field_validator("tools")
    @classmethod
    def _spelled(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name.replace("-", "_") for name in names))


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


class ApprovalWork(_Frozen):
    """A question to a person, with what happens when no answer comes in time."""

    prompt: str | None = None
    timeout_seconds: WholeSeconds | None = None
    default: Literal["approve", "reject"] | None = None


class InputWork(_Frozen):
    """Passes the run's input on."""


class OutputWork(_Frozen):
    """Passes its inputs on as the run's result."""


QUICK_KINDS = frozenset({"merge", "template"})
"""Over in a moment and free of charge: executing one in vain does no harm."""

Work = AgentWork | MergeWork | TemplateWork | ConditionWork | ApprovalWork | InputWork | OutputWork


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
