"""Keyset pages: newest first, a cursor names the last row seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, NamedTuple, TypeVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from services.api.http.parameters import Query, WholeNumber

MOST_ROWS = 200
CURSOR = r"^[0-9]{1,16}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_SHAPE = re.compile(CURSOR, re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Row = TypeVar("Row")


class Cursor(NamedTuple):
    """The place of a row in a list ordered by time and id."""

    created_at: datetime
    id: str


START = Cursor(datetime(9999, 1, 1, tzinfo=UTC), "ffffffff-ffff-ffff-ffff-ffffffffffff")
"""Before every row, newest first."""


def cursor_text(cursor: Cursor) -> str:
    """The cursor as clients get it, to be given back as it is: microseconds and id."""
    return f"{microseconds_of(cursor.created_at)}-{cursor.id}"


def cursor_of(text: str) -> Cursor:
    """The cursor a client gave back. Raises: ValueError."""
    if not _SHAPE.fullmatch(text):
        raise ValueError("expected a cursor as `next_cursor` gave it")
    since, _, found = text.partition("-")
    return Cursor(moment_of(since), found)


def microseconds_of(moment: datetime) -> int:
    """A time as cursors have it."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(microseconds: str) -> datetime:
    """The time of a cursor. Raises: ValueError."""
    try:
        return _EPOCH + int(microseconds) * _MICROSECOND
    except OverflowError:
        raise ValueError("expected a cursor as `next_cursor` gave it") from None


def _cursor(value: object) -> object:
    return cursor_of(value) if isinstance(value, str) else value


class Limited(Query):
    """How much of a list at a time."""

    limit: WholeNumber = Field(50, ge=1, le=MOST_ROWS, description="rows a page")


class Rows(Limited):
    """Which page of a list, newest first."""

    cursor: Annotated[
        Cursor,
        BeforeValidator(_cursor),
        WithJsonSchema({"type": "string", "pattern": CURSOR}),
    ] = Field(START, description="`next_cursor` of the page before")


def cut(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], Row | None]:
    """The rows of a page of which one more was asked for; and the last of them, if more follow."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], rows[limit - 1]


def page_of(
    rows: Sequence[Row], limit: int, place: Callable[[Row], Cursor]
) -> tuple[Sequence[Row], str | None]:
    """The rows of such a page, and the cursor to what follows."""
    shown, last = cut(rows, limit)
    return shown, None if last is None else cursor_text(place(last))
