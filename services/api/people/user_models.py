"""What calls about users, sessions and links to accounts take and answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Set
from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from services.api.http.expectations import spelled
from services.api.http.models import AT, LATER, Body, Page, Shape, Title, page_example
from services.api.http.pages import Limited
from services.api.identity.identity import Identity
from services.api.identity.passwords import LONGEST, SHORTEST
from services.api.identity.person import Role
from shared.flow import JSON

USER_ID = "01951f6e-7a10-7000-8000-00000000000a"
_SECRET = "Zm9yZ2V0IGl0LCB0aGlzIGlzIG5vdCBhIGxpbms"
_PASSWORD = "three words of yours"
LONGEST_EMAIL = 254


def _folded(email: str) -> str:
    folded = unicodedata.normalize("NFC", email).casefold()
    if len(folded) > LONGEST_EMAIL:  # some letters become two or three
        raise ValueError(f"expected an e-mail of at most {LONGEST_EMAIL} characters in lower case")
    return folded


# What is a space differs by \x85 and \ufeff from one engine to another.
EMAIL = spelled(
    r"^[^@\s\x85\ufeff\x00]+@[^@\s\x85\ufeff\x00]+$",
    "an e-mail address without spaces, like ada@example.org",
)
Email = Annotated[
    str,
    Field(min_length=3, max_length=LONGEST_EMAIL, pattern=EMAIL),
    AfterValidator(_folded),
]
NewPassword = Annotated[str, Field(min_length=SHORTEST, max_length=LONGEST)]
Password = Annotated[str, Field(max_length=LONGEST)]
LinkText = Annotated[str, Field(max_length=100)]

_USER: dict[str, JSON] = {
    "id": USER_ID,
    "email": "ada@example.org",
    "name": "Ada",
    "is_instance_admin": False,
    "workspace": "ada",
    "has_password": True,
    "created_at": AT,
}
LINK_URL = f"http://localhost:8080/sign-in#link={_SECRET}"


class LoginBody(Body):
    """Who somebody says they are."""

    EXAMPLE: ClassVar[JSON] = {"email": "ada@example.org", "password": _PASSWORD}
    SECRET: ClassVar[Set[str]] = {"password"}

    email: Email
    password: Password


class PasswordBody(Body):
    """One's own password, and what it is to be."""

    EXAMPLE: ClassVar[JSON] = {"password": _PASSWORD, "new_password": f"{_PASSWORD} and more"}
    SECRET: ClassVar[Set[str]] = {"password", "new_password"}

    password: Password
    new_password: NewPassword


class PersonShape(Shape):
    """Who has logged in."""

    id: UUID
    email: str
    name: str
    is_instance_admin: bool


class PlaceShape(Shape):
    """A workspace somebody works in, to be named in `X-Penstock-Workspace`."""

    slug: str
    name: str
    role: Role


class IdentityShape(Shape):
    """In which workspace somebody asks, and as what.

    `user` is who has logged in, and `workspaces` are all of theirs; a token has neither.
    """

    EXAMPLE: ClassVar[JSON] = {
        "workspace": "ada",
        "name": "Ada",
        "role": "admin",
        "user": {
            "id": USER_ID,
            "email": "ada@example.org",
            "name": "Ada",
            "is_instance_admin": False,
        },
        "workspaces": [{"slug": "ada", "name": "Ada", "role": "admin"}],
    }

    workspace: str
    name: str
    role: Role
    user: PersonShape | None
    workspaces: list[PlaceShape]

    @classmethod
    def of(cls, who: Identity) -> IdentityShape:
        """As `who` is told of themselves."""
        person, user = who.person, None
        if person is not None:
            user = PersonShape(
                id=UUID(person.id),
                email=person.email,
                name=person.name,
                is_instance_admin=person.is_instance_admin,
            )
        places = person.places.items() if person is not None else ()
        return cls(
            workspace=who.workspace,
            name=who.name,
            role=who.role,
            user=user,
            workspaces=[PlaceShape(slug=slug, name=p.name, role=p.role) for slug, p in places],
        )


class AccountLinkBody(Body):
    """A link to an account, as it stands behind `#link=` in its address."""

    EXAMPLE: ClassVar[JSON] = {"link": _SECRET}
    SECRET: ClassVar[Set[str]] = {"link"}

    link: LinkText


class LinkAccount(Shape):
    """What a link is for: an invite, a new password, or the first login.

    `is_known` tells whether there is an account of this e-mail: then an invite is taken by who is
    logged in with it. `workspace` and `role` are those of an invite.
    """

    EXAMPLE: ClassVar[JSON] = {
        "kind": "invite",
        "email": "ada@example.org",
        "name": None,
        "is_known": False,
        "workspace": "default",
        "role": "member",
        "expires_at": LATER,
    }

    kind: Literal["invite", "reset", "first"]
    email: str
    name: str | None
    is_known: bool
    workspace: str | None
    role: Role | None
    expires_at: datetime


class LinkSessionBody(Body):
    """A link to an account, used.

    `name` and `password` are needed to take an invite without an account, `password` to set a new
    one; at the first login there may be one.
    """

    EXAMPLE: ClassVar[JSON] = {"link": _SECRET, "name": "Ada", "password": _PASSWORD}
    SECRET: ClassVar[Set[str]] = {"link", "password"}

    link: LinkText
    name: Title | None = None
    password: NewPassword | None = None


class UserBody(Body):
    """A user, who gets a personal workspace and a link to log in by."""

    EXAMPLE: ClassVar[JSON] = {"email": "ada@example.org", "name": "Ada"}

    email: Email
    name: Title
    is_instance_admin: bool = False


class InstanceAdminBody(Body):
    """Whether a user runs the installation."""

    EXAMPLE: ClassVar[JSON] = {"is_instance_admin": True}

    is_instance_admin: bool


class UserShape(Shape):
    """A user; `workspace` is their personal one."""

    EXAMPLE: ClassVar[JSON] = _USER

    id: UUID
    email: str
    name: str
    is_instance_admin: bool
    workspace: str
    has_password: bool
    created_at: datetime


class UserPage(Page[UserShape]):
    """Users by e-mail."""

    EXAMPLE: ClassVar[JSON] = page_example(_USER)


class MadeUser(UserShape):
    """A user that was made; `url` is the link to log in by, once, which is told this once."""

    EXAMPLE: ClassVar[JSON] = {
        **_USER,
        "has_password": False,
        "url": LINK_URL,
        "expires_at": LATER,
    }

    url: str
    expires_at: datetime


class AccountLink(Shape):
    """A link to set a new password by, once; it is told this once."""

    EXAMPLE: ClassVar[JSON] = {"email": "ada@example.org", "url": LINK_URL, "expires_at": LATER}

    email: str
    url: str
    expires_at: datetime


class ByEmail(Limited):
    """Which page of a list, by e-mail."""

    cursor: str = Field(
        "", max_length=LONGEST_EMAIL, description="`next_cursor` of the page before"
    )
