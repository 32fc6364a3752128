"""What is told of every change of accounts: who, what, whose, when and from where.

A change and its record are one statement, so that neither is without the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pydantic_core
from starlette.requests import Request

from services.api.identity.identity import identity_of
from shared.flow import JSON


class Deed(NamedTuple):
    """Who does what; in the order of the parameters that `noted` reads."""

    actor: str
    actor_name: str
    action: str
    details: str
    address: str | None


def deed(request: Request, action: str, /, **details: JSON) -> Deed:
    """What the caller does by this request. Secrets are no details."""
    who = identity_of(request)
    return deed_of(request, who.actor, who.name, action, **details)


def deed_of(request: Request, actor: str, name: str, action: str, /, **details: JSON) -> Deed:
    """What somebody does who is not let in yet: logs in, or follows a link."""
    told: Mapping[str, JSON] = details
    return Deed(actor, name, action, pydantic_core.to_json(told).decode(), address_of(request))


def address_of(request: Request) -> str | None:
    """Where a request comes from."""
    return request.client.host if request.client else None


def noted(changed: str, subject: str, first: int) -> str:
    """SQL that records a deed for every row of `changed`, from parameter `first` on.

    `subject` is the column that says whose it was.
    """
    actor, name, action, details, address = (f"${first + n}" for n in range(len(Deed._fields)))
    return (
        "insert into audit (workspace, actor, actor_name, action, subject, details, address) "
        f"select workspace, {actor}, {name}, {action}, {subject}, {details}, {address} "
        f"from {changed}"
    )
