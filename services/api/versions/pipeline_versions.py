"""Versions of pipelines: listed, read, named, compared, restored."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import cast

from pydantic import Field
from starlette.requests import Request

from services.api.definitions.models import PipelineShape
from services.api.definitions.pipeline_table import Pipelines
from services.api.definitions.pipelines import (
    PIPELINE,
    draft_of,
    no_pipeline,
    pipeline_answer,
    pipeline_found,
)
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.models import FlowJson
from services.api.http.pages import Cursor, Rows, page_of
from services.api.http.parameters import Query, id_of
from services.api.http.parts import part
from services.api.http.problems import PreconditionFailed
from services.api.http.work import is_small, off_loop
from services.api.identity.identity import workspace_of
from services.api.people.deeds import deed
from services.api.versions.diff import Difference, FlowDifference, flow_difference
from services.api.versions.models import (
    Change,
    ChangedEdges,
    ChangedNode,
    ChangedNodes,
    DiffEnd,
    FlowDiff,
    VersionDetail,
    VersionPage,
    VersionShape,
    VersionWords,
)
from services.api.versions.version_table import Meant, Version, Versions
from shared.errors import NotFound

VERSIONS = f"{PIPELINE}/versions"
VERSION = f"{VERSIONS}/{{version}}"
SPELLED = r"^([1-9][0-9]{0,8}|[0-9a-f]{64})$"

CALLS = Calls("Pipelines")


def meant_by(text: str) -> Meant:
    """The version that a text names: a number, or the hash of a content; else none there is."""
    if not re.fullmatch(SPELLED, text, re.ASCII):
        return Meant()
    return Meant(content=text) if len(text) == 64 else Meant(number=int(text))


class Against(Query):
    """What a version is compared with."""

    against: str | None = Field(
        None,
        max_length=64,
        description="the other version, by its number or its hash; the one before if left out",
    )


@CALLS.get(
    VERSIONS,
    "Every version of a pipeline, newest first",
    answers=(Described(200, "A page", VersionPage),),
)
async def list_versions(request: Request, query: Rows) -> Answer[VersionPage]:
    """Tells the versions a pipeline has and had. A version is the hash of a flow's content.

    Where a content came back, it is told again, under another number.
    """
    key, limit = id_of(request, "id", "pipeline"), query.limit
    versions = part(request, Versions)
    found = await versions.list(workspace_of(request), key, query.cursor, limit + 1)
    if found is None:
        raise await no_pipeline(request, key)
    rows, cursor = page_of(found, limit, lambda row: Cursor(row.created_at, key))
    return Answer(VersionPage(items=[_shape(row) for row in rows], next_cursor=cursor))


@CALLS.get(
    VERSION,
    "A version of a pipeline with its flow",
    answers=(Described(200, "The version", VersionDetail),),
)
async def read_version(request: Request) -> Answer[VersionDetail]:
    """Tells a version with its flow, as it was drawn when it was first saved.

    It is named by its number, or by the hash of its content: of several with that the newest.
    """
    found = await version_found(request, request.path_params["version"])
    flow = cast("FlowJson", found.body)

    def answer() -> Answer[VersionDetail]:
        return Answer(VersionDetail.model_construct(**dict(_shape(found)), flow=flow))

    return await off_loop(is_small(flow), answer)


@CALLS.put(
    VERSION,
    "Name a version of a pipeline",
    answers=(Described(200, "The version", VersionShape),),
)
async def name_version(request: Request, body: VersionWords) -> Answer[VersionShape]:
    """Gives a version a name and a note, for people; what is left out stays as it is."""
    key, spelled = id_of(request, "id", "pipeline"), request.path_params["version"]
    meant, words = meant_by(spelled), (body.name, body.note)
    named_by = {"number": meant.number, "version": meant.content}
    by = deed(request, "pipeline.version_named", name=body.name, **named_by)
    versions = part(request, Versions)
    named = await versions.name(workspace_of(request), key, meant, words, by)
    if named is None:
        raise await _no_version(request, key, spelled)
    return Answer(_shape(named))


@CALLS.post(
    f"{VERSION}/restore",
    "Restore a version of a pipeline",
    answers=(Described(200, "The pipeline", PipelineShape, headers=("ETag",)),),
    refusals=(PreconditionFailed,),
)
async def restore_version(request: Request) -> Answer[PipelineShape]:
    """Saves the flow of an earlier version again: a new version with that content.

    Nothing is lost: the versions between stay. Name and tags are those of now, agents are as they
    are now. Whoever saves at the same moment makes this 412: look, and ask again.
    """
    key, workspace = id_of(request, "id", "pipeline"), workspace_of(request)
    now = await pipeline_found(request, key)
    found = await version_found(request, request.path_params["version"])
    assert found.body is not None
    draft = await draft_of(request, now.name, found.body)
    draft = replace(draft, note=f"Version {found.number} again.")
    by = deed(request, "pipeline.version_restored", number=found.number)
    saved = await part(request, Pipelines).replace(workspace, key, draft, now.revision, by)
    if saved is None:
        raise PreconditionFailed.changed()
    return await pipeline_answer(request, saved)


@CALLS.get(
    f"{VERSION}/diff",
    "What a version of a pipeline changed",
    answers=(Described(200, "The differences", FlowDiff),),
)
async def compare_versions(request: Request, query: Against) -> Answer[FlowDiff]:
    """Tells what a run can notice of the way to this version from another, the one before if
    none is named.

    Nodes are told by their ids, fields by JSON Pointer. Positions, sizes and colours are no
    difference. The first version is compared with nothing.
    """
    new = await version_found(request, request.path_params["version"])
    old = Version(number=0, name=None, note=None, made_by=None, created_at=new.created_at, body={})
    if query.against is not None or new.number > 1:
        old = await version_found(request, query.against or str(new.number - 1))
    before, after = old.body or {}, new.body or {}

    def answer() -> Answer[FlowDiff]:
        return Answer(_diff(old, new, flow_difference(before, after)))

    small = is_small(before) and is_small(after)
    return answer() if small else await asyncio.to_thread(answer)


async def version_found(request: Request, spelled: str) -> Version:
    """The version of the pipeline in the path that a text names. Raises: NotFound, Unavailable."""
    key = id_of(request, "id", "pipeline")
    versions = part(request, Versions)
    found = await versions.get(workspace_of(request), key, meant_by(spelled))
    if found is None:
        raise await _no_version(request, key, spelled)
    return found


async def _no_version(request: Request, key: str, spelled: str) -> NotFound:
    await pipeline_found(request, key)
    return NotFound(
        f"The pipeline never had a version {spelled[:64]!r}: name one by its number or its hash."
    )


def _shape(found: Version) -> VersionShape:
    return VersionShape(
        version=found.version,
        number=found.number,
        name=found.name,
        note=found.note,
        made_by=found.made_by,
        created_at=found.created_at,
    )


def _diff(old: Version, new: Version, found: FlowDifference) -> FlowDiff:
    changed = [
        ChangedNode(id=key, changes=[change_of(each) for each in changes])
        for key, changes in found.changed_nodes
    ]
    return FlowDiff(
        old=DiffEnd(number=old.number, version=old.version),
        new=DiffEnd(number=new.number, version=new.version),
        nodes=ChangedNodes.model_construct(
            added=found.added_nodes, removed=found.removed_nodes, changed=changed
        ),
        edges=ChangedEdges.model_construct(added=found.added_edges, removed=found.removed_edges),
        is_reordered=found.is_reordered,
    )


def change_of(found: Difference) -> Change:
    """A difference as callers are told it."""
    return Change.model_construct(**found._asdict())
