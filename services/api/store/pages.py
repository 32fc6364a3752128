"""Keyset pages: newest first, a cursor names the last row seen."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from services.api.problems import BadParameter


class Cursor(NamedTuple):
    """The place of a row in a list ordered by time and id."""

    created_at: datetime
    id: str


START = Cursor(datetime(9999, 1, 1, tzinfo=UTC), "ffffffff-ffff-ffff-ffff-ffffffffffff")
"""Before every row, newest first."""


def cursor_text(cursor: Cursor) -> str:
    """The cursor as clients get it: opaque, safe in a URL."""
    text = f"{cursor.created_at.isoformat()} {cursor.id}"
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def cursor_of(text: str | None) -> Cursor:
    """The cursor a client gave back; None is the start. Raises: BadParameter."""
    if text is None:
        return START
    try:
        padded = text.encode() + b"=" * (-len(text) % 4)
        at, _, found = urlsafe_b64decode(padded).decode().partition(" ")
        created_at = datetime.fromisoformat(at)
        return Cursor(created_at.astimezone(UTC), str(UUID(found)))
    except (ValueError, OverflowError):
        raise BadParameter(
            f"expected a cursor as `next_cursor` gave it, came {text[:60]!r}"
        ) from None
