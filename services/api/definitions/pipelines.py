"""Pipelines: created, read, listed, replaced, deleted, and their versions; flows judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import uuid_utils
from starlette.requests import Request

from services.api.definitions.dependents import problems_of
from services.api.definitions.flows import FLOW_BYTES, Flows
from services.api.definitions.models import (
    Listed,
    PipelineBody,
    PipelinePage,
    PipelineShape,
    ValidateBody,
    Validation,
    VersionPage,
    VersionShape,
)
from services.api.definitions.pipeline_table import Draft, Pipeline, Pipelines
from services.api.http.answers import Answer, NoContent
from services.api.http.bodies import MIB
from services.api.http.calls import Calls, Described
from services.api.http.headers import IfMatch, quoted, require_match
from services.api.http.models import FlowJson, FlowProblem
from services.api.http.pages import Cursor, Rows, page_of
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.http.problems import PreconditionFailed, problems_json
from services.api.http.work import is_small, off_loop
from services.api.identity.authentication import workspace_of
from shared.errors import NotFound
from shared.flow import Flow, Invalid, Problem

PIPELINES = "/api/v1/pipelines"
PIPELINE = f"{PIPELINES}/{{id}}"
MOST_BYTES = FLOW_BYTES + MIB

CALLS = Calls("Pipelines")


@CALLS.post(
    PIPELINES,
    "Create a pipeline",
    answers=(Described(201, "The pipeline", PipelineShape, headers=("Location", "ETag")),),
    most_bytes=MOST_BYTES,
)
async def create_pipeline(request: Request, body: PipelineBody) -> Answer[PipelineShape]:
    """Keeps a flow under a name. One with problems is kept too, and runs once they are mended.

    The flow is React Flow JSON; what runs do not need (positions, styles) is kept as it came.
    """
    draft = await _draft(request, body)
    key = str(uuid_utils.uuid7())
    made = await part(request, Pipelines).create(workspace_of(request), key, draft)
    return await _answer(request, made, 201, location=f"{PIPELINES}/{made.id}")


@CALLS.get(PIPELINES, "Pipelines, newest first", answers=(Described(200, "A page", PipelinePage),))
async def list_pipelines(request: Request, query: Rows) -> Answer[PipelinePage]:
    """Tells the pipelines of the workspace page by page, without their flows."""
    pipelines = part(request, Pipelines)
    found = await pipelines.list(workspace_of(request), query.cursor, query.limit + 1)
    rows, cursor = page_of(found, query.limit, lambda row: Cursor(row.created_at, row.id))
    return Answer(PipelinePage(items=[_listed(row) for row in rows], next_cursor=cursor))


@CALLS.get(
    PIPELINE,
    "A pipeline with its flow",
    answers=(Described(200, "The pipeline", PipelineShape, headers=("ETag",)),),
)
async def read_pipeline(request: Request) -> Answer[PipelineShape]:
    """Tells a pipeline with its flow as it was drawn, and what bars it from running now."""
    return await _answer(request, await _found(request, id_of(request, "id", "pipeline")))


@CALLS.put(
    PIPELINE,
    "Replace a pipeline",
    answers=(Described(200, "The pipeline", PipelineShape, headers=("ETag",)),),
    refusals=(PreconditionFailed,),
    most_bytes=MOST_BYTES,
)
async def replace_pipeline(
    request: Request, body: PipelineBody, headers: IfMatch
) -> Answer[PipelineShape]:
    """Replaces name and flow. Another flow is another version; runs that began keep theirs.

    With `If-Match` nothing is replaced that changed since it was read.
    """
    key = id_of(request, "id", "pipeline")
    draft = await _draft(request, body)
    known = None
    if headers.if_match is not None:
        current = await _found(request, key)
        known = current.revision if require_match(headers.if_match, str(current.revision)) else None
    saved = await part(request, Pipelines).replace(workspace_of(request), key, draft, known)
    if saved is None:
        raise PreconditionFailed.changed() if known else _none(key)
    return await _answer(request, saved)


@CALLS.delete(PIPELINE, "Delete a pipeline", answers=(Described(204, "It is gone"),))
async def delete_pipeline(request: Request) -> NoContent:
    """Deletes a pipeline. Its runs stay, and those that are under way go on."""
    key = id_of(request, "id", "pipeline")
    if not await part(request, Pipelines).delete(workspace_of(request), key):
        raise _none(key)
    return NoContent()


@CALLS.get(
    f"{PIPELINE}/versions",
    "Every version of a pipeline, newest first",
    answers=(Described(200, "A page", VersionPage),),
)
async def list_versions(request: Request, query: Rows) -> Answer[VersionPage]:
    """Tells the versions a pipeline has and had. A version is the hash of a flow's content."""
    key, limit = id_of(request, "id", "pipeline"), query.limit
    pipelines = part(request, Pipelines)
    found = await pipelines.versions(workspace_of(request), key, query.cursor, limit + 1)
    if found is None:
        raise _none(key)
    rows, cursor = page_of(found, limit, lambda row: Cursor(row.created_at, key))
    items = [VersionShape(version=row.version, created_at=row.created_at) for row in rows]
    return Answer(VersionPage(items=items, next_cursor=cursor))


