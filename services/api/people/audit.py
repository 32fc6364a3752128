"""`GET /audit`: who did what, newest first, as pages or as lines."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

import asyncpg
from pydantic import BeforeValidator, Field, WithJsonSchema
from starlette.requests import Request
from starlette.responses import StreamingResponse

from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.headers import names
from services.api.http.models import Moment
from services.api.http.pages import Limited, cut, microseconds_of, moment_of
from services.api.http.parts import part
from services.api.http.problems import Forbidden
from services.api.identity.identity import identity_of
from services.api.people.deed_table import Asked, DeedTable, Place, place_of, shape_of
from services.api.people.models import AuditPage

LINES = "application/x-ndjson"
_LINES_PAGE = 200
_CURSOR = r"^[0-9]{1,17}-[af][0-9a-f-]{19,60}$"
_SHAPE = re.compile(_CURSOR, re.ASCII)
_START = Place(datetime(9999, 1, 1, tzinfo=UTC), "")

CALLS = Calls("People")


def _place(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not _SHAPE.fullmatch(value):
        raise ValueError("expected a cursor as `next_cursor` gave it")
    since, _, found = value.partition("-")
    return Place(moment_of(since), found)


class Deeds(Limited):
    """Which page of the audit, newest first."""

    cursor: Annotated[
        Place, BeforeValidator(_place), WithJsonSchema({"type": "string", "pattern": _CURSOR})
    ] = Field(_START, description="`next_cursor` of the page before")
    action: str | None = Field(
        None, pattern=r"^[a-z_]+(\.[a-z_]+)+$", description="deeds of this kind, as token.revoked"
    )
    since: Moment | None = Field(None, description="done at this time or later")
    until: Moment | None = Field(None, description="done before this time")
    everywhere: bool = Field(
        False, description="of accounts of all workspaces; for who runs the installation"
    )


@CALLS.get(
    "/api/v1/audit",
    "Who did what, newest first",
    answers=(Described(200, "A page", AuditPage),),
    access="admin",
)
async def read_audit(request: Request, query: Deeds) -> Answer[AuditPage] | StreamingResponse:
    """Tells what was done in the workspace: who, what, whose, when, from where.

    What was done to accounts, keys, limits and definitions, and which runs were asked for, told to
    stop and decided in. What concerns a user is told in their personal workspace. Asked for as
    `application/x-ndjson`, all deeds from the cursor on come, a line of JSON each.
    """
    who = identity_of(request)
    if query.everywhere and not who.is_instance_admin:
        raise Forbidden("expected who runs the installation, for what was done in all workspaces")
    workspace = None if query.everywhere else who.workspace
    asked = Asked(workspace, query.action, query.since, query.until)
    table = part(request, DeedTable)
    if names(request, LINES):
        first = await table.page(asked, query.cursor, _LINES_PAGE)
        return StreamingResponse(_lines(table, asked, first), media_type=LINES)
    rows = await table.page(asked, query.cursor, query.limit + 1)
    shown, last = cut(rows, query.limit)
    cursor = None if last is None else _text(place_of(last))
    return Answer(AuditPage(items=[shape_of(row) for row in shown], next_cursor=cursor))


async def _lines(
    table: DeedTable, asked: Asked, page: Sequence[asyncpg.Record]
) -> AsyncIterator[bytes]:
    """The deeds of this page and of all behind it, each page read when the one before is sent."""
    while page:
        yield b"".join(shape_of(row).model_dump_json().encode() + b"\n" for row in page)
        page = await table.page(asked, place_of(page[-1]), _LINES_PAGE)


def _text(place: Place) -> str:
    return f"{microseconds_of(place.at)}-{place.id}"
