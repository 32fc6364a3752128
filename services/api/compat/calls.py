"""The aliases, as data."""

from __future__ import annotations

from services.api import parameters as p
from services.api.compat import executions, pipelines, stream
from services.api.compat import models as shapes
from services.api.compat.bodies import ExecutionBody, PipelineRunBody, StopBody
from services.api.http.call import Answered, Refusing, Route
from services.api.http.forms import MULTIPART, URLENCODED
from services.api.http.problems import (
    InvalidFlow,
    KeyReused,
    MissingVariables,
    NotForm,
    RunFinished,
)
from services.api.runs.capacity import LogNearlyFull
from shared.errors import NotFound

TAG = "Aliases"
TEXT = "text/plain"
STARTING = (InvalidFlow, MissingVariables, KeyReused, LogNearlyFull)
BY_ERROR = Refusing(pipelines.refusal, "application/json", shapes.Refusal)
BY_TEXT = Refusing(stream.refusal, TEXT)
BEGUN = Answered(200, "The log has it", shapes.ExecutionBegun)
STOPPING = Answered(200, "The log has the wish", shapes.ExecutionBegun)

ALIASES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/api/pipeline/{pipeline_id}/run",
        handler=pipelines.run_pipeline,
        summary="Run a pipeline, by form or by JSON",
        tag=TAG,
        parameters=(p.IDEMPOTENCY_KEY,),
        body=PipelineRunBody,
        forms=(URLENCODED, MULTIPART),
        answers=(Answered(200, "The log has it", shapes.Begun),),
        refusals=(*STARTING, NotForm),
        refusing=BY_ERROR,
    ),
    Route(
        method="POST",
        path="/api/pipeline//run",
        handler=pipelines.require_pipeline,
        summary="Refused: no pipeline is named",
        tag=TAG,
        refusing=BY_ERROR,
        described=False,
    ),
    Route(
        method="GET",
        path="/api/pipeline/run/{run_id}/stream",
        handler=stream.stream_updates,
        summary="A run as updates: `event: update`, one JSON object each",
        tag=TAG,
        access="ticket",
        parameters=(p.AFTER, p.LAST_EVENT_ID, p.TICKET),
        answers=(
            Answered(200, "status, step_start, text_delta, ...", media="text/event-stream"),
            Answered(204, "The run has ended, and everything was told"),
        ),
        refusing=BY_TEXT,
    ),
    Route(
        method="GET",
        path="/api/pipeline/run//stream",
        handler=stream.require_run,
        summary="Refused: no run is named",
        tag=TAG,
        refusing=BY_TEXT,
        described=False,
    ),
    Route(
        method="GET",
        path="/api/v1/execution/status",
        handler=executions.execution_status,
        summary="How an execution and its steps stand",
        tag=TAG,
        parameters=(p.EXECUTION_ID,),
        answers=(Answered(200, "The execution", shapes.ExecutionStatus),),
        refusals=(NotFound,),
    ),
    Route(
        method="POST",
        path="/api/v1/execution/start",
        handler=executions.start_execution,
        summary="Start an execution of a pipeline",
        tag=TAG,
        parameters=(p.IDEMPOTENCY_KEY,),
        body=ExecutionBody,
        answers=(BEGUN,),
        refusals=(*STARTING, NotFound),
    ),
    Route(
        method="POST",
        path="/api/v1/execution/stop",
        handler=executions.stop_execution,
        summary="Stop an execution",
        tag=TAG,
        body=StopBody,
        answers=(STOPPING,),
        refusals=(RunFinished, NotFound),
    ),
    Route(
        method="GET",
        path="/admin/executions",
        handler=executions.list_executions,
        summary="The executions of all workspaces, newest first",
        tag=TAG,
        access="admin",
        parameters=(p.STATUS, p.PIPELINE_ID, p.CREATED_AFTER, *p.PAGE),
        answers=(Answered(200, "A page of executions", shapes.ExecutionPage),),
    ),
    Route(
        method="POST",
        path="/admin/executions/{id}/cancel",
        handler=executions.cancel_execution,
        summary="Stop an execution of whatever workspace",
        tag=TAG,
        access="admin",
        answers=(STOPPING,),
        refusals=(RunFinished,),
    ),
)
