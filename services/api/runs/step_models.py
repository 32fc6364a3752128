"""What calls about the steps of a run answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.api.http.models import AT, LATER, Page, Shape, TextOrLarge, page_example
from shared.flow import JSON
from shared.run import StepStatus
from shared.run.content import Cause, Citation, CitationAt, ToolFault, Usage

HAIKU = "Slow river, dark bend:\nthe heron lets the evening\npass between its legs."
USAGE: JSON = Usage(input_tokens=31, output_tokens=19).model_dump()
COST = "0.000013"
CostUsd = Annotated[
    str | None,
    Field(description="US dollars with six places, by the prices of the day; null if unknown"),
]
STEP: dict[str, JSON] = {
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
    "cost_usd": COST,
    "error": None,
    "approval": None,
    "kept": False,
    "json": False,
}
_STEP_WITH_OUTPUT: dict[str, JSON] = {**STEP, "output": HAIKU}
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
    "tool_calls": [
        {
            "turn": 1,
            "index": 0,
            "tool": "find_bird",
            "call_id": "toolu_01",
            "executions": [1],
            "called_at": AT,
            "returned_at": AT,
            "input": '{"name": "heron"}',
            "outcome": "ok",
            "output": "A grey bird that stands in rivers.",
            "error": None,
            "seconds": 0.214,
            "cut": False,
        }
    ],
    "usage": USAGE,
    "cost_usd": COST,
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
    "kept": False,
    "citations": [
        CitationAt(
            offset=75,
            citation=Citation(
                kind="web_search_result_location",
                cited_text="Herons stand still for hours.",
                url="https://example.org/herons",
                title="Herons",
            ),
        ).model_dump()
    ],
    "citations_left_out": 0,
}
RECEIPT: JSON = {
    "step": 1,
    "node": "poet",
    "attempt": 1,
    "execution": 1,
    "model": "claude-haiku-5-5",
    "receipt": {
        "aborted_after_ms": 3.8,
        "text": "Slow river, dark",
        "text_size_bytes": 16,
        "usage": Usage(input_tokens=31, output_tokens=1).model_dump(),
    },
    "at_least": True,
}


class ApprovalShape(Shape):
    """A question to a person: until when, and the answer, or that time decided.

    `approvers` are users and roles who alone may decide; null for everyone who may decide anything.
    `decided_in` is the run it was answered in, of a step that a retry keeps.
    """

    prompt: str | None
    approvers: list[str] | None
    asked_at: datetime
    expires_at: datetime | None
    decision: Literal["approve", "reject"] | None
    comment: str | None
    decided_by: str | None
    decided_at: datetime | None
    decided_in: UUID | None
    timed_out: bool


class StepShape(Shape):
    """A step of a run, with the times and the use of all its attempts.

    `kept`: it was not executed, its outcome is that of the run this one was forked from.
    `json`: its output is JSON that fits the schema of its agent.
    """

    model_config = ConfigDict(validate_by_name=True)

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
    cost_usd: CostUsd
    error: Cause | None
    approval: ApprovalShape | None
    kept: bool
    is_json: Annotated[bool, Field(alias="json")]


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


class ToolCallShape(Shape):
    """A call of a tool by a worker: place `index` (from 0) of turn `turn` (from 1) of the attempt.

    `executions` are those that began it: none if it was refused, more than one if it was lost and
    made again. `input` is the JSON text of its arguments, null if it was refused. `outcome` and
    what follows it are null until it is known what came of it.
    """

    turn: int
    index: int
    tool: str
    call_id: str
    executions: list[int]
    called_at: datetime | None
    returned_at: datetime | None
    input: TextOrLarge | None
    outcome: Literal["ok", "error", "unknown"] | None
    output: TextOrLarge | None
    error: ToolFault | None
    seconds: float | None
    cut: bool


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
    """One try of a step; `outcome` is completed, failed, cancelled or null.

    `citations` are the sources that the model named for its output, each for the text before
    `offset`; as many as `citations_left_out` came behind them.
    """

    attempt: int
    outcome: Literal["completed", "failed", "cancelled"] | None
    pool: str | None
    queue: str | None
    ready_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    executions: list[ExecutionShape]
    tool_calls: list[ToolCallShape]
    usage: Usage
    cost_usd: CostUsd
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
    kept: bool
    citations: list[CitationAt]
    citations_left_out: int


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
