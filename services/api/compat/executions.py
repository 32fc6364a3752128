"""`/api/v1/execution/*` and `/admin/executions`: runs called executions."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import pydantic_core
from pydantic import Field, JsonValue
from starlette.requests import Request

from services.api.compat.models import (
    ExecutionBegun,
    ExecutionBody,
    ExecutionListed,
    ExecutionPage,
    ExecutionStatus,
    ExecutionStep,
    Received,
    StopBody,
)
from services.api.history.run_history import RunHistory
from services.api.http.answers import Answer
from services.api.http.bodies import misfit, refuse_unfit
from services.api.http.calls import Calls, Described
from services.api.http.parameters import Query, canonical_id, id_of
from services.api.http.parts import part
from services.api.http.problems import RunFinished
from services.api.http.work import is_small, off_loop
from services.api.identity.identity import SETTINGS, workspace_of
from services.api.people.looks import note_look
from services.api.runs.cancel import CancelRequest, record_cancel
from services.api.runs.create import BODY_BYTES, STARTING, Asked, IdempotencyKey, begin
from services.api.runs.listing import list_rows
from services.api.runs.models import RunBody
from services.api.runs.reading import RunRead, RunReader
from services.api.runs.run_filter import RunFilter
from services.api.runs.views import input_of, outputs_of, step_output
from shared.errors import NotFound
from shared.flow import Step
from shared.run import facts as f
from shared.run import status_of, step_status_of

EXECUTION = "/api/v1/execution"
EXECUTIONS = "/admin/executions"
BEGUN = Described(200, "The log has it", ExecutionBegun)
STOPPING = Described(200, "The log has the request", ExecutionBegun)

CALLS = Calls("Aliases")


class ExecutionNamed(Query):
    """Which execution."""

    execution_id: str = Field(
        min_length=1,
        description="the id of an execution",
        json_schema_extra={"format": "uuid"},
    )


@CALLS.get(
    f"{EXECUTION}/status",
    "How an execution and its steps stand",
    answers=(Described(200, "The execution", ExecutionStatus),),
    refusals=(NotFound,),
)
async def execution_status(request: Request, query: ExecutionNamed) -> Answer[ExecutionStatus]:
    """Tells an execution and each of its steps; never behind what was told before."""
    run = canonical_id(query.execution_id, "execution")
    reader = part(request, RunReader)
    read = await reader.read(workspace_of(request), run)
    await reader.show_result(read)
    return await off_loop(read.is_short, lambda: Answer(_status(read, run)))


@CALLS.post(
    f"{EXECUTION}/start",
    "Start an execution of a pipeline",
    answers=(BEGUN,),
    refusals=STARTING,
    most_bytes=BODY_BYTES,
)
async def start_execution(
    request: Request, body: ExecutionBody, raw: bytes, headers: IdempotencyKey
) -> Answer[ExecutionBegun]:
    """Starts a run of a pipeline; 200 once the log has it."""
    is_light = not isinstance(body.inputs, dict) or is_small(body.inputs)
    text, variables = await off_loop(is_light, lambda: _input_of(body.inputs))
    asked = RunBody(pipeline_id=_pipeline_of(body), input=text, variables=variables)
    claim = await begin(request, Asked(asked, raw, headers.key))
    return _begun(claim.run, "pending", claim.headers)


@CALLS.post(
    f"{EXECUTION}/stop",
    "Stop an execution",
    answers=(STOPPING,),
    refusals=(RunFinished, NotFound),
)
async def stop_execution(request: Request, body: StopBody) -> Answer[ExecutionBegun]:
    """Stops an execution; 200 once the log has the request, 409 for one that is over."""
    run = canonical_id(body.execution_id, "execution")
    await record_cancel(request, CancelRequest(workspace_of(request), run, body.reason))
    return _begun(run, "cancelling")


@CALLS.get(
    EXECUTIONS,
    "The executions of all workspaces, newest first",
    answers=(Described(200, "A page of executions", ExecutionPage),),
    access="instance",
)
async def list_executions(request: Request, query: RunFilter) -> Answer[ExecutionPage]:
    """Tells the runs of all workspaces page by page."""
    rows, cursor = await list_rows(request, query, None)
    await note_look(request, (row.run.workspace for row in rows))
    listed = [
        ExecutionListed(
            execution_id=UUID(run.run),
            workspace_id=run.workspace,
            workflow_template_id=run.pipeline_id,
            name=run.pipeline_name,
            status=run.status,
            error=run.error,
            usage=used.usage,
            created_at=run.created_at,
            completed_at=run.finished_at,
        )
        for run, used, _ in rows
    ]
    return Answer(ExecutionPage(executions=listed, next_cursor=cursor))


@CALLS.post(
    f"{EXECUTIONS}/{{id}}/cancel",
    "Stop an execution of whatever workspace",
    answers=(STOPPING,),
    refusals=(RunFinished,),
    access="instance",
)
async def cancel_execution(request: Request) -> Answer[ExecutionBegun]:
    """Stops an execution, whosever it is; 409 for one that is over."""
    run = id_of(request, "id", "execution")
    workspace = await part(request, RunHistory).workspace_of(run)
    await record_cancel(request, CancelRequest(workspace, run))
    return _begun(run, "cancelling")


def _begun(
    run: str, status: str, headers: Mapping[str, str] | None = None
) -> Answer[ExecutionBegun]:
    begun = ExecutionBegun.model_validate({"execution_id": run, "status": status})
    return Answer(begun, headers=headers)


def _pipeline_of(body: ExecutionBody) -> str:
    named = [key for key in (body.pipeline_id, body.workflow_template_id) if key is not None]
    if len(named) != 1:
        came = "both" if named else "neither"
        raise misfit("", "exactly one of pipeline_id and workflow_template_id", came)
    return named[0]


def _input_of(inputs: bytes | Mapping[str, JsonValue] | None) -> tuple[bytes, dict[str, str]]:
    if not isinstance(inputs, Mapping):
        return inputs or b"", {}
    texts = dict(inputs)
    whole: JsonValue | bytes = texts.get("input", "")
    if isinstance(whole, bytes):
        del texts["input"]  # one that is long was judged and encoded as it was read
    refuse_unfit(texts, ".inputs")
    written = {
        name: value if isinstance(value, str) else pydantic_core.to_json(value).decode()
        for name, value in texts.items()
    }
    text = written.pop("input", "").encode()
    return whole if isinstance(whole, bytes) else text, written


def _status(read: RunRead, run: str) -> ExecutionStatus:
    recorded, asked = read.recorded, read.requested
    return ExecutionStatus(
        execution_id=UUID(run),
        workflow_template_id=asked.pipeline_id,
        workspace_id=asked.workspace,
        user_id=None if asked.actor == SETTINGS else asked.actor,
        status=status_of(read.state),
        inputs={**asked.variables, "input": input_of(read)},
        outputs=outputs_of(read) if isinstance(read.state.ended, f.RunCompleted) else None,
        error=_error_of(read),
        created_at=recorded[0].time,
        updated_at=recorded[-1].time,
        completed_at=recorded[-1].time if read.state.ended else None,
        steps=[_step(read, step) for step in read.flow.steps],
    )


def _step(read: RunRead, step: Step) -> ExecutionStep:
    attempts = read.attempts.get(step.number, [])
    last = attempts[-1] if attempts else None
    sources = dict.fromkeys(edge.source for edge in step.inputs)
    received = [n for n in sources if read.state.step(n).output is not None]
    return ExecutionStep(
        step=step.number,
        step_template_id=step.node,
        status=step_status_of(read.state, step.number),
        required_inputs=len(sources),
        received_inputs=[
            Received(from_step=number, step_template_id=read.flow.steps[number].node)
            for number in received
        ],
        outputs=step_output(read, step.number),
        attempt_count=len(attempts),
        error=last.error.message if last and last.error else None,
        created_at=attempts[0].ready_at if attempts else None,
        completed_at=last.finished_at if last else None,
    )


def _error_of(read: RunRead) -> str | None:
    return read.state.ended.error.message if isinstance(read.state.ended, f.RunFailed) else None
