"""What who runs the installation does to runs of others: each is told in the audit of those.

Nothing of it is a change of Postgres, so the row is written first: who cannot be told of does not
look.
"""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg
from starlette.requests import Request

from services.api.http.parts import part
from services.api.identity.identity import workspace_of
from services.api.people.deeds import deed, noted
from shared.ledger.pool import translated

_NOTED = f"""
    with concerned as (
        select slug as workspace, coalesce($2, slug) as subject
        from workspaces where slug = any($1::text[])
    ) {noted("concerned", "subject", 3)}
"""


async def note_look(request: Request, workspaces: Iterable[str]) -> None:
    """The caller is told of runs of these; of their own it is no news. Raises: Unavailable."""
    others = set(workspaces) - {workspace_of(request)}
    if others:
        await _note(request, others, None, "runs.seen", path=request.url.path)


async def note_asked(request: Request, workspace: str, run: str, action: str) -> None:
    """The caller asks this of a run. Raises: Unavailable."""
    await _note(request, {workspace}, run, action)


async def _note(
    request: Request, workspaces: set[str], subject: str | None, action: str, **details: str
) -> None:
    by = deed(request, action, **details)
    with translated():
        await part(request, asyncpg.Pool).execute(_NOTED, sorted(workspaces), subject, *by)
