"""Keyset pages: newest first, a cursor names the last row seen."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from services.api.http.problems import BadParameter

CURSOR = r"^[0-9]{1,16}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_SHAPE = re.compile(CURSOR, re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Cursor(NamedTuple):
    """The place of a row in a list ordered by time and id."""

    created_at: datetime
    id: str


START = Cursor(datetime(9999, 1, 1, tzinfo=UTC), "ffffffff-ffff-ffff-ffff-ffffffffffff")
"""Before every row, newest first."""


def cursor_text(cursor: Cursor) -> str:
    """The cursor as clients get it, to be given back as it is: microseconds and id."""
    since = cursor.created_at - _EPOCH
    return f"{since // _MICROSECOND}-{cursor.id}"


def cursor_of(text: str | None) -> Cursor:
    """The cursor a client gave back; None is the start. Raises: BadParameter."""
    if text is None:
        return START
    if not _SHAPE.fullmatch(text):
        raise BadParameter(f"expected a cursor as `next_cursor` gave it, came {text[:60]!r}")
    since, _, found = text.partition("-")
    return Cursor(_EPOCH + int(since) * _MICROSECOND, found)
