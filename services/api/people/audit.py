"""`GET /audit`: who did what to accounts, newest first."""

from __future__ import annotations

import asyncpg
import pydantic_core
from pydantic import Field
from starlette.requests import Request

from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.pages import Limited, cut
from services.api.http.parts import part
from services.api.http.problems import Forbidden
from services.api.identity.identity import identity_of
from services.api.people.models import AuditPage, DeedShape
from shared.ledger.pool import translated

_LAST = 2**63 - 1
_DIGITS = r"^[0-9]{1,18}$"

CALLS = Calls("People")


class Deeds(Limited):
    """Which page of the audit, newest first."""

    cursor: str | None = Field(
        None, pattern=_DIGITS, description="`next_cursor` of the page before"
    )
    everywhere: bool = Field(False, description="of all workspaces; for who runs the installation")


@CALLS.get(
    "/api/v1/audit",
    "Who did what, newest first",
    answers=(Described(200, "A page", AuditPage),),
    access="admin",
)
async def read_audit(request: Request, query: Deeds) -> Answer[AuditPage]:
    """Tells what was done to the accounts of the workspace: who, what, whose, when, from where.

    What concerns a user is told in their personal workspace.
    """
    who = identity_of(request)
    if query.everywhere and not who.is_instance_admin:
        raise Forbidden("expected who runs the installation, for what was done in all workspaces")
    before = _LAST if query.cursor is None else int(query.cursor)
    of, keys = ("true", ()) if query.everywhere else ("workspace = $3", (who.workspace,))
    with translated():
        rows = await part(request, asyncpg.Pool).fetch(
            f"select * from audit where {of} and id < $1 order by id desc limit $2",
            before, query.limit + 1, *keys,
        )  # fmt: skip
    shown, last = cut(rows, query.limit)
    cursor = last and str(last["id"])
    return Answer(AuditPage(items=[_shape(row) for row in shown], next_cursor=cursor))


def _shape(row: asyncpg.Record) -> DeedShape:
    details = pydantic_core.from_json(row["details"])
    return DeedShape.model_validate({**row, "details": details})
