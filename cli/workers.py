"""A word where no worker lives: a run waits for one, and nothing else would say so."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from penstock_client import Penstock, PenstockError, System

from cli.program import program

_PATIENCE_SECONDS = 2.0


def missing_workers(system: System) -> str:
    """What waits for a worker that nobody has heard of; empty if nothing does."""
    if not system.workers:
        how = f"`{program()} up` starts some, `{program()} agent-worker` one"
        return f"No worker is alive: runs wait until one starts ({how})."
    served = {pool for worker in system.workers for pool in worker.pools}
    alone = Counter[str]()
    for each in system.queues:
        if each.pool not in served and each.waiting:
            alone[each.pool] += each.waiting
    return "  ".join(
        f"No worker serves pool {pool}: {waiting} steps wait." for pool, waiting in alone.items()
    )


async def ask_for_workers(client: Penstock) -> str:
    """As `missing_workers`; empty where this token may not ask, or nobody answers."""
    try:
        return missing_workers(await client.system())
    except PenstockError:
        return ""


async def watch_workers(
    client: Penstock, say: Callable[[str], None], *, seconds: float = _PATIENCE_SECONDS
) -> None:
    """Says once that no worker lives, if that is so twice in a row; asks until it is cancelled."""
    before = ""
    while True:
        await asyncio.sleep(seconds)
        now = await ask_for_workers(client)
        if now and before:
            say(now)
            return
        before = now
        if not now:
            seconds = min(seconds * 2, 30.0)
