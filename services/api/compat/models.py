"""What the calls of other tools take and answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import (
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    GetPydanticSchema,
    JsonValue,
    TypeAdapter,
)
from pydantic_core import CoreSchema, core_schema

from services.api.http.long_texts import LongText
from services.api.http.models import (
    AT,
    LATER,
    PIPELINE_ID,
    RUN_ID,
    Body,
    Shape,
    TextOrLarge,
    one_of,
)
from services.api.runs.step_models import HAIKU, USAGE
from shared.flow import JSON
from shared.run import RunStatus, StepStatus
from shared.run.content import Cause, Usage


def _labelled(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    schema = handler(source)
    assert schema["type"] == "union"
    text, members = schema["choices"]
    assert not isinstance(text, tuple)
    return core_schema.union_schema([(text, "str"), members])


# What does not fit is told at `.inputs.str`, rather than by the name of a validator.
Inputs = Annotated[LongText | dict[str, JsonValue], GetPydanticSchema(_labelled)]


class PipelineRunBody(Body):
    """A run of the pipeline in the path."""

    EXAMPLE: ClassVar[JSON] = {"input": "a river", "variables": {}}

    LONG: ClassVar[Mapping[str, int]] = {"input": 1}

    input: LongText = b""
    variables: dict[str, str] | None = None


class PipelineRunForm(Body):
    """The same as a form: there `variables` is a JSON object as text; no other field is read."""

    model_config = ConfigDict(extra="ignore")

    EXAMPLE: ClassVar[JSON] = {"input": "a river", "variables": "{}"}

    input: str = ""
    variables: str = ""


class ExecutionOptions(Body):
    """What an execution is given besides its pipeline.

    `inputs` as text is the run's input. As an object its member `input` is, and every other
    member is a variable of the run: texts as they are, anything else as JSON.
    """

    LONG: ClassVar[Mapping[str, int]] = {"inputs": 1, "input": 2}

    inputs: Inputs | None = None


class ExecutionOfPipeline(ExecutionOptions):
    """An execution of a pipeline, named by its id."""

    pipeline_id: str
    workflow_template_id: None = None


class ExecutionOfTemplate(ExecutionOptions):
    """An execution of a pipeline, named by its id as a template."""

    workflow_template_id: str
    pipeline_id: None = None


EXECUTION_VARIANTS: TypeAdapter[ExecutionOfPipeline | ExecutionOfTemplate] = TypeAdapter(
    ExecutionOfPipeline | ExecutionOfTemplate
)


class ExecutionBody(ExecutionOptions):
    """An execution of a pipeline; exactly one of the two ids. Described as `RunBody` is."""

    EXAMPLE: ClassVar[JSON] = {"pipeline_id": PIPELINE_ID, "inputs": "a river"}

    pipeline_id: str | None = None
    workflow_template_id: str | None = None

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return one_of(EXECUTION_VARIANTS, handler)


class StopBody(Body):
    """The execution that is to stop."""

    EXAMPLE: ClassVar[JSON] = {"execution_id": RUN_ID}

    execution_id: str
    reason: str | None = Field(default=None, max_length=2_000)


class Refusal(Shape):
    """Why not, in words."""

    error: str


class Begun(Shape):
    """The run the log has."""

    EXAMPLE: ClassVar[JSON] = {"runId": RUN_ID}

    run_id: UUID = Field(alias="runId")


class ExecutionBegun(Shape):
    """The execution, and how it stands."""

    EXAMPLE: ClassVar[JSON] = {"execution_id": RUN_ID, "status": "pending"}

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
    outputs: TextOrLarge | None
    attempt_count: int
    error: str | None
    created_at: datetime | None
    completed_at: datetime | None


class ExecutionStatus(Shape):
    """How an execution and each of its steps stand.

    `inputs` is the object that starts the same: the input as its member `input`, and the variables.
    `outputs` are by node, null until the execution completed. `workspace_id` is the slug of the
    workspace; `user_id` is the id of the user or the token that started it, null where none is.
    """

    EXAMPLE: ClassVar[JSON] = {
        "execution_id": RUN_ID,
        "workflow_template_id": PIPELINE_ID,
        "workspace_id": "default",
        "user_id": None,
        "status": "completed",
        "inputs": {"input": "a river", "tone": "dry"},
        "outputs": {"poet": HAIKU},
        "error": None,
        "created_at": AT,
        "updated_at": LATER,
        "completed_at": LATER,
        "steps": [
            {
                "step": 1,
                "step_template_id": "poet",
                "status": "completed",
                "required_inputs": 1,
                "received_inputs": [{"from_step": 0, "step_template_id": "topic"}],
                "outputs": HAIKU,
                "attempt_count": 1,
                "error": None,
                "created_at": AT,
                "completed_at": LATER,
            }
        ],
    }

    execution_id: UUID
    workflow_template_id: str | None
    workspace_id: str
    user_id: str | None
    status: RunStatus
    inputs: dict[str, TextOrLarge]
    outputs: dict[str, TextOrLarge | None] | None
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

    EXAMPLE: ClassVar[JSON] = {
        "executions": [
            {
                "execution_id": RUN_ID,
                "workspace_id": "default",
                "workflow_template_id": PIPELINE_ID,
                "name": "Haiku",
                "status": "completed",
                "error": None,
                "usage": USAGE,
                "created_at": AT,
                "completed_at": LATER,
            }
        ],
        "next_cursor": None,
    }

    executions: list[ExecutionListed]
    next_cursor: str | None
