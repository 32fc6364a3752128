"""Jobs: many runs stopped or run again by one request, in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Literal
from urllib.parse import quote

from penstock_client.connection import Connection
from penstock_client.paging import items
from penstock_client.results import Page, Result

LOOK_SECONDS = 1.0


class Job(Result):
    """A job: `total` runs were meant when it began, `done` of them are stopped or run again by now.

    `skipped` were left out and `failed` could not be, `reasons` tells of how many by codes;
    `waiting_for` is what the next run waits for. `status` is running, done or cancelled.
    """

    id: str
    kind: str
    status: str
    filter: Mapping[str, object]
    reason: str | None
    requested_by: str
    created_at: str
    finished_at: str | None
    total: int
    done: int
    skipped: int
    failed: int
    reasons: Mapping[str, int]
    waiting_for: str | None
    cancelled_by: str | None


class Jobs:
    """`/jobs`, and what begins one: `POST /runs/cancel` and `/runs/retry`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def begin(
        self, kind: Literal["cancel", "retry"], wanted: Mapping[str, object], *, reason: str = ""
    ) -> Job:
        """The job that stops the runs that live and are `wanted`, or runs again those that failed.

        `wanted` has the names of a run's filter, `status` and `tags` as lists. A `reason` is kept
        with a cancel.

        Raises:
            RejectedError: the filter does not fit.
            ConflictError: the workspace has ten jobs under way.
        """
        body = {"filter": dict(wanted), **({"reason": reason} if reason else {})}
        return (await self._connection.post(f"/runs/{kind}", body)).read(Job)

    def list(self) -> AsyncIterator[Job]:
        """All jobs of the workspace, newest first, also those that are over."""
        return items(self._connection, "/jobs", Page[Job], {})

    async def get(self, job_id: str) -> Job:
        """The job, as far as it is."""
        return (await self._connection.get(_path(job_id))).read(Job)

    async def follow(self, job_id: str) -> AsyncGenerator[Job]:
        """The job as it goes on, once a second, to its end."""
        while True:
            job = await self.get(job_id)
            yield job
            if job.finished_at is not None:
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def cancel(self, job_id: str) -> Job:
        """The job, which goes on no more; what it has done stays done.

        Raises:
            ConflictError: it was over before.
        """
        return (await self._connection.post(f"{_path(job_id)}/cancel")).read(Job)


def _path(job_id: str) -> str:
    return f"/jobs/{quote(job_id, safe='')}"
