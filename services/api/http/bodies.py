"""What calls take: strict models, nothing unknown, every bound stated."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
)

from shared.flow.work import WHOLE, Count, RetryPolicy, Seconds, Uses, WholeSeconds

Name = Annotated[str, Field(min_length=1, max_length=200)]
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def moment_of(text: str) -> datetime:
    """The time a text says, in UTC. Source: RFC 3339, 5.6. Raises: ValueError."""
    if _RFC_3339.fullmatch(text):
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise ValueError("expected a time with its zone, like 2030-01-31T12:00:00Z")


def _moment(value: object) -> object:
    return moment_of(value) if isinstance(value, str) else value


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]


MaxTokens = Annotated[int, Field(ge=1, le=1_000_000), WHOLE]
FlowJson: TypeAlias = dict[str, JsonValue]


class Body(BaseModel):
    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=()
    )


def given(field: str) -> dict[str, JsonValue]:
    """The JSON schema for a member that is there and not null."""
    return {"required": [field], "properties": {field: {"not": {"type": "null"}}}}


class RetryBody(RetryPolicy):
    """How often a step is tried; as in flows, but nothing unknown."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class AgentBody(Body):
    """A named set of instructions, with how to run them."""

    name: Name
    instructions: str = Field(default="", max_length=1_000_000)
    model: Name | None = None
    max_tokens: MaxTokens | None = None
    tools: Annotated[list[Name], Field(max_length=64)] = []
    max_uses: Uses | None = None
    allowed_domains: Annotated[list[Name], Field(max_length=64)] = []
    pool: Name | None = None
    retry: RetryBody | None = None
    timeout_seconds: Seconds | None = None
    queue_seconds: Seconds | None = None
    first_token_seconds: Seconds | None = None
    idle_seconds: Seconds | None = None
    on_error: Literal["fail", "continue"] | None = None


class PipelineBody(Body):
    """A flow under a name."""

    name: Name
    flow: FlowJson


class ValidateBody(Body):
    """A flow to be looked at, not kept."""

    flow: FlowJson


class LimitsBody(Body):
    """Bounds of a run."""

    deadline_seconds: WholeSeconds | None = None
    max_total_tokens: Count | None = None


class RunBody(Body):
    """A run of a pipeline or of a flow given here, on an input."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [given("pipeline_id"), given("flow")]})

    pipeline_id: str | None = None
    flow: FlowJson | None = None
    input: str = ""
    variables: dict[str, str] = {}
    limits: LimitsBody = LimitsBody()
    on_disconnect: Literal["continue", "cancel"] = "continue"
    start_at: Moment | None = None
    metadata: dict[str, JsonValue] = {}


class CancelBody(Body):
    """Why a run is to stop; may be left out."""

    reason: str | None = Field(default=None, max_length=2_000)


class DecisionBody(Body):
    """A person's answer to an approval."""

    decision: Literal["approve", "reject"]
    comment: str | None = Field(default=None, max_length=10_000)


AGENT = TypeAdapter(AgentBody)
PIPELINE = TypeAdapter(PipelineBody)
VALIDATE = TypeAdapter(ValidateBody)
RUN = TypeAdapter(RunBody)
CANCEL = TypeAdapter(CancelBody)
DECISION = TypeAdapter(DecisionBody)
