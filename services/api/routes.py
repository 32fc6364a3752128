"""Every call of the api, as data. `/openapi.json` is made from this table."""

from __future__ import annotations

from services.api import bodies, cancel, definitions, events, run_reads, runs, system
from services.api.answers import Reply, json_answer
from services.api.api import Api
from services.api.openapi import document
from services.api.requests import Request
from services.api.router import Handler, Route

V1 = "/api/v1"
PAGE = ("cursor", "limit")
AGENT = f"{V1}/agents/{{id}}"
PIPELINE = f"{V1}/pipelines/{{id}}"
RUN = f"{V1}/runs/{{run_id}}"


async def openapi(api: Api, request: Request) -> Reply:
    return json_answer(200, document(ROUTES))


def _read(path: str, handler: Handler, summary: str, *query: str, access: str = "token") -> Route:
    return Route(
        method="GET", path=path, handler=handler, summary=summary, query=query, access=access
    )


def _delete(path: str, handler: Handler, summary: str) -> Route:
    return Route(method="DELETE", path=path, handler=handler, summary=summary, status=204)


ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path=f"{V1}/runs",
        handler=runs.create_run,
        summary="Start a run of a pipeline or of a flow",
        body=bodies.RUN,
        query=("wait",),
        status=202,
    ),
    _read(
        f"{V1}/runs", run_reads.list_runs, "Runs, newest first",
        "status", "pipeline_id", "created_after", *PAGE,
    ),
    _read(RUN, run_reads.read_one, "A run with its steps"),
    _read(f"{RUN}/output", run_reads.read_run_output, "The result of a run as text"),
    _read(f"{RUN}/steps", run_reads.list_steps, "The steps of a run", "node", *PAGE),
    _read(f"{RUN}/steps/{{n}}", run_reads.read_step, "A step: inputs, output, every attempt"),
    _read(f"{RUN}/steps/{{n}}/output", run_reads.read_step_output, "The output of a step as text"),
    _read(
        f"{RUN}/events", events.stream_events, "A run as an event stream, or as JSON pages",
        "after", "types", "unnamed", "limit", "ticket", access="ticket",
    ),
    _read(
        f"{RUN}/blobs/{{sha256}}", run_reads.read_blob, "A large body of a run", "ticket",
        access="ticket",
    ),
    Route(
        method="POST",
        path=f"{RUN}/cancel",
        handler=cancel.cancel_run,
        summary="Stop a run",
        body=bodies.CANCEL,
        query=("wait",),
        status=202,
    ),
    Route(
        method="POST",
        path=f"{V1}/agents",
        handler=definitions.create_agent,
        summary="Create an agent",
        body=bodies.AGENT,
        status=201,
    ),
    _read(f"{V1}/agents", definitions.list_agents, "Agents, newest first", *PAGE),
    _read(AGENT, definitions.read_agent, "An agent"),
    Route(
        method="PUT",
        path=AGENT,
        handler=definitions.replace_agent,
        summary="Replace an agent; If-Match guards",
        body=bodies.AGENT,
    ),
    _delete(AGENT, definitions.delete_agent, "Delete an agent"),
    Route(
        method="POST",
        path=f"{V1}/pipelines",
        handler=definitions.create_pipeline,
        summary="Create a pipeline; one with problems is kept, not run",
        body=bodies.PIPELINE,
        status=201,
    ),
    _read(f"{V1}/pipelines", definitions.list_pipelines, "Pipelines, newest first", *PAGE),
    _read(PIPELINE, definitions.read_pipeline, "A pipeline with its flow"),
    Route(
        method="PUT",
        path=PIPELINE,
        handler=definitions.replace_pipeline,
        summary="Replace a pipeline; If-Match guards",
        body=bodies.PIPELINE,
    ),
    _delete(PIPELINE, definitions.delete_pipeline, "Delete a pipeline; its runs stay"),
    _read(f"{PIPELINE}/versions", definitions.list_versions, "Every version it had", *PAGE),
    Route(
        method="POST",
        path=f"{V1}/flows/validate",
        handler=definitions.validate_flow,
        summary="What is wrong with a flow, and the order of its steps",
        body=bodies.VALIDATE,
    ),
    _read(f"{V1}/me", system.who_am_i, "Whose token it is"),
    _read("/health", system.health, "Whether the service is alive", access="open"),
    _read("/health/ready", system.readiness, "Whether it can serve", access="open"),
    _read("/metrics", system.exposition, "Metrics for Prometheus", access="open"),
    _read("/openapi.json", openapi, "This description", access="open"),
)  # fmt: skip
