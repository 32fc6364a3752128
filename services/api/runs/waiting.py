"""Calls that hold their answer until a run has ended."""

from __future__ import annotations

import asyncio

from pydantic import Field

from services.api.http.parameters import Query
from services.api.live.hub import Hub

LONGEST_WAIT_SECONDS = 300.0


class Wait(Query):
    """How long a caller wants the answer to be held."""

    wait: float = Field(
        0.0,
        ge=0,
        le=LONGEST_WAIT_SECONDS,
        description="hold the answer until the run has ended, for so many seconds at most",
    )


async def has_ended(hub: Hub, workspace: str, run: str, seconds: float) -> bool:
    """Whether the run ended within so many seconds; waits that long at most."""
    if not seconds:
        return False
    watch = hub.join(workspace, run)
    try:
        async with asyncio.timeout(seconds):
            if not await watch.is_known():
                return False
            while watch.tape.end is None and not watch.tape.broken:
                await watch.tape.wait()
    except TimeoutError:
        return False
    finally:
        hub.leave(watch)
    return watch.tape.end is not None
