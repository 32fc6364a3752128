"""Runs stopped by a job: the log has one cancel of each, however often it is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncpg

from services.api.jobs.job_table import Progress
from services.api.jobs.models import JobFilter
from shared.ledger.runs import Run
from shared.log.port import Log
from shared.run.facts import RunCancelRequested


class Canceller:
    """Asks 2,000 runs a second to stop."""

    filter = JobFilter
    page = 200
    page_seconds = 0.1

    def __init__(self, log: Log) -> None:
        self._log = log

    async def work(self, job: asyncpg.Record, runs: Sequence[Run]) -> Progress:
        """All of them are asked to stop. Raises: Unavailable."""
        facts = [
            RunCancelRequested(
                workspace=run.workspace,
                run=run.run,
                partition=run.partition,
                requested_by=job["requested_by"],
                reason=job["reason"],
            )
            for run in runs
        ]
        await asyncio.gather(*map(self._log.append, facts))
        return Progress(place=runs[-1].cursor, done=len(runs))
