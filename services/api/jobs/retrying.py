"""Runs run again by a job, each by a retry whose id the job and the run give.

So a run that was retried before its page was noted is known again, and not retried twice; that
holds for two apis at the same page too, since the log has one request of each run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

import asyncpg

from services.api.definitions.flows import Flows
from services.api.history.capacity import Capacity
from services.api.history.run_history import RunHistory
from services.api.http.parts import Parts
from services.api.http.problems import NothingToRetry, Refused, RunNotOver
from services.api.jobs.job_table import Progress
from services.api.jobs.models import RetryFilter
from services.api.runs.claims import Claim
from services.api.runs.create import require_keys, take_room
from services.api.runs.fork_start import Asker, begin_fork
from services.api.runs.forking import not_over, plan_retry
from services.api.runs.keeping import refuse_too_much
from services.api.runs.reading import RunReader
from shared.errors import NotFound, PenstockError, Unavailable
from shared.ledger.listing import with_good_forks
from shared.ledger.runs import Run
from shared.log.subjects import partition_of

AT_ONCE = 4
SKIPPED = (NothingToRetry, RunNotOver, NotFound)
_TIME_BITS = 48


class RetriedBefore(Refused):
    """The run has a fork that lives, or has completed."""

    code = "retried_before"
    status = 409


class Retrier:
    """Runs 50 runs a second again: a scheduler has read ten when the next ten come."""

    filter = RetryFilter
    page = 10
    page_seconds = 0.2

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def work(self, job: asyncpg.Record, runs: Sequence[Run]) -> Progress:
        """What came of these, up to the first that has to wait for room. Raises: Unavailable."""
        pool, room = self._parts.get(asyncpg.Pool), asyncio.Semaphore(AT_ONCE)
        forked = await with_good_forks(pool, job["workspace"], [run.run for run in runs])

        async def retried(run: Run) -> PenstockError | None:
            async with room:
                try:
                    await self._retry(job, run, is_forked=run.run in forked)
                except PenstockError as error:
                    return error
            return None

        made = Progress()
        for run, refusal in zip(runs, await asyncio.gather(*map(retried, runs)), strict=True):
            if refusal is not None and _may_wait(refusal):
                made.waiting_for = f"{refusal.code}: {refusal}"
                break
            made.place = run.cursor
            if refusal is None:
                made.done += 1
                continue
            made.reasons[refusal.code] += 1
            if isinstance(refusal, (RetriedBefore, *SKIPPED)):
                made.skipped += 1
            else:
                made.failed += 1
        return made

    async def _retry(self, job: asyncpg.Record, run: Run, *, is_forked: bool) -> None:
        """Raises: PenstockError, where nothing was begun."""
        parts, workspace = self._parts, run.workspace
        key = retry_id(str(job["id"]), run.run)
        if await parts.get(RunHistory).is_known(workspace, key):
            return
        # Where clocks differ, what the job began itself may seem older than the job.
        parent = run.forked_from
        if is_forked or (parent is not None and run.run == retry_id(str(job["id"]), parent)):
            raise RetriedBefore("expected a run that nobody has run again")
        read = await parts.get(RunReader).read(workspace, run.run)
        if read.state.ended is None:
            raise not_over(run.run)
        planned = await plan_retry(parts.get(Flows), read)
        capacity = parts.get(Capacity)
        refuse_too_much(planned, capacity.most_run_bytes)
        await require_keys(parts, workspace, planned.rerun)
        take_room(parts, workspace)
        claim = Claim(key, partition_of(key, capacity.partitions))
        await begin_fork(parts, planned, claim, Asker(job["requested_by"]))


def retry_id(job: str, run: str) -> str:
    """The id of the job's retry of a run: of the time of the job, and like no other's."""
    rest = int.from_bytes(sha256(f"{job} {run}".encode()).digest()[:10])
    number = UUID(job).int >> (128 - _TIME_BITS) << (128 - _TIME_BITS) | rest
    return str(UUID(int=number & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62))


def _may_wait(refusal: PenstockError) -> bool:
    """It passes: limits of the workspace, stores that are full, what is away."""
    return isinstance(refusal, Unavailable) or refusal.status == 429
