"""Pipelines: created, read, listed, replaced, deleted, restored; flows judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

import uuid_utils
from starlette.requests import Request

from services.api.definitions.dependents import problems_of
from services.api.definitions.flows import FLOW_BYTES, PIPELINES, Flows
from services.api.definitions.gone import missing
from services.api.definitions.listing import Listing
from services.api.definitions.models import (
    Listed,
    PipelineBody,
    PipelinePage,
    PipelineShape,
    ValidateBody,
    Validation,
)
from services.api.definitions.pipeline_table import Draft, Pipeline, Pipelines
from services.api.http.answers import Answer, NoContent
from services.api.http.bodies import MIB
from services.api.http.calls import Calls, Described
from services.api.http.headers import IfMatch, quoted, require_match
from services.api.http.models import FlowJson, FlowProblem
from services.api.http.pages import Cursor, page_of
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.http.problems import PreconditionFailed, problems_json
from services.api.http.work import is_small, off_loop
from services.api.identity.identity import workspace_of
from services.api.people.deeds import deed
from shared.errors import NotFound
from shared.flow import JSON, Flow, Invalid, Problem

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
    key, by = str(uuid_utils.uuid7()), deed(request, "pipeline.created", name=body.name)
    made = await part(request, Pipelines).create(workspace_of(request), key, draft, by)
    return await pipeline_answer(request, made, 201, location=f"{PIPELINES}/{made.id}")


@CALLS.get(PIPELINES, "Pipelines, newest first", answers=(Described(200, "A page", PipelinePage),))
async def list_pipelines(request: Request, query: Listing) -> Answer[PipelinePage]:
    """Tells the pipelines of the workspace page by page, without their flows.

    Deleted ones are told only if they are asked for.
    """
    pipelines = part(request, Pipelines)
    found = await pipelines.list(workspace_of(request), query, query.limit + 1)
    rows, cursor = page_of(found, query.limit, lambda row: Cursor(row.created_at, row.id))
    return Answer(PipelinePage(items=[_listed(row) for row in rows], next_cursor=cursor))


@CALLS.get(
    PIPELINE,
    "A pipeline with its flow",
    answers=(Described(200, "The pipeline", PipelineShape, headers=("ETag",)),),
)
async def read_pipeline(request: Request) -> Answer[PipelineShape]:
    """Tells a pipeline with its flow as it was drawn, and what bars it from running now."""
    found = await pipeline_found(request, id_of(request, "id", "pipeline"))
    return await pipeline_answer(request, found)


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
        current = await pipeline_found(request, key)
        known = current.revision if require_match(headers.if_match, str(current.revision)) else None
    by = deed(request, "pipeline.saved", name=body.name)
    saved = await part(request, Pipelines).replace(workspace_of(request), key, draft, known, by)
    if saved is None:
        raise PreconditionFailed.changed() if known else await no_pipeline(request, key)
    return await pipeline_answer(request, saved)


@CALLS.delete(PIPELINE, "Delete a pipeline", answers=(Described(204, "It is gone"),))
async def delete_pipeline(request: Request) -> NoContent:
    """Deletes a pipeline. Its runs stay, and those that are under way go on.

    For 30 days it can be restored, with its versions and aliases; meanwhile it starts no run.
    """
    key = id_of(request, "id", "pipeline")
    by = deed(request, "pipeline.deleted")
    if not await part(request, Pipelines).delete(workspace_of(request), key, by):
        raise await no_pipeline(request, key)
    return NoContent()


@CALLS.post(
    f"{PIPELINE}/restore",
    "Restore a deleted pipeline",
    answers=(Described(200, "The pipeline", PipelineShape, headers=("ETag",)),),
)
async def restore_pipeline(request: Request) -> Answer[PipelineShape]:
    """Restores a pipeline that was deleted within the last 30 days, with versions and aliases.

    What bars it from running is judged anew. One that is not deleted is 404 here.
    """
    key, workspace = id_of(request, "id", "pipeline"), workspace_of(request)
    pipelines = part(request, Pipelines)
    back = await pipelines.restore(workspace, key, deed(request, "pipeline.restored"))
    if back is None:
        raise NotFound(f"There is no pipeline {key!r} in this workspace that can be restored.")
    problems = await problems_of(part(request, Flows), workspace, back.flow)
    if problems != back.problems:
        await pipelines.judge(workspace, back, problems)
    return await pipeline_answer(request, replace(back, problems=problems))


@CALLS.post(
    "/api/v1/flows/validate",
    "What is wrong with a flow, and the order of its steps",
    answers=(Described(200, "The judgement", Validation),),
    access="viewer",
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


async def pipeline_found(request: Request, key: str) -> Pipeline:
    """The pipeline of the caller's workspace. Raises: NotFound, Unavailable."""
    found = await part(request, Pipelines).get(workspace_of(request), key)
    if found is None:
        raise await no_pipeline(request, key)
    return found


async def _draft(request: Request, body: PipelineBody) -> Draft:
    draft = await draft_of(request, body.name, body.flow)
    return replace(draft, tags=body.tags, note=body.note)


async def draft_of(request: Request, name: str, flow: Mapping[str, JSON]) -> Draft:
    """What to save of this flow, once it is judged. Raises: InvalidRequest, Unavailable."""
    flows = part(request, Flows)
    problems = await problems_of(flows, workspace_of(request), flow)
    return Draft(name=name, flow=flow, version=await flows.version_of(flow), problems=problems)


def _told(problems: Sequence[Problem]) -> list[FlowProblem]:
    return [FlowProblem.model_validate(each) for each in problems_json(problems)]


async def pipeline_answer(
    request: Request, pipeline: Pipeline, status: int = 200, **headers: str
) -> Answer[PipelineShape]:
    """The pipeline with its flow, its warnings, and the ETag that a save may be bound to."""
    shape = await pipeline_shape(request, pipeline)
    told = {"etag": quoted(pipeline.revision), **headers}
    return await off_loop(is_small(pipeline.flow), lambda: Answer(shape, status, told))


async def pipeline_shape(request: Request, pipeline: Pipeline) -> PipelineShape:
    """The pipeline with its flow and its warnings, as callers are told it."""
    # A flow may be megabytes, and was judged when it was saved.
    flow = cast("FlowJson", pipeline.flow)
    warnings = await part(request, Flows).warnings(workspace_of(request), pipeline.flow)

    def shape() -> PipelineShape:
        listed, told = dict(_listed(pipeline)), _told(warnings)
        return PipelineShape.model_construct(**listed, flow=flow, warnings=told)

    return await off_loop(is_small(pipeline.flow), shape)


def _listed(pipeline: Pipeline) -> Listed:
    return Listed.model_validate(pipeline, from_attributes=True)


async def no_pipeline(request: Request, key: str) -> NotFound:
    """What to raise where the pipeline is not there, with what to do if it was deleted."""
    deleted_at = await part(request, Pipelines).deleted_at(workspace_of(request), key)
    return missing("pipeline", key, deleted_at, PIPELINES)
