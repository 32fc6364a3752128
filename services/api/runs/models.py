"""What calls answer about runs, as shapes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import JsonValue

from services.api.http.shapes import Page, Shape, Text
from shared.run import RunStatus, StepStatus
from shared.run.content import Cause, Limits, Usage


class Accepted(Shape):
    """A run the log has; `events_url` needs no token for a day."""

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

    output: Text | None


class StepPage(Page[StepWithOutput]):
    """Steps in the order of their numbers."""


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


class RunShape(RunCore):
    """A run with its texts and steps; `outputs` are by node."""

    input: Text
    output: Text | None
    outputs: dict[str, Text | None]
    variables: dict[str, str]
    limits: Limits
    on_disconnect: Literal["continue", "cancel"]
    start_at: datetime | None
    events_url: str
    steps: list[StepShape]


class EventShape(Shape):
    """One fact: its id in the log, its type, and the fact itself."""

    id: int
    event: str
    data: dict[str, JsonValue]


class EventPage(Shape):
    """One page of a run's lifecycle facts; `ended` with the last one."""

    items: list[EventShape]
    next_after: int | None
    ended: bool


class Cancelling(Shape):
    """The log has the wish; the run stops."""

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

    receipts: list[StepReceipt]


class Decided(Shape):
    """A decision as the log has it."""

    run_id: UUID
    step: int
    node: str
    decision: Literal["approve", "reject"]
    comment: str | None
    decided_by: str | None
    decided_at: datetime
