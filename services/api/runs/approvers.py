"""Who may decide an approval: those its node names, or everyone who may decide anything."""

from __future__ import annotations

from collections.abc import Sequence

from services.api.http.problems import Refused
from services.api.identity.identity import Identity
from services.api.identity.person import Role
from shared.flow import ApprovalWork, Step

_ROLES: tuple[Role, ...] = ("member", "admin")


class NotAnApprover(Refused):
    """The approval names who may decide, and this is somebody else; the member says who may."""

    code = "not_an_approver"
    status = 403


def approvers_of(step: Step) -> Sequence[str] | None:
    """E-mails and ids of users, and roles; None where everybody may decide."""
    return step.work.approvers if isinstance(step.work, ApprovalWork) else None


def names_of(who: Identity) -> tuple[str, ...]:
    """What an approval may name them by: their roles, and a user's e-mail and id."""
    roles = tuple(role for role in _ROLES if who.is_at_least(role))
    if who.person is None:
        return roles
    return (*roles, who.person.email.casefold(), who.person.id)


def require_approver(who: Identity, step: Step) -> None:
    """A user is one by their session; a token is nobody, and has a role.

    Raises: NotAnApprover.
    """
    approvers = approvers_of(step)
    if approvers is None or set(names_of(who)) & set(approvers):
        return
    raise NotAnApprover(
        f"expected one who may decide on {step.node!r}: {in_words(approvers)}; got {who.name!r}",
        approvers=list(approvers),
    )


def in_words(approvers: Sequence[str]) -> str:
    """Who may decide, as a sentence names them."""
    named = [f"every {each}" if each in _ROLES else each for each in approvers]
    return ", ".join(named[:-1]) + " or " + named[-1] if len(named) > 1 else named[0]
