"""What calls about runs take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from services.api.definitions.models import HAIKU_FLOW
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
    page_example,
)
from shared.flow import JSON
from shared.flow.work import Count, WholeSeconds
from shared.run import RunStatus, StepStatus
from shared.run.content import Cause, Limits, Usage

EVENTS_URL = f"http://localhost:8080/api/v1/runs/{RUN_ID}/events?ticket=default.1927..."
HAIKU = "Slow river, dark bend:\nthe heron lets the evening\npass between its legs."
USAGE: JSON = {"input_tokens": 31, "output_tokens": 19}
_STEP: dict[str, JSON] = {
    "step": 1,
    "node": "poet",
    "kind": "agent",
    "label": "Poet",
    "status": "completed",
    "attempt": 1,
    "ready_at": AT,
    "started_at": AT,
    "finished_at": LATER,
    "model": "claude-haiku-5-5",
    "usage": USAGE,
    "error": None,
    "approval": None,
}
_STEP_WITH_OUTPUT: dict[str, JSON] = {**_STEP, "output": HAIKU}
_ATTEMPT: JSON = {
    "attempt": 1,
    "outcome": "completed",
    "pool": "default",
    "queue": "shared",
    "ready_at": AT,
    "started_at": AT,
    "finished_at": LATER,
    "executions": [
        {"execution": 1, "worker": "agent-worker-1", "started_at": AT, "released_at": None}
    ],
    "usage": USAGE,
    "model": "claude-haiku-5-5",
    "stop_reason": "end_turn",
    "truncated": False,
    "error": None,
    "aborted_after_ms": None,
    "receipt": None,
    "retry_delay_seconds": None,
    "size_bytes": 75,
    "branches": None,
    "approval": None,
}
_CORE: dict[str, JSON] = {
    "run_id": RUN_ID,
    "status": "completed",
    "pipeline_id": PIPELINE_ID,
    "pipeline_version": VERSION,
    "pipeline_name": "Haiku",
    "flow": VERSION,
    "error": None,
    "usage": USAGE,
    "metadata": {"ticket": "A-17"},
    "forked_from": None,
    "created_at": AT,
    "started_at": AT,
    "cancel_requested_at": None,
    "finished_at": LATER,
}
LISTED_RUN: dict[str, JSON] = {**_CORE, "input_preview": "a river", "input_size_bytes": 7}
_DECISION: dict[str, JSON] = {"decision": "approve", "comment": "Lovely heron."}
_RECEIPT: JSON = {
    "step": 1,
    "node": "poet",
    "attempt": 1,
    "execution": 1,
    "model": "claude-haiku-5-5",
    "receipt": {
        "aborted_after_ms": 3.8,
        "text": "Slow river, dark",
        "text_size_bytes": 16,
        "usage": {"input_tokens": 31, "output_tokens": 1},
    },
    "at_least": True,
}


def given(field: str) -> JsonDict:
    """The JSON schema for a member that is there and not null."""
    return {"required": [field], "properties": {field: {"not": {"type": "null"}}}}


class LimitsBody(Body):
    """Bounds of a run."""

    deadline_seconds: WholeSeconds | None = None
    max_total_tokens: Count | None = None


class RunBody(Body):
    """A run of a pipeline or of a flow given here, on an input."""

    EXAMPLE: ClassVar[JSON] = {
        "flow": HAIKU_FLOW,
        "input": "a river",
        "metadata": {"ticket": "A-17"},
    }
    model_config = ConfigDict(json_schema_extra={"oneOf": [given("pipeline_id"), given("flow")]})

    pipeline_id: str | None = None
    flow: FlowJson | None = None
    input: str = ""
    variables: dict[str, str] = Field(default={})
    limits: LimitsBody = LimitsBody()
    on_disconnect: Literal["continue", "cancel"] = "continue"
    start_at: Moment | None = None
    metadata: dict[str, JsonValue] = Field(default={})


class CancelBody(Body):
    """Why a run is to stop; may be left out."""

    EXAMPLE: ClassVar[JSON] = {"reason": "asked for by mistake"}

    reason: str | None = Field(default=None, max_length=2_000)


class DecisionBody(Body):
    """A person's answer to an approval."""

    EXAMPLE: ClassVar[JSON] = _DECISION

    decision: Literal["approve", "reject"]
    comment: str | None = Field(default=None, max_length=10_000)


class Accepted(Shape):
    """A run the log has; `events_url` needs no token for a day."""

    EXAMPLE: ClassVar[JSON] = {"run_id": RUN_ID, "status": "pending", "events_url": EVENTS_URL}

    run_id: UUID
    status: RunStatus
    events_url: str


class ApprovalShape(Shape):
    """A question to a person: until when, and the answer, or that time decided."""

    prompt: str | None
    asked_at: datetime
    expires_at: datetime | None
    decision: Literal["approve", "reject"] | None
    comment: str | None
    decided_by: str | None
    decided_at: datetime | None
    timed_out: bool


