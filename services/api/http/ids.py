"""Ids in paths and bodies: UUIDs in their canonical form, or nothing at all."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request

from shared.errors import NotFound

_SHOWN = 60


def canonical_id(text: str, what: str) -> str:
    """The UUID a text is. Raises: NotFound, naming what there is not."""
    if len(text) == 36 and text.isascii():
        try:
            if str(UUID(text)) == text:
                return text
        except ValueError:
            pass
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
    raise NotFound(f"There is no {what} {shown!r} in this workspace.")


def id_of(request: Request, name: str, what: str) -> str:
    """A UUID in the path. Raises: NotFound for anything else: there is no such thing."""
    return canonical_id(request.path_params[name], what)
