"""What the aliases take."""

from __future__ import annotations

from pydantic import ConfigDict, Field, JsonValue, TypeAdapter

from services.api.http.bodies import Body, given


class PipelineRunBody(Body):
    """A run of the pipeline in the path. In a form `variables` is a JSON object as text."""

    input: str = ""
    variables: dict[str, str] | None = None


class ExecutionBody(Body):
    """An execution of a pipeline; exactly one of the two ids.

    `inputs` as text is the run's input. As an object its member `input` is, and every other
    member is a variable of the run: texts as they are, anything else as JSON.
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [given("pipeline_id"), given("workflow_template_id")]}
    )

    pipeline_id: str | None = None
    workflow_template_id: str | None = None
    inputs: str | dict[str, JsonValue] | None = None


class StopBody(Body):
    """The execution that is to stop."""

    execution_id: str
    reason: str | None = Field(default=None, max_length=2_000)


PIPELINE_RUN = TypeAdapter(PipelineRunBody)
VARIABLES: TypeAdapter[dict[str, str] | None] = TypeAdapter(dict[str, str] | None)
EXECUTION = TypeAdapter(ExecutionBody)
STOP = TypeAdapter(StopBody)
