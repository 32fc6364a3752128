"""Every call of the api, as data. `/openapi.json` and `/docs` are made from this table."""

from __future__ import annotations

from services.api import parameters as p
from services.api.admin.calls import OF_ADMIN
from services.api.compat.calls import ALIASES
from services.api.definitions import handlers as definitions
from services.api.description.calls import with_description
from services.api.http import shapes
from services.api.http.bodies import AgentBody, PipelineBody, RunBody, ValidateBody
from services.api.http.call import Access, Answered, Handler, Parameter, Route
from services.api.http.problems import (
    InvalidFlow,
    KeyReused,
    MissingVariables,
    PreconditionFailed,
    RangeNotSatisfiable,
)
from services.api.live import run_events as events
from services.api.live import workspace_events as feed
from services.api.runs import create as runs
from services.api.runs import models as run_shapes
from services.api.runs import read as run_reads
from services.api.runs.cancel import CANCEL_RUN
from services.api.runs.capacity import LogNearlyFull
from services.api.runs.decide import DECIDE
from services.api.service.calls import OF_SERVICE
from shared.errors import NotFound

V1 = "/api/v1"
AGENT = f"{V1}/agents/{{id}}"
PIPELINE = f"{V1}/pipelines/{{id}}"
RUN = f"{V1}/runs/{{run_id}}"
TEXT = "text/plain"
ETAG = ("ETag",)
MADE = ("Location", "ETag")
GONE = (Answered(204, "It is gone"),)
IN_PARTS = (
    Answered(200, "The whole text", media=TEXT, headers=("Accept-Ranges",)),
    Answered(206, "The bytes asked for", media=TEXT, headers=("Content-Range",)),
)


def _read(
    path: str,
    handler: Handler,
    summary: str,
    *answers: Answered,
    parameters: tuple[Parameter, ...] = (),
) -> Route:
    return Route(
        method="GET",
        path=path,
        handler=handler,
        summary=summary,
        tag=_tag(path),
        parameters=parameters,
        answers=answers,
    )


def _text(path: str, handler: Handler, summary: str, access: Access = "token") -> Route:
    """A read of a text, whole or by range."""
    ticket = (p.TICKET,) if access == "ticket" else ()
    return Route(
        method="GET",
        path=path,
        handler=handler,
        summary=summary,
        tag=_tag(path),
        access=access,
        parameters=(p.RANGE, *ticket),
        answers=IN_PARTS,
        refusals=(RangeNotSatisfiable,),
    )


def _delete(path: str, handler: Handler, summary: str) -> Route:
    return Route(
        method="DELETE", path=path, handler=handler, summary=summary, tag=_tag(path), answers=GONE
    )


def _tag(path: str) -> str:
    names = {
        "runs": "Runs",
        "events": "Runs",
        "agents": "Agents",
        "pipelines": "Pipelines",
        "flows": "Pipelines",
    }
    return names.get(path.removeprefix(f"{V1}/").partition("/")[0], "Service")


OF_RUNS = (
    Route(
        method="POST",
        path=f"{V1}/runs",
        handler=runs.create_run,
        summary="Start a run of a pipeline or of a flow",
        tag="Runs",
        parameters=(p.WAIT, p.IDEMPOTENCY_KEY),
        body=RunBody,
        answers=(
            Answered(
                202,
                "The log has it",
                run_shapes.Accepted,
                headers=("Location", "Idempotency-Replayed"),
            ),
            Answered(200, "It ended within `wait`", run_shapes.RunShape),
        ),
        refusals=(InvalidFlow, MissingVariables, KeyReused, LogNearlyFull, NotFound),
    ),
    _read(
        f"{V1}/runs",
        run_reads.list_runs,
        "Runs, newest first",
        Answered(200, "A page of runs", run_shapes.RunPage),
        parameters=(p.STATUS, p.PIPELINE_ID, p.CREATED_AFTER, *p.PAGE),
    ),
    _read(
        RUN,
        run_reads.read_one,
        "A run with its steps",
        Answered(200, "The run", run_shapes.RunShape),
    ),
    _text(f"{RUN}/output", run_reads.read_run_output, "The result of a run as text"),
    _read(
        f"{RUN}/steps",
        run_reads.list_steps,
        "The steps of a run",
        Answered(200, "A page of steps", run_shapes.StepPage),
        parameters=(p.NODE, p.FROM_STEP, p.MANY),
    ),
    _read(
        f"{RUN}/steps/{{n}}",
        run_reads.read_step,
        "A step: inputs, output, every attempt",
        Answered(200, "The step", run_shapes.StepDetail),
    ),
    _text(f"{RUN}/steps/{{n}}/output", run_reads.read_step_output, "The output of a step as text"),
    DECIDE,
    Route(
        method="GET",
        path=f"{RUN}/events",
        handler=events.stream_events,
        summary="A run as an event stream, or as JSON pages, as `Accept` says",
        tag="Runs",
        access="ticket",
        parameters=(p.AFTER, p.LAST_EVENT_ID, p.EVENT_TYPES, p.UNNAMED, p.MANY, p.TICKET),
        answers=(
            Answered(200, "The events", media="text/event-stream"),
            Answered(200, "A page of lifecycle facts", run_shapes.EventPage),
            Answered(204, "The run has ended, and everything was told"),
        ),
    ),
    _read(
        f"{V1}/events",
        feed.stream_feed,
        "The lifecycle of all runs as an event stream without end",
        Answered(200, "The events, but the words of agents", media="text/event-stream"),
        parameters=(p.FEED_AFTER, p.LAST_EVENT_ID, p.FEED_TYPES, p.UNNAMED),
    ),
    _text(f"{RUN}/blobs/{{sha256}}", run_reads.read_blob, "A large body of a run", access="ticket"),
    CANCEL_RUN,
)

