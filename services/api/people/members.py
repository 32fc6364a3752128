"""Members of a workspace: who works there, as what."""

from __future__ import annotations

from starlette.requests import Request

from services.api.http.answers import Answer, NoContent
from services.api.http.calls import Calls, Described
from services.api.http.pages import cut
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.identity.identity import identity_of
from services.api.people.bounds import MOST_MEMBERS
from services.api.people.deeds import deed
from services.api.people.member_models import MemberBody, MemberPage, MemberShape, RoleBody
from services.api.people.member_table import Members
from services.api.people.problems import (
    AlreadyMember,
    LastAdmin,
    PersonalWorkspace,
    TooManyMembers,
)
from services.api.people.user_models import ByEmail
from services.api.people.workspace_table import Workspaces
from services.api.people.workspaces import WORKSPACES, no_workspace, slug_of
from shared.errors import NotFound

MEMBERS = f"{WORKSPACES}/{{slug}}/members"
MEMBER = f"{MEMBERS}/{{id}}"

CALLS = Calls("People")


@CALLS.get(MEMBERS, "Members, by e-mail", answers=(Described(200, "A page", MemberPage),))
async def list_members(request: Request, query: ByEmail) -> Answer[MemberPage]:
    """Tells who works in the workspace, page by page."""
    slug = slug_of(request)
    rows = await part(request, Members).list(slug, query.cursor, query.limit + 1)
    if not rows and not await part(request, Workspaces).exists(slug):
        raise no_workspace(slug)
    shown, last = cut(rows, query.limit)
    items = [MemberShape.model_validate(dict(row)) for row in shown]
    return Answer(MemberPage(items=items, next_cursor=last and last["email"]))


@CALLS.post(
    MEMBERS,
    "Add a member",
    answers=(Described(201, "The member", MemberShape),),
    access="admin",
    refusals=(AlreadyMember, PersonalWorkspace, TooManyMembers),
)
async def add_member(request: Request, body: MemberBody) -> Answer[MemberShape]:
    """Makes somebody who has an account a member. Whoever has none is invited: `/invites`."""
    slug, members = slug_of(request), part(request, Members)
    by = deed(request, "member.added", email=body.email, role=body.role)
    added = await members.add(slug, body.email, body.role, by)
    if added is None:
        about = await members.about(slug, body.email)
        if not about["is_workspace"]:
            raise no_workspace(slug)
        if about["is_personal"]:
            raise personal(slug)
        if not about["is_user"]:
            raise NotFound(f"There is no user {body.email!r}: invite them.")
        if about["is_member"]:
            raise AlreadyMember(f"{body.email!r} is a member already: change their role instead")
        raise TooManyMembers(
            f"expected at most {MOST_MEMBERS:,} members a workspace: remove some first"
        )
    return Answer(MemberShape.model_validate(dict(added)), 201)


@CALLS.put(
    MEMBER,
    "Change a member's role",
    answers=(Described(200, "The member", MemberShape),),
    access="admin",
    refusals=(LastAdmin, PersonalWorkspace),
)
async def change_member(request: Request, body: RoleBody) -> Answer[MemberShape]:
    """Has a member work as something else. Tokens and invites they made for more are over."""
    slug, key = slug_of(request), id_of(request, "id", "member")
    by = deed(request, "member.changed", role=body.role)
    changed = await part(request, Members).change(slug, key, body.role, by)
    if changed is None:
        raise await _why_not(request, slug, key)
    return Answer(MemberShape.model_validate(dict(changed)))


@CALLS.delete(
    "/api/v1/me/memberships/{slug}",
    "Leave a workspace",
    answers=(Described(204, "You are no member any more"),),
    access="self",
    refusals=(LastAdmin, PersonalWorkspace, NotFound),
)
async def leave_workspace(request: Request) -> NoContent:
    """Ends one's own membership; tokens and invites one made there are over."""
    person = identity_of(request).person
    if person is None:
        raise NotFound("There is no member behind a token.")
    return await _remove(request, person.id, "member.left")


@CALLS.delete(
    MEMBER,
    "Remove a member",
    answers=(Described(204, "They are no member any more"),),
    refusals=(LastAdmin, PersonalWorkspace),
)
async def remove_member(request: Request) -> NoContent:
    """Ends a membership: within two seconds no api lets them in there, and their streams end.

    Tokens and invites they made there are over, and those that these tokens made.
    """
    return await _remove(request, id_of(request, "id", "member"), "member.removed")


def personal(slug: str) -> PersonalWorkspace:
    """What to raise where somebody's own workspace was to have other members."""
    return PersonalWorkspace(f"{slug!r} is somebody's personal workspace, and has no other members")


async def _remove(request: Request, key: str, action: str) -> NoContent:
    slug = slug_of(request)
    if not await part(request, Members).remove(slug, key, deed(request, action)):
        raise await _why_not(request, slug, key)
    return NoContent()


async def _why_not(
    request: Request, slug: str, key: str
) -> NotFound | LastAdmin | PersonalWorkspace:
    found = await part(request, Members).get(slug, key)
    if found is None:
        return NotFound(f"There is no member {key!r} in this workspace.")
    if found["personal"] == slug:
        return personal(slug)
    return LastAdmin(f"{found['email']} is the last admin of {slug!r}: make another an admin first")
