"""Invites into a workspace."""

from __future__ import annotations

import uuid_utils
from starlette.requests import Request

from services.api.http.answers import Answer, NoContent
from services.api.http.calls import Calls, Described
from services.api.http.pages import Cursor, Rows, page_of
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.identity.cookie import new_value
from services.api.identity.identity import identity_of, workspace_of
from services.api.people.deeds import deed
from services.api.people.link_table import MOST_INVITES, Links, NewInvite
from services.api.people.member_models import InviteBody, InvitePage, InviteShape, MadeInvite
from services.api.people.member_table import Members
from services.api.people.members import personal
from services.api.people.problems import AlreadyMember, PersonalWorkspace, TooManyInvites
from services.api.people.users import account_url
from shared.errors import NotFound

INVITES = "/api/v1/invites"

CALLS = Calls("People")


@CALLS.post(
    INVITES,
    "Invite somebody",
    answers=(Described(201, "The invite, with its link", MadeInvite),),
    access="admin",
    refusals=(AlreadyMember, PersonalWorkspace, TooManyInvites),
)
async def create_invite(request: Request, body: InviteBody) -> Answer[MadeInvite]:
    """Makes a link by which somebody becomes a member of the workspace, once.

    Who has no account makes one by it, with a password; who has one logs in first. It is good for
    7 days, or as `expires_in_seconds` says. It is told in this answer and never again: send it to
    one person, by a way you trust.
    """
    who, text = identity_of(request), new_value()
    about = await part(request, Members).about(who.workspace, body.email)
    if about["is_personal"]:
        raise personal(who.workspace)
    if about["is_member"]:
        raise AlreadyMember(f"{body.email!r} is a member already: change their role instead")
    new = NewInvite(
        id=str(uuid_utils.uuid7()),
        workspace=who.workspace,
        email=body.email,
        role=body.role,
        made_by=who.actor,
        seconds=body.expires_in_seconds,
    )
    by = deed(request, "invite.created", email=body.email, role=body.role)
    made = await part(request, Links).invite(new, text, by)
    if made is None:
        raise TooManyInvites(f"expected at most {MOST_INVITES:,} open invites: withdraw some first")
    told = {**made, "url": account_url(request, text)}
    return Answer(MadeInvite.model_validate(told), 201, {"cache-control": "no-store"})


@CALLS.get(
    INVITES,
    "Invites, newest first",
    answers=(Described(200, "A page", InvitePage),),
    access="admin",
)
async def list_invites(request: Request, query: Rows) -> Answer[InvitePage]:
    """Tells the invites of the workspace page by page, also those that were used or are over."""
    links = part(request, Links)
    found = await links.list(workspace_of(request), query.cursor, query.limit + 1)
    rows, cursor = page_of(found, query.limit, lambda row: Cursor(row["created_at"], row["id"]))
    shown = [InviteShape.model_validate(dict(row)) for row in rows]
    return Answer(InvitePage(items=shown, next_cursor=cursor))


@CALLS.delete(
    f"{INVITES}/{{id}}", "Withdraw an invite", answers=(Described(204, "It opens nothing more"),)
)
async def withdraw_invite(request: Request) -> NoContent:
    """Withdraws an invite that was not used yet."""
    key = id_of(request, "id", "invite")
    by = deed(request, "invite.withdrawn")
    if not await part(request, Links).withdraw(workspace_of(request), key, by):
        raise NotFound(f"There is no open invite {key!r} in this workspace.")
    return NoContent()