class StepShape(Shape):
    """A step of a run, with the times and the use of all its attempts."""

    step: int
    node: str
    kind: str
    label: str | None
    status: StepStatus
    attempt: int
    ready_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    model: str | None
    usage: Usage
    error: Cause | None
    approval: ApprovalShape | None


class StepWithOutput(StepShape):
    """A step with its output, if it has one."""

    output: TextOrLarge | None


class StepPage(Page[StepWithOutput]):
    """Steps in the order of their numbers."""

    EXAMPLE: ClassVar[JSON] = page_example(_STEP_WITH_OUTPUT)


class NodeRef(Shape):
    """A step, by number and node."""

    step: int
    node: str


class Source(NodeRef):
    """The attempt whose output was given to a step."""

    attempt: int


class Inputs(Shape):
    """The steps a step waits for, those of which something came or never will, and what came."""

    required: list[NodeRef]
    resolved: list[NodeRef]
    received: list[Source]


class ExecutionShape(Shape):
    """One delivery of an attempt to a worker."""

    execution: int
    worker: str
    started_at: datetime
    released_at: datetime | None


class ReceiptShape(Shape):
    """What a cancelled attempt had done.

    `aborted_after_ms` is from the order to stop to the closed connection to the model, null where
    none was open; `text` is null where it is long (over 4 KiB among several receipts).
    """

    aborted_after_ms: float | None
    text: str | None
    text_size_bytes: int
    usage: Usage


class AttemptShape(Shape):
    """One try of a step; `outcome` is completed, failed, cancelled or null."""

    attempt: int
    outcome: Literal["completed", "failed", "cancelled"] | None
    pool: str | None
    queue: str | None
    ready_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    executions: list[ExecutionShape]
    usage: Usage
    model: str | None
    stop_reason: str | None
    truncated: bool
    error: Cause | None
    aborted_after_ms: float | None
    receipt: ReceiptShape | None
    retry_delay_seconds: float | None
    size_bytes: int
    branches: list[str] | None
    approval: ApprovalShape | None


class StepDetail(StepWithOutput):
    """A step with its inputs and every attempt."""

    EXAMPLE: ClassVar[JSON] = {
        **_STEP_WITH_OUTPUT,
        "inputs": {
            "required": [{"step": 0, "node": "topic"}],
            "resolved": [{"step": 0, "node": "topic"}],
            "received": [{"step": 0, "node": "topic", "attempt": 1}],
        },
        "attempts": [_ATTEMPT],
    }

    inputs: Inputs
    attempts: list[AttemptShape]


class Times(Shape):
    """When a run was asked for, began, was asked to stop, ended."""

    created_at: datetime
    started_at: datetime | None
    cancel_requested_at: datetime | None
    finished_at: datetime | None


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
    metadata: dict[str, JsonValue]
    forked_from: str | None


class RunListed(RunCore):
    """A run in a list, with the beginning of its input."""

    input_preview: str
    input_size_bytes: int


class RunPage(Page[RunListed]):
    """Runs, newest first."""

    EXAMPLE: ClassVar[JSON] = page_example(LISTED_RUN)


class RunShape(RunCore):
    """A run with its texts and steps; `outputs` are by node."""

    EXAMPLE: ClassVar[JSON] = {
        **_CORE,
        "input": "a river",
        "output": HAIKU,
        "outputs": {"poet": HAIKU},
        "variables": {},
        "limits": {"deadline_seconds": None, "max_total_tokens": None},
        "on_disconnect": "continue",
        "start_at": None,
        "events_url": EVENTS_URL,
        "steps": [_STEP],
    }

    input: TextOrLarge
    output: TextOrLarge | None
    outputs: dict[str, TextOrLarge | None]
    variables: dict[str, str]
    limits: Limits
    on_disconnect: Literal["continue", "cancel"]
    start_at: datetime | None
    events_url: str
    steps: list[StepShape]


class Cancelling(Shape):
    """The log has the wish; the run stops."""

    EXAMPLE: ClassVar[JSON] = {"run_id": RUN_ID, "status": "cancelling"}

    run_id: UUID
    status: RunStatus


class StepReceipt(NodeRef):
    """The receipt of one cancelled attempt.

    `execution` is null where no worker had begun. `at_least`: a worker had, so the provider may
    count more than `usage` says.
    """

    attempt: int
    execution: int | None
    model: str | None
    receipt: ReceiptShape
    at_least: bool


class Cancelled(Cancelling):
    """How the run ended within `wait`, and a receipt of every attempt that was cancelled."""

    EXAMPLE: ClassVar[JSON] = {"run_id": RUN_ID, "status": "cancelled", "receipts": [_RECEIPT]}

    receipts: list[StepReceipt]


class Decided(Shape):
    """A decision as the log has it."""

    EXAMPLE: ClassVar[JSON] = {
        **_DECISION,
        "run_id": RUN_ID,
        "step": 2,
        "node": "publish?",
        "decided_by": "settings",
        "decided_at": LATER,
    }

    run_id: UUID
    step: int
    node: str
    decision: Literal["approve", "reject"]
    comment: str | None
    decided_by: str | None
    decided_at: datetime
