"""What calls about runs take and answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, GetJsonSchemaHandler, JsonValue, TypeAdapter
from pydantic_core import CoreSchema

from services.api.definitions.models import HAIKU_FLOW
from services.api.http.expectations import spelled
from services.api.http.long_texts import LongText
from services.api.http.models import (
    AT,
    LATER,
    PIPELINE_ID,
    RUN_ID,
    VERSION,
    Body,
    FlowJson,
    Moment,
    Page,
    Shape,
    TextOrLarge,
    one_of,
    page_example,
)
from services.api.runs.step_models import COST, HAIKU, STEP, USAGE, CostUsd, NodeRef, StepShape
from services.api.runs.wait_model import WaitingFor
from shared.flow import JSON
from shared.flow.work import Count, WholeSeconds
from shared.log.queues import Priority
from shared.run import RunStatus
from shared.run.content import Cause, Limits, Usage

EVENTS_URL = f"http://localhost:8080/api/v1/runs/{RUN_ID}/events?ticket=default.1927..."
_CORE: dict[str, JSON] = {
    "run_id": RUN_ID,
    "status": "completed",
    "pipeline_id": PIPELINE_ID,
    "pipeline_version": VERSION,
    "pipeline_name": "Haiku",
    "flow": VERSION,
    "error": None,
    "usage": USAGE,
    "cost_usd": COST,
    "metadata": {"ticket": "A-17"},
    "tags": ["haiku"],
    "requested_by": "ci",
    "forked_from": None,
    "created_at": AT,
    "started_at": AT,
    "cancel_requested_at": None,
    "finished_at": LATER,
}
LISTED_RUN: dict[str, JSON] = {
    **_CORE,
    "input_preview": "a river",
    "input_size_bytes": 7,
    "waiting_for": None,
}


MOST_TAGS = 16
TAG = spelled(
    r"^[A-Za-z0-9][A-Za-z0-9._:/@+=-]{0,63}$",
    "1 to 64 letters, digits and . _ : / @ + = -, the first of them a letter or a digit",
)
Tag = Annotated[str, Field(pattern=TAG)]
Tags = Annotated[list[Tag], Field(max_length=MOST_TAGS)]
AliasName = Annotated[str, Field(max_length=63)]


class LimitsBody(Body):
    """Bounds of a run."""

    deadline_seconds: WholeSeconds | None = None
    max_total_tokens: Count | None = None


class RunOptions(Body):
    """What a run is given besides what it is a run of."""

    LONG: ClassVar[Mapping[str, int]] = {"input": 1}

    input: LongText = b""
    variables: dict[str, str] = Field(default={})
    limits: LimitsBody = LimitsBody()
    on_disconnect: Literal["continue", "cancel"] = "continue"
    start_at: Moment | None = None
    metadata: dict[str, JsonValue] = Field(default={})
    tags: Tags = Field(default=[])
    priority: Priority = Field(
        default="interactive",
        description="`batch` runs are worked at only while nothing of others waits",
    )


class RunOfPipeline(RunOptions):
    """A run of a pipeline that is stored here, on an input: of the version that `alias` names,
    or of the latest.
    """

    pipeline_id: str
    alias: AliasName | None = None
    flow: None = None


class RunOfFlow(RunOptions):
    """A run of a flow given with it, on an input."""

    flow: FlowJson
    pipeline_id: None = None


RUN_VARIANTS: TypeAdapter[RunOfPipeline | RunOfFlow] = TypeAdapter(RunOfPipeline | RunOfFlow)


class RunBody(RunOptions):
    """A run of a pipeline or of a flow given here, on an input.

    Read as one model, so that a problem is told by its place in the body alone; described as the
    two bodies it may be, which generated clients have types for.
    """

    EXAMPLE: ClassVar[JSON] = {
        "flow": HAIKU_FLOW,
        "input": "a river",
        "metadata": {"ticket": "A-17"},
        "tags": ["haiku"],
    }

    pipeline_id: str | None = None
    alias: AliasName | None = None
    flow: FlowJson | None = None

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return one_of(RUN_VARIANTS, handler)


class Accepted(Shape):
    """A run the log has; `events_url` needs no token for a day."""

    EXAMPLE: ClassVar[JSON] = {"run_id": RUN_ID, "status": "pending", "events_url": EVENTS_URL}

    run_id: UUID
    status: RunStatus
    events_url: str


class Times(Shape):
    """When a run was asked for, began, was asked to stop, ended."""

    created_at: datetime
    started_at: datetime | None
    cancel_requested_at: datetime | None
    finished_at: datetime | None


class ForkedFrom(Shape):
    """The run that a fork goes back to, and the steps of that one which were to run again."""

    run: UUID
    from_steps: list[int]


def forked_from(run: str | None, from_steps: Sequence[int] | None) -> ForkedFrom | None:
    """What is told of a fork; None for any other run."""
    return None if run is None else ForkedFrom(run=UUID(run), from_steps=list(from_steps or ()))


class RunCore(Times):
    """What lists and single runs have in common."""

    run_id: UUID
    status: RunStatus
    pipeline_id: str | None
    pipeline_version: str | None
    pipeline_name: str | None
    flow: str
    error: Cause | None
    usage: Usage
    cost_usd: CostUsd
    metadata: dict[str, JsonValue]
    tags: list[str]
    requested_by: str | None
    forked_from: ForkedFrom | None


class RunListed(RunCore):
    """A run in a list, with the beginning of its input."""

    input_preview: str
    input_size_bytes: int
    waiting_for: WaitingFor | None


class RunPage(Page[RunListed]):
    """Runs, newest first."""

    EXAMPLE: ClassVar[JSON] = page_example(LISTED_RUN)


class RunShape(RunCore):
    """A run with its texts and steps; `outputs` are by node.

    `json`: the output is JSON that fits a schema; which of several are so, their steps tell.
    """

    model_config = ConfigDict(validate_by_name=True)

    EXAMPLE: ClassVar[JSON] = {
        **_CORE,
        "input": "a river",
        "output": HAIKU,
        "outputs": {"poet": HAIKU},
        "json": False,
        "variables": {},
        "limits": {
            "deadline_seconds": None,
            "max_total_tokens": None,
            "max_written_bytes": 268_435_456,
        },
        "on_disconnect": "continue",
        "priority": "interactive",
        "start_at": None,
        "waiting_for": None,
        "events_url": EVENTS_URL,
        "steps": [STEP],
    }

    input: TextOrLarge
    output: TextOrLarge | None
    outputs: dict[str, TextOrLarge | None]
    is_json: Annotated[bool, Field(alias="json")]
    variables: dict[str, str]
    limits: Limits
    on_disconnect: Literal["continue", "cancel"]
    priority: Priority
    start_at: datetime | None
    waiting_for: WaitingFor | None
    events_url: str
    steps: list[StepShape]


class StepUsage(NodeRef):
    """What all attempts of a step used, and what that costs."""

    usage: Usage
    cost_usd: CostUsd


class RunUsage(Shape):
    """What a run used so far, and what that costs; `steps` are those that used anything."""

    EXAMPLE: ClassVar[JSON] = {
        "usage": USAGE,
        "cost_usd": COST,
        "steps": [{"step": 1, "node": "poet", "usage": USAGE, "cost_usd": COST}],
    }

    usage: Usage
    cost_usd: CostUsd
    steps: list[StepUsage]
