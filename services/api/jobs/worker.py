"""The work of jobs: a page of one, then a page of the next, so that none waits for a long one.

    claim a job -> a page of runs, oldest first -> how far it is noted, and it is let go of

Whatever dies, another api goes on behind the last page that was noted. A page done twice changes
nothing: each kind of job sees to that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

import asyncpg
import uuid_utils

from services.api.jobs.job_table import Jobs, Progress
from services.api.jobs.models import RunsFilter
from shared.errors import Unavailable
from shared.ledger.listing import START, list_runs
from shared.ledger.runs import Cursor, Run
from shared.runtime.logging import logger
from shared.runtime.metrics import counter

LOOK_SECONDS = 1.0
WAIT_SECONDS = 5.0
"""How long a job rests that waits for room."""

WORKED = counter("job_runs_total", "Runs that jobs of this process asked to stop or ran again.")

log = logger()


class Kind(Protocol):
    """What a job does to runs: at most `page` of them in `page_seconds`, whichever api does it."""

    @property
    def filter(self) -> type[RunsFilter]:
        """What says which runs are meant."""
        ...

    @property
    def page(self) -> int:
        """How many runs at once, at most."""
        ...

    @property
    def page_seconds(self) -> float:
        """How long they take, at least."""
        ...

    async def work(self, job: asyncpg.Record, runs: Sequence[Run]) -> Progress:
        """What came of these runs, or of the first of them. Raises: Unavailable."""
        ...


class JobWorker:
    """Does jobs while `watch` runs, a page at a time."""

    def __init__(self, pool: asyncpg.Pool, jobs: Jobs, kinds: Mapping[str, Kind]) -> None:
        self._pool = pool
        self._jobs = jobs
        self._kinds = kinds
        self._holder = str(uuid_utils.uuid7())

    async def watch(self) -> None:
        """Looks for jobs, for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                while await self.work():
                    pass
            except Unavailable as error:
                log.warning("job.interrupted", error=str(error))

    async def work(self) -> bool:
        """Do a page of a job; False if there is none to be done now.

        Raises: Unavailable; then it is gone on with once it is held no more.
        """
        job = await self._jobs.claim(self._holder)
        if job is None:
            return False
        kind = self._kinds[job["kind"]]
        wanted = kind.filter.model_validate_json(job["filter"]).wanted(
            job["workspace"], job["created_at"]
        )
        run = job["place_run"]
        place = START if run is None else Cursor(job["place_at"], str(run))
        runs = await list_runs(self._pool, wanted, cursor=place, limit=kind.page)
        if not runs:
            await self._jobs.end(str(job["id"]), self._holder)
            log.info("job.done", job=str(job["id"]))
            return True
        pause = asyncio.create_task(asyncio.sleep(kind.page_seconds))
        made = await kind.work(job, runs)
        WORKED.inc(made.done)
        await pause
        await self._jobs.note(job, self._holder, made, WAIT_SECONDS if made.waiting_for else 0.0)
        return True
