"""Workspaces: made, listed and deleted by who runs the installation; how long they keep runs."""

from __future__ import annotations

import re

from pydantic import Field
from starlette.requests import Request

from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.pages import Limited, cut
from services.api.http.parts import part
from services.api.http.problems import Forbidden, WorkspaceBusy, WorkspaceTaken
from services.api.people.bounds import MOST_WORKSPACES
from services.api.people.deeds import deed
from services.api.people.deletion_table import Deletions
from services.api.people.models import (
    SLUG,
    Retention,
    RetentionBody,
    WorkspaceBody,
    WorkspaceDeleting,
    WorkspacePage,
    WorkspaceShape,
)
from services.api.people.problems import PersonalWorkspace, TooManyWorkspaces, WorkspaceReserved
from services.api.people.slugs import RESERVED
from services.api.people.workspace_table import Workspaces
from shared.errors import NotFound

WORKSPACES = "/api/v1/workspaces"

CALLS = Calls("People")


class BySlug(Limited):
    """Which page of a list, by slug."""

    cursor: str = Field("", pattern=rf"^$|{SLUG}", description="`next_cursor` of the page before")


@CALLS.post(
    WORKSPACES,
    "Make a workspace",
    answers=(Described(201, "The workspace", WorkspaceShape),),
    access="instance",
    refusals=(WorkspaceTaken, WorkspaceReserved, TooManyWorkspaces),
)
async def create_workspace(request: Request, body: WorkspaceBody) -> Answer[WorkspaceShape]:
    """Makes a workspace. Whoever runs the installation makes its first token."""
    if body.slug in RESERVED:
        raise WorkspaceReserved(
            f"expected a slug that is not reserved, {body.slug!r} is: choose another"
        )
    by = deed(request, "workspace.created", name=body.name)
    made = await part(request, Workspaces).create(body.slug, body.name, by)
    if made is None and not await part(request, Workspaces).was_used(body.slug):
        raise TooManyWorkspaces(
            f"expected at most {MOST_WORKSPACES:,} workspaces: delete some first, those of users "
            "who were removed among them"
        )
    if made is None:
        raise WorkspaceTaken(
            f"expected a slug that was never used, {body.slug!r} was: choose another"
        )
    return Answer(WorkspaceShape.model_validate(dict(made)), 201)


@CALLS.get(
    WORKSPACES,
    "Workspaces, by slug",
    answers=(Described(200, "A page", WorkspacePage),),
    access="instance",
)
async def list_workspaces(request: Request, query: BySlug) -> Answer[WorkspacePage]:
    """Tells all workspaces page by page."""
    rows = await part(request, Workspaces).list(query.cursor, query.limit + 1)
    shown, last = cut(rows, query.limit)
    items = [WorkspaceShape.model_validate(dict(row)) for row in shown]
    return Answer(WorkspacePage(items=items, next_cursor=last and last["slug"]))


@CALLS.delete(
    f"{WORKSPACES}/{{slug}}",
    "Delete a workspace",
    answers=(Described(202, "It will be deleted", WorkspaceDeleting),),
    access="instance",
    refusals=(WorkspaceBusy, PersonalWorkspace, Forbidden),
)
async def delete_workspace(request: Request) -> Answer[WorkspaceDeleting]:
    """Deletes a workspace with all it has. Its tokens end at once, its slug is never used again.

    409 while runs of it live: cancel them first. The workspace of the settings stays.
    """
    slug = slug_of(request)
    if slug == part(request, Workspaces).of_settings:
        raise Forbidden(f"expected another workspace than {slug!r}: PENSTOCK_WORKSPACE names it")
    if not await part(request, Workspaces).exists(slug):
        raise no_workspace(slug)
    if await part(request, Workspaces).is_personal(slug):
        raise PersonalWorkspace(f"{slug!r} is a user's personal workspace: remove the user first")
    living = await part(request, Deletions).ask_for_workspace(
        slug, deed(request, "workspace.deleted")
    )
    if living:
        raise WorkspaceBusy(f"expected no runs that live, {living:,} do: cancel them first")
    return Answer(WorkspaceDeleting.model_validate({"slug": slug, "status": "deleting"}), 202)


@CALLS.get(
    f"{WORKSPACES}/{{slug}}/retention",
    "How long runs are kept",
    answers=(Described(200, "Days after their end", Retention),),
    access="admin",
)
async def read_retention(request: Request) -> Answer[Retention]:
    """Tells how many days after their end runs of the workspace are kept; null for ever."""
    slug = slug_of(request)
    found = await part(request, Deletions).kept_for(slug)
    if found is None:
        raise no_workspace(slug)
    return Answer(Retention.model_validate(dict(found)))


@CALLS.put(
    f"{WORKSPACES}/{{slug}}/retention",
    "Say how long runs are kept",
    answers=(Described(200, "Days after their end", Retention),),
    access="admin",
)
async def write_retention(request: Request, body: RetentionBody) -> Answer[Retention]:
    """Says how many days after their end runs are kept; older ones are deleted for ever."""
    slug = slug_of(request)
    by = deed(request, "workspace.retention", days=body.days)
    if not await part(request, Deletions).keep_for(slug, body.days, by):
        raise no_workspace(slug)
    return Answer(Retention(days=body.days))


def slug_of(request: Request) -> str:
    """The slug in the path. Raises: NotFound."""
    slug: str = request.path_params["slug"]
    if not re.fullmatch(SLUG, slug):
        raise no_workspace(slug[:64])
    return slug


def no_workspace(slug: str) -> NotFound:
    """What to say where there is none of this slug."""
    return NotFound(f"There is no workspace {slug!r}.")