@CALLS.post(
    "/api/v1/flows/validate",
    "What is wrong with a flow, and the order of its steps",
    answers=(Described(200, "The judgement", Validation),),
    most_bytes=MOST_BYTES,
)
async def validate_flow(request: Request, body: ValidateBody) -> Answer[Validation]:
    """Judges a flow as a run would, and keeps nothing.

    All problems are told at once, each with the nodes concerned; without any, the nodes in the
    order of their steps, and the version the flow would have.
    """
    flows = part(request, Flows)
    judged = await flows.judged(workspace_of(request), body.flow)
    warnings = await flows.warnings(workspace_of(request), body.flow)
    return await off_loop(is_small(body.flow), lambda: Answer(_judgement(judged, warnings)))


def _judgement(judged: Flow | Invalid, warnings: Sequence[Problem]) -> Validation:
    told = _told(warnings)
    if isinstance(judged, Invalid):
        return Validation(problems=_told(judged.problems), warnings=told, order=[])
    order = [step.node for step in judged.steps]
    return Validation(problems=[], warnings=told, order=order, version=judged.version)


async def _found(request: Request, key: str) -> Pipeline:
    found = await part(request, Pipelines).get(workspace_of(request), key)
    if found is None:
        raise _none(key)
    return found


async def _draft(request: Request, body: PipelineBody) -> Draft:
    flows = part(request, Flows)
    problems = await problems_of(flows, workspace_of(request), body.flow)
    version = await flows.version_of(body.flow)
    return Draft(name=body.name, flow=body.flow, version=version, problems=problems)


def _told(problems: Sequence[Problem]) -> list[FlowProblem]:
    return [FlowProblem.model_validate(each) for each in problems_json(problems)]


async def _answer(
    request: Request, pipeline: Pipeline, status: int = 200, **headers: str
) -> Answer[PipelineShape]:
    # A flow may be megabytes, and was judged when it was saved.
    flow = cast("FlowJson", pipeline.flow)
    warnings = await part(request, Flows).warnings(workspace_of(request), pipeline.flow)

    def answer() -> Answer[PipelineShape]:
        listed, told = dict(_listed(pipeline)), _told(warnings)
        shape = PipelineShape.model_construct(**listed, flow=flow, warnings=told)
        return Answer(shape, status, {"etag": quoted(pipeline.revision), **headers})

    return await off_loop(is_small(pipeline.flow), answer)


def _listed(pipeline: Pipeline) -> Listed:
    return Listed.model_validate(pipeline, from_attributes=True)


def _none(key: str) -> NotFound:
    return NotFound(f"There is no pipeline {key!r} in this workspace.")
