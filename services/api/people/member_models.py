"""What calls about members and invites take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.api.http.models import AT, LATER, Body, Page, Shape, page_example
from services.api.identity.person import Role
from services.api.people.user_models import LINK_URL, USER_ID, Email
from shared.flow import JSON
from shared.flow.work import WHOLE

INVITE_ID = "01951f6e-7a10-7000-8000-00000000000b"
WEEK_SECONDS = 7 * 86_400

_MEMBER: dict[str, JSON] = {
    "id": USER_ID,
    "email": "ada@example.org",
    "name": "Ada",
    "role": "member",
    "since": AT,
}
_INVITE: dict[str, JSON] = {
    "id": INVITE_ID,
    "workspace": "default",
    "email": "ada@example.org",
    "role": "member",
    "made_by": "settings",
    "created_at": AT,
    "expires_at": LATER,
    "used_at": None,
}


class MemberBody(Body):
    """Somebody who has an account, and as what they work in the workspace."""

    EXAMPLE: ClassVar[JSON] = {"email": "ada@example.org", "role": "member"}

    email: Email
    role: Role


class RoleBody(Body):
    """As what a member works in the workspace from now on."""

    EXAMPLE: ClassVar[JSON] = {"role": "viewer"}

    role: Role


class MemberShape(Shape):
    """A member of a workspace; `id` is that of the user."""

    EXAMPLE: ClassVar[JSON] = _MEMBER

    id: UUID
    email: str
    name: str
    role: Role
    since: datetime


class MemberPage(Page[MemberShape]):
    """Members by e-mail."""

    EXAMPLE: ClassVar[JSON] = page_example(_MEMBER)


class InviteBody(Body):
    """Who is invited, and as what."""

    EXAMPLE: ClassVar[JSON] = {"email": "ada@example.org", "role": "member"}

    email: Email
    role: Role
    expires_in_seconds: Annotated[int, Field(ge=60, le=WEEK_SECONDS), WHOLE] = WEEK_SECONDS


class InviteShape(Shape):
    """An invite into a workspace, as lists tell it."""

    EXAMPLE: ClassVar[JSON] = _INVITE

    id: UUID
    workspace: str
    email: str
    role: Role
    made_by: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class MadeInvite(InviteShape):
    """An invite that was made; `url` is its link, which is told this once."""

    EXAMPLE: ClassVar[JSON] = {**_INVITE, "url": LINK_URL}

    url: str


class InvitePage(Page[InviteShape]):
    """Invites, newest first."""

    EXAMPLE: ClassVar[JSON] = page_example(_INVITE)
