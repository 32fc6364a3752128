"""What calls about workspaces, tokens and the audit take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from services.api.http.expectations import spelled
from services.api.http.models import AT, LATER, Body, Moment, Page, Shape, Title, page_example
from services.api.identity.identity import Role
from shared.flow import JSON
from shared.flow.work import WHOLE

TOKEN_ID = "01951f6e-7a10-7000-8000-000000000007"
SLUG = spelled(
    r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
    "1 to 63 small letters, digits and -, with no - at either end",
)
Slug = Annotated[str, Field(pattern=SLUG)]

_TOKEN: dict[str, JSON] = {
    "id": TOKEN_ID,
    "workspace": "default",
    "name": "nightly",
    "role": "member",
    "prefix": "pst_3kT9aB",
    "made_by": "settings",
    "created_at": AT,
    "expires_at": None,
    "revoked_at": None,
    "last_used_at": None,
}
_WORKSPACE: dict[str, JSON] = {"slug": "acme", "name": "Acme", "created_at": AT}
_DEED: dict[str, JSON] = {
    "id": 7,
    "at": LATER,
    "workspace": "default",
    "actor": "settings",
    "actor_name": "settings",
    "action": "token.created",
    "subject": TOKEN_ID,
    "details": {"name": "nightly", "role": "member"},
    "address": "192.0.2.7",
}


class WorkspaceBody(Body):
    """A workspace: its slug stays, stands in subjects and addresses, and is never used again."""

    EXAMPLE: ClassVar[JSON] = {"slug": "acme", "name": "Acme"}

    slug: Slug
    name: Title


class WorkspaceShape(Shape):
    """A workspace."""

    EXAMPLE: ClassVar[JSON] = _WORKSPACE

    slug: str
    name: str
    created_at: datetime


class RetentionBody(Body):
    """How long runs are kept: days after their end; null for ever."""

    EXAMPLE: ClassVar[JSON] = {"days": 90}

    days: Annotated[int, Field(ge=1, le=36_500), WHOLE] | None


class Retention(Shape):
    """How long runs of the workspace are kept after their end; null for ever."""

    EXAMPLE: ClassVar[JSON] = {"days": 90}

    days: int | None


class WorkspaceDeleting(Shape):
    """It is written down that the workspace is to be deleted."""

    EXAMPLE: ClassVar[JSON] = {"slug": "acme", "status": "deleting"}

    slug: str
    status: Literal["deleting"]


class WorkspacePage(Page[WorkspaceShape]):
    """Workspaces by slug."""

    EXAMPLE: ClassVar[JSON] = page_example(_WORKSPACE)


class TokenBody(Body):
    """A token; without `expires_at` it is good until it is revoked.

    `workspace` is for who runs the installation: a token of another workspace than theirs.
    """

    EXAMPLE: ClassVar[JSON] = {"name": "nightly", "role": "member"}

    name: Title
    role: Role
    expires_at: Moment | None = None
    workspace: Slug | None = None


class TokenShape(Shape):
    """A token as lists tell it: never its text, of which `prefix` is the beginning.

    `made_by` is the id of the user or token it was made by, or `settings`; `last_used_at` is to the
    hour.
    """

    EXAMPLE: ClassVar[JSON] = _TOKEN

    id: UUID
    workspace: str
    name: str
    role: Role
    prefix: str
    made_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class MadeToken(TokenShape):
    """A token that was made; `token` is its text, which is told this once."""

    EXAMPLE: ClassVar[JSON] = {**_TOKEN, "token": "pst_3kT9aB..."}

    token: str


class TokenPage(Page[TokenShape]):
    """Tokens, newest first."""

    EXAMPLE: ClassVar[JSON] = page_example(_TOKEN)


class DeedShape(Shape):
    """What somebody did: `actor` is the id of a user or a token, or `settings`.

    Of runs of earlier versions, and of those that a job asked for, it is the name; `penstock` is
    who stops a run whose readers left. `id` is a number of its own; of what was done to a run it is
    the sequence of the fact.
    """

    id: int
    at: datetime
    workspace: str
    actor: str
    actor_name: str
    action: str
    subject: str
    details: dict[str, JsonValue]
    address: str | None


class AuditPage(Page[DeedShape]):
    """Deeds, newest first."""

    EXAMPLE: ClassVar[JSON] = page_example(_DEED)
