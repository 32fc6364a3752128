"""A word where nothing moves: no worker lives, or a run waits for something else."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from penstock_client import Penstock, PenstockError, System

from cli.program import program

_PATIENCE_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 30.0


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


async def watch_waits(
    client: Penstock, run_id: str, say: Callable[[str], None], *, seconds: float = _PATIENCE_SECONDS
) -> None:
    """Says what the run waits for, if it is that twice in a row; asks until it is cancelled.

    Questions to a person are told by the run's events already, with how to answer them.
    """
    before = told = ""
    while True:
        await asyncio.sleep(seconds)
        now = await _ask_for_waits(client, run_id)
        if now and now == before and now != told:
            say(now)
            told = now
        before = now
        seconds = _PATIENCE_SECONDS if now else min(seconds * 2, _LONGEST_PAUSE_SECONDS)


async def _ask_for_waits(client: Penstock, run_id: str) -> str:
    try:
        found = await client.runs.waiting_for(run_id)
    except PenstockError:
        return ""
    if found is None or found.kind == "person":
        return ""
    return (found.kind == "worker" and await ask_for_workers(client)) or found.text
