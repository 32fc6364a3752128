"""`POST /pipelines/{id}/duplicate`: the same flow under another name."""

from __future__ import annotations

from dataclasses import replace

import uuid_utils
from starlette.requests import Request

from services.api.definitions.flows import PIPELINES
from services.api.definitions.models import PipelineShape
from services.api.definitions.pipeline_table import Pipelines
from services.api.definitions.pipelines import (
    PIPELINE,
    draft_of,
    pipeline_answer,
    pipeline_found,
)
from services.api.exchange.models import DuplicateBody
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.identity.identity import workspace_of
from services.api.people.deeds import deed

_COPY = " (copy)"
_LONGEST_NAME = 200

CALLS = Calls("Pipelines")


@CALLS.post(
    f"{PIPELINE}/duplicate",
    "Duplicate a pipeline",
    answers=(Described(201, "The duplicate", PipelineShape, headers=("Location", "ETag")),),
)
async def duplicate_pipeline(request: Request, body: DuplicateBody | None) -> Answer[PipelineShape]:
    """Makes another pipeline of the same flow and tags, that uses the same agents.

    It begins with version 1: earlier versions and aliases stay with the original.
    """
    original = await pipeline_found(request, id_of(request, "id", "pipeline"))
    name = f"{original.name[: _LONGEST_NAME - len(_COPY)]}{_COPY}"
    if body is not None and body.name is not None:
        name = body.name
    draft = await draft_of(request, name, original.flow)
    note = f"Copy of {original.name}, version {original.version_number}."
    draft = replace(draft, tags=original.tags, note=note)
    key, by = str(uuid_utils.uuid7()), deed(request, "pipeline.duplicated", original=original.id)
    made = await part(request, Pipelines).create(workspace_of(request), key, draft, by)
    return await pipeline_answer(request, made, 201, location=f"{PIPELINES}/{made.id}")
