"""The sweep: runs that Postgres shows as unfinished are read anew, and what they owe is asked for.

Nothing is expected to be found: whatever is owed was asked for when its cause was delivered. What
a sweep finds is counted and told, for something is wrong then. Runs older than any run may grow
are told that their deadline is reached. The scheduler works on without Postgres; only this waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

from services.scheduler import signals
from services.scheduler.scheduler import Scheduler
from shared.errors import Rejected, Unavailable
from shared.flow.work import LONGEST_SECONDS
from shared.ledger.facts import Source
from shared.ledger.pool import opened
from shared.ledger.runs import Unfinished, unfinished_runs
from shared.ledger.version import check_version
from shared.log.port import Log
from shared.log.subjects import FINISHED, REQUESTED
from shared.run.facts import RunDeadlineReached

EVERY_SECONDS = 600.0
_LONGEST = timedelta(seconds=LONGEST_SECONDS)
_QUIET = timedelta(minutes=1)
_PAGE = 500


async def keep_sweeping(log: Log, scheduler: Scheduler, database_url: str) -> None:
    """Sweep every ten minutes, until cancelled."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            async with opened(database_url) as connection:
                await check_version(connection)
                found = await sweep(log, scheduler, connection)
        except (Unavailable, Rejected) as error:
            signals.log.warning("sweep.postponed", error=str(error))
        else:
            signals.log.info("sweep.done", found=found)


async def sweep(log: Log, scheduler: Scheduler, source: Source) -> int:
    """Visit every unfinished run of our partitions; how many facts quiet ones owed."""
    found = 0
    async for run in _unfinished(source):
        if scheduler.works(run.address.partition):
            found += await visit(log, scheduler, run)
    return found


async def visit(log: Log, scheduler: Scheduler, run: Unfinished) -> int:
    """Ask for what a quiet run owes, and end it if it is too old; how many facts it owed.

    Where something has just happened, what follows from it is on its way.
    """
    partition, workspace, name = run.address
    entries = (await log.history(workspace, name)).entries
    if not entries or entries[0].rest != REQUESTED or entries[-1].rest == FINISHED:
        return 0
    if run.requested_at + _LONGEST <= run.seen_at:
        await log.append(RunDeadlineReached(workspace=workspace, run=name, partition=partition))
        signals.log.warning("run.overdue", run=name)
    if entries[-1].time + _QUIET > run.seen_at:
        return 0
    owed = await scheduler.visit(run.address)
    if owed:
        signals.SWEPT.inc(owed)
        signals.log.error("run.left_behind", run=name, owed=owed)
    return owed


async def _unfinished(source: Source) -> AsyncIterator[Unfinished]:
    after = "00000000-0000-0000-0000-000000000000"
    while page := await unfinished_runs(source, after=after, limit=_PAGE):
        for run in page:
            yield run
        after = page[-1].address.run
