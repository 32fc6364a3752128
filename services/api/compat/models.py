"""What the aliases answer, as shapes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.api.http.shapes import Shape, Text
from shared.run import RunStatus, StepStatus
from shared.run.content import Cause, Usage


class Refusal(Shape):
    """Why not, in words."""

    error: str


class Begun(Shape):
    """The run the log has."""

    run_id: UUID = Field(alias="runId")


class ExecutionBegun(Shape):
    """The execution, and how it stands."""

    execution_id: UUID
    status: RunStatus


class Received(Shape):
    """A step whose output a step was given."""

    from_step: int
    step_template_id: str


class ExecutionStep(Shape):
    """A step of an execution; `step_template_id` is its node."""

    step: int
    step_template_id: str
    status: StepStatus
    required_inputs: int
    received_inputs: list[Received]
    outputs: Text | None
    attempt_count: int
    error: str | None
    created_at: datetime | None
    completed_at: datetime | None


class ExecutionStatus(Shape):
    """How an execution and each of its steps stand."""

    execution_id: UUID
    workflow_template_id: str | None
    status: RunStatus
    error: str | None
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    steps: list[ExecutionStep]


class ExecutionListed(Shape):
    """An execution in a list; `workspace_id` is the slug of its workspace."""

    execution_id: UUID
    workspace_id: str
    workflow_template_id: str | None
    name: str | None
    status: RunStatus
    error: Cause | None
    usage: Usage
    created_at: datetime
    completed_at: datetime | None


class ExecutionPage(Shape):
    """Executions of all workspaces, newest first."""

    executions: list[ExecutionListed]
    next_cursor: str | None
