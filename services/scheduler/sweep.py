"""The sweep: runs that Postgres shows as unfinished are looked at, and what they owe is asked for.

Nothing is expected to be found: whatever is owed was asked for when its cause was delivered. What
a sweep finds is counted and told, for something is wrong then. Runs older than any run may grow
are told that their deadline is reached. The scheduler works on without Postgres; only this waits.

    unfinished, and moved since it was looked at last   a page at a time, from Postgres
    quiet for a minute, folded from its facts there      owes nothing: done with, until it moves
    owes something, or cannot be judged there            visited: read from the log, which decides

So 200,000 runs that wait for a person are looked at once, and not every ten minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from datetime import timedelta

from services.scheduler import signals
from services.scheduler.scheduler import Scheduler
from shared.errors import Corrupt, Rejected, Unavailable
from shared.flow.work import LONGEST_SECONDS
from shared.ledger.facts import Source, positions
from shared.ledger.pool import opened
from shared.ledger.unfinished import LEAST_ID, Moved, Unfinished, facts_of_each, unfinished_runs
from shared.ledger.version import check_version
from shared.log.port import Entry, Log
from shared.log.subjects import FINISHED, REQUESTED
from shared.run.facts import RunDeadlineReached

EVERY_SECONDS = 600.0
_LONGEST = timedelta(seconds=LONGEST_SECONDS)
_QUIET = timedelta(minutes=1)
_PAGE = 500
_VISITS_AT_ONCE = 16


async def keep_sweeping(log: Log, scheduler: Scheduler, database_url: str) -> None:
    """Sweep every ten minutes, until cancelled."""
    sweeper = Sweeper(log, scheduler)
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            async with opened(database_url) as connection:
                await check_version(connection)
                found = await sweeper.sweep(connection)
        except (Unavailable, Rejected) as error:
            signals.log.warning("sweep.postponed", error=str(error))
        else:
            signals.log.info("sweep.done", found=found)


class Sweeper:
    """Knows how far the log was when runs were last found to owe nothing, by partition."""

    def __init__(self, log: Log, scheduler: Scheduler) -> None:
        self._log = log
        self._scheduler = scheduler
        self._looked_at: dict[int, int] = {}

    async def sweep(self, source: Source) -> int:
        """Look at the unfinished runs of our partitions; how many facts quiet ones owed.

        Raises: Unavailable; then the next sweep looks at the same runs.
        """
        ours = self._scheduler.partitions()
        until = {number: at for number, at in (await positions(source)).items() if number in ours}
        behind = {number: self._looked_at.get(number, 0) for number in ours}
        found = 0
        async with aclosing(_pages(source, Moved(behind, _LONGEST))) as pages:
            async for runs, facts in pages:
                found += await self._look_at(runs, facts, until)
        # What was given up meanwhile is another's, who begins from nothing.
        self._looked_at = {n: at for n, at in until.items() if n in self._scheduler.partitions()}
        return found

    async def _look_at(
        self, runs: Sequence[Unfinished], facts: dict[str, list[Entry]], until: dict[int, int]
    ) -> int:
        """How many facts these runs owed; `until` sinks below those that are to be seen again."""
        to_visit: list[Unfinished] = []
        for run in runs:
            entries = facts[run.address.run]
            is_overdue = run.requested_at + _LONGEST <= run.seen_at
            if entries and entries[-1].time + _QUIET > run.seen_at and not is_overdue:
                number = run.address.partition
                until[number] = min(until.get(number, 0), run.last_sequence - 1)
            elif is_overdue or await self._may_owe(entries):
                to_visit.append(run)
        return await self._visit_all(to_visit)

    async def _may_owe(self, entries: Sequence[Entry]) -> bool:
        await asyncio.sleep(0)  # a run of the scheduler's own comes first
        try:
            return await self._scheduler.may_owe(entries)
        except Corrupt:
            return True

    async def _visit_all(self, runs: Iterable[Unfinished]) -> int:
        room = asyncio.Semaphore(_VISITS_AT_ONCE)

        async def visit_one(run: Unfinished) -> int:
            async with room:
                return await visit(self._log, self._scheduler, run)

        return sum(await asyncio.gather(*map(visit_one, runs)))


async def _pages(
    source: Source, moved: Moved
) -> AsyncGenerator[tuple[list[Unfinished], dict[str, list[Entry]]]]:
    """Runs with their facts, by id; Postgres looks for the next ones meanwhile."""

    async def page(after: str) -> tuple[list[Unfinished], dict[str, list[Entry]]]:
        runs = await unfinished_runs(source, moved, after=after, limit=_PAGE)
        return runs, await facts_of_each(source, runs)

    coming = asyncio.create_task(page(LEAST_ID))
    try:
        while (found := await coming)[0]:
            coming = asyncio.create_task(page(found[0][-1].address.run))
            yield found
    finally:
        coming.cancel()
        await asyncio.wait({coming})


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
