"""What a shell offers when TAB is pressed behind a command: runs and pipelines of the stack."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock_client import Penstock

Offers = list[tuple[str, str]]

_SECONDS = 2.0
_MOST = 30


def complete_runs(incomplete: str) -> Offers:
    """The newest runs whose ids begin so, each with how it stands; nothing if nobody answers."""
    return _offered(lambda client: _runs(client, incomplete))


def complete_pipelines(incomplete: str) -> Offers:
    """The pipelines whose names begin so; nothing if nobody answers."""
    return _offered(lambda client: _pipelines(client, incomplete))


async def _runs(client: Penstock, incomplete: str) -> Offers:
    from cli.which import is_beginning, label_of

    if incomplete and not is_beginning(incomplete):
        return []
    found: Offers = []
    async for run in client.runs.list(id_prefix=incomplete.lower() or None, page_size=_MOST):
        found.append((run.run_id, label_of(run)))
        if len(found) >= _MOST:
            break
    return found


async def _pipelines(client: Penstock, incomplete: str) -> Offers:
    found = [each async for each in client.pipelines.list()]
    return [(each.name, each.id) for each in found if each.name.startswith(incomplete)][:_MOST]


def _offered(ask: Callable[[Penstock], Awaitable[Offers]]) -> Offers:
    from penstock_client import PenstockError

    from cli.outcome import CommandError
    from cli.session import Session
    from cli.stack import find_stack

    async def asked() -> Offers:
        session = Session(find_stack(None, None, Path.cwd(), os.environ))
        async with asyncio.timeout(_SECONDS), session.client() as client:
            return await ask(client)

    # Nobody wants to read of errors between two keys.
    with suppress(CommandError, PenstockError, TimeoutError, OSError):
        return asyncio.run(asked())
    return []
