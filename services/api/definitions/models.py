"""What calls about agents, pipelines and flows take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from services.api.http.expectations import spelled
from services.api.http.models import (
    AGENT_ID,
    AT,
    PIPELINE_ID,
    VERSION,
    Body,
    FlowJson,
    FlowProblem,
    Name,
    Page,
    Shape,
    Title,
    is_none,
    page_example,
)
from shared.flow import JSON
from shared.flow.model_chains import MOST_FALLBACKS
from shared.flow.output_schemas import complaint_of
from shared.flow.work import (
    WHOLE,
    Caching,
    Metadata,
    RetryPolicy,
    Seconds,
    ServiceTier,
    Thinking,
    Uses,
)
from shared.models import Effort
from shared.tools import NamedTool, Tool
from shared.tools.checked import tool_of
from shared.tools.named_tool import ToolName

# Commas stand between tags where several are asked for. What is a space differs by \x85 and \ufeff
# from one engine to another.
TAG = spelled(
    r"^[^\s\x85\ufeff,\x00-\x1f\x7f][^,\x00-\x1f\x7f]{0,63}$",
    "1 to 64 characters without commas and controls, the first of them no space",
)
Tag = Annotated[str, Field(pattern=TAG)]
Note = Annotated[str, Field(max_length=2_000)]


def _each_once(tags: list[str]) -> list[str]:
    return sorted(set(tags))


Tags = Annotated[list[Tag], Field(max_length=20), AfterValidator(_each_once)]
"""At most twenty; kept in the order of their letters, each once."""


def _schema(schema: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if wrong := complaint_of(schema):
        raise PydanticCustomError("bad_schema", "{expected}", {"expected": wrong})
    return schema


OutputSchema = Annotated[dict[str, JsonValue], AfterValidator(_schema)]
MaxTokens = Annotated[int, Field(ge=1, le=1_000_000), WHOLE]

_AGENT: dict[str, JSON] = {
    "name": "Poet",
    "instructions": "Write a haiku about the input.",
    "model": "claude-haiku-5-5",
    "max_tokens": 4_000,
}
_MADE: dict[str, JSON] = {
    **_AGENT,
    "tags": ["poetry"],
    "id": AGENT_ID,
    "version_number": 1,
    "created_at": AT,
    "updated_at": AT,
    "deleted_at": None,
}
HAIKU_FLOW: JSON = {
    "nodes": [
        {"id": "topic", "type": "input", "data": {}},
        {
            "id": "poet",
            "type": "agent",
            "data": {"label": "Poet", "instructions": "Write a haiku about the input."},
        },
    ],
    "edges": [{"source": "topic", "target": "poet"}],
}
_LISTED: dict[str, JSON] = {
    "id": PIPELINE_ID,
    "name": "Haiku",
    "tags": ["poetry"],
    "version": VERSION,
    "version_number": 1,
    "revision": 1,
    "problems": [],
    "created_at": AT,
    "updated_at": AT,
    "deleted_at": None,
}


_NAME: TypeAdapter[str] = TypeAdapter(ToolName)


def _agent_tool(value: object, _: ValidatorFunctionWrapHandler) -> object:
    """The name, or the definition as one of its kind has it: each problem at its own place."""
    if isinstance(value, dict):
        return tool_of(value)
    if isinstance(value, str):
        return _NAME.validate_python(value)
    if isinstance(value, NamedTool):
        return value
    expected = "the name of a tool, or the definition of one"
    raise PydanticCustomError("tool", "{expected}", {"expected": expected})


AgentTool = Annotated[ToolName | Tool, WrapValidator(_agent_tool)]
"""A tool that the provider runs, in either of its spellings, one of the workspace, or one for this
agent alone."""
MOST_TOOLS = 128


class RetryBody(RetryPolicy):
    """How often a step is tried; as in flows, but nothing unknown."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class AgentSettings(Body):
    """What an agent is made of."""

    name: Name
    instructions: str = Field(default="", max_length=1_000_000)
    model: Name | None = None
    fallbacks: Annotated[list[Name], Field(max_length=MOST_FALLBACKS)] = Field(default=[])
    fallback_on_refusal: bool | None = None
    output_schema: OutputSchema | None = None
    max_tokens: MaxTokens | None = None
    thinking: Thinking | None = None
    effort: Effort | None = None
    cache: Caching | None = None
    tools: Annotated[list[AgentTool], Field(max_length=MOST_TOOLS)] = Field(default=[])
    max_turns: Uses | None = None
    service_tier: ServiceTier | None = None
    metadata: Metadata | None = None
    max_uses: Uses | None = None
    allowed_domains: Annotated[list[Name], Field(max_length=64)] = Field(default=[])
    pool: Name | None = None
    retry: RetryBody | None = None
    timeout_seconds: Seconds | None = None
    queue_seconds: Seconds | None = None
    first_token_seconds: Seconds | None = None
    idle_seconds: Seconds | None = None
    quiet_seconds: Seconds | None = None
    on_error: Literal["fail", "continue"] | None = None


class AgentBody(AgentSettings):
    """A named set of instructions, with how to run them.

    Tags that are left out stay as they are; `note` says what changed, and is kept with the version.
    """

    EXAMPLE: ClassVar[JSON] = _AGENT

    name: Title
    tags: Tags | None = None
    note: Note | None = None


class AgentShape(AgentSettings):
    """An agent; what was not set is left out. `version_number` counts its versions."""

    EXAMPLE: ClassVar[JSON] = _MADE
    model_config = ConfigDict(strict=False)

    id: UUID
    tags: list[str]
    version_number: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class AgentPage(Page[AgentShape]):
    """Agents, newest first."""

    EXAMPLE: ClassVar[JSON] = page_example(_MADE)


class PipelineBody(Body):
    """A flow under a name.

    Tags that are left out stay as they are; `note` says what changed, and is kept with the version.
    """

    EXAMPLE: ClassVar[JSON] = {"name": "Haiku", "flow": HAIKU_FLOW}

    name: Title
    flow: FlowJson
    tags: Tags | None = None
    note: Note | None = None


class Listed(Shape):
    """A pipeline without its flow; one with problems cannot run."""

    id: UUID
    name: str
    tags: list[str]
    version: str
    version_number: int
    revision: int
    problems: list[FlowProblem]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class PipelineShape(Listed):
    """A pipeline: `version` is the hash of its flow's content, `revision` counts its saves.

    `version_number` counts the saves that changed the content.
    `warnings` are likely mistakes; they keep it from nothing.
    """

    EXAMPLE: ClassVar[JSON] = {**_LISTED, "flow": HAIKU_FLOW, "warnings": []}

    flow: FlowJson
    warnings: list[FlowProblem] = Field(default=[])


class PipelinePage(Page[Listed]):
    """Pipelines, newest first, without their flows."""

    EXAMPLE: ClassVar[JSON] = page_example(_LISTED)


class ValidateBody(Body):
    """A flow to be looked at, not kept."""

    EXAMPLE: ClassVar[JSON] = {"flow": HAIKU_FLOW}

    flow: FlowJson


class Validation(Shape):
    """What is wrong with a flow, and the nodes in the order of their steps.

    `warnings` are likely mistakes; they keep it from nothing.
    """

    EXAMPLE: ClassVar[JSON] = {
        "problems": [],
        "warnings": [],
        "order": ["topic", "poet"],
        "version": VERSION,
    }

    problems: list[FlowProblem]
    warnings: list[FlowProblem] = Field(default=[])
    order: list[str]
    version: str | None = Field(default=None, exclude_if=is_none)
