"""A person as their session tells: who they are, and where they work in which role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

Role: TypeAlias = Literal["viewer", "member", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace somebody works in: what it is called, and as what they work there."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Person:
    """A user; `workspace` is their personal one, `places` are all of theirs, by slug."""

    id: str
    email: str
    name: str
    is_instance_admin: bool
    workspace: str
    places: Mapping[str, Place] = field(default_factory=dict)