OF_AGENTS = (
    Route(
        method="POST",
        path=f"{V1}/agents",
        handler=definitions.create_agent,
        summary="Create an agent",
        tag="Agents",
        body=AgentBody,
        answers=(Answered(201, "The agent", shapes.AgentShape, headers=MADE),),
    ),
    _read(
        f"{V1}/agents",
        definitions.list_agents,
        "Agents, newest first",
        Answered(200, "A page of agents", shapes.AgentPage),
        parameters=p.PAGE,
    ),
    _read(
        AGENT,
        definitions.read_agent,
        "An agent",
        Answered(200, "The agent", shapes.AgentShape, headers=ETAG),
    ),
    Route(
        method="PUT",
        path=AGENT,
        handler=definitions.replace_agent,
        summary="Replace an agent; runs that began keep the one they began with",
        tag="Agents",
        parameters=(p.IF_MATCH,),
        body=AgentBody,
        answers=(Answered(200, "The agent", shapes.AgentShape, headers=ETAG),),
        refusals=(PreconditionFailed,),
    ),
    _delete(AGENT, definitions.delete_agent, "Delete an agent; pipelines that name it cannot run"),
)

OF_PIPELINES = (
    Route(
        method="POST",
        path=f"{V1}/pipelines",
        handler=definitions.create_pipeline,
        summary="Create a pipeline; one with problems is kept, not run",
        tag="Pipelines",
        body=PipelineBody,
        answers=(Answered(201, "The pipeline", shapes.PipelineShape, headers=MADE),),
    ),
    _read(
        f"{V1}/pipelines",
        definitions.list_pipelines,
        "Pipelines, newest first",
        Answered(200, "A page of pipelines", shapes.PipelinePage),
        parameters=p.PAGE,
    ),
    _read(
        PIPELINE,
        definitions.read_pipeline,
        "A pipeline with its flow",
        Answered(200, "The pipeline", shapes.PipelineShape, headers=ETAG),
    ),
    Route(
        method="PUT",
        path=PIPELINE,
        handler=definitions.replace_pipeline,
        summary="Replace a pipeline; another flow is another version",
        tag="Pipelines",
        parameters=(p.IF_MATCH,),
        body=PipelineBody,
        answers=(Answered(200, "The pipeline", shapes.PipelineShape, headers=ETAG),),
        refusals=(PreconditionFailed,),
    ),
    _delete(PIPELINE, definitions.delete_pipeline, "Delete a pipeline; its runs stay"),
    _read(
        f"{PIPELINE}/versions",
        definitions.list_versions,
        "Every version it had, newest first",
        Answered(200, "A page of versions", shapes.VersionPage),
        parameters=p.PAGE,
    ),
    Route(
        method="POST",
        path=f"{V1}/flows/validate",
        handler=definitions.validate_flow,
        summary="What is wrong with a flow, and the order of its steps",
        tag="Pipelines",
        body=ValidateBody,
        answers=(Answered(200, "The judgement", shapes.Validation),),
    ),
)

ROUTES = with_description((*OF_RUNS, *OF_AGENTS, *OF_PIPELINES, *OF_ADMIN, *ALIASES, *OF_SERVICE))
