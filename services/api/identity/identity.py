"""Who makes a request, and what they may do.

Roles, each of which may do what those before it may:

    viewer    reads
    member    makes and runs, and decides approvals
    admin     manages tokens and members, and deletes

Whoever runs the installation is an admin of theirs, and may besides ask under `/admin`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.authentication import BaseUser
from starlette.requests import Request

from services.api.identity.person import ROLES, Person, Role

__all__ = ["ROLES", "SETTINGS", "Identity", "Role", "identity_of", "workspace_of"]

SETTINGS = "settings"
"""Who made what the token of the settings made, and its name."""


@dataclass(frozen=True, slots=True)
class Identity(BaseUser):
    """In which workspace, under which name, with which role.

    `maker` is the id of the token or session it came by; `person` is who has logged in.
    """

    workspace: str
    name: str
    role: Role
    maker: str = SETTINGS
    is_instance_admin: bool = False
    person: Person | None = None

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def display_name(self) -> str:
        return self.name

    @property
    def actor(self) -> str:
        """Who it is beyond this session: the id of a user or a token, or `settings`."""
        return self.maker if self.person is None else self.person.id

    def moved(self, workspace: str) -> Identity:
        """As an admin of another workspace: what who runs the installation may be."""
        return replace(self, workspace=workspace, role="admin")

    def is_at_least(self, role: Role) -> bool:
        """Whether it may do what this role may."""
        return ROLES.index(self.role) >= ROLES.index(role)


def identity_of(request: Request) -> Identity:
    """Who makes the call, once it was let in."""
    user = request.user
    assert isinstance(user, Identity)
    return user


def workspace_of(request: Request) -> str:
    """Whose things the call is about."""
    return identity_of(request).workspace
