"""`/jobs`, `POST /runs/cancel` and `/runs/retry`: many runs stopped or run again by one request."""

from __future__ import annotations

from typing import Literal

import asyncpg
import pydantic_core
import uuid_utils
from starlette.requests import Request

from services.api.http.addresses import public_url
from services.api.http.answers import Answer
from services.api.http.bodies import refuse_unfit
from services.api.http.calls import Calls, Described
from services.api.http.pages import Cursor, Rows, page_of
from services.api.http.parameters import canonical_id, id_of
from services.api.http.parts import part
from services.api.identity.identity import identity_of, workspace_of
from services.api.jobs.job_table import MOST_OPEN, JobOver, Jobs, NewJob, TooManyJobs
from services.api.jobs.models import CancelRunsBody, JobPage, JobShape, RetryRunsBody, RunsFilter
from services.api.people.deeds import deed
from services.api.runs.links import RUNS
from shared.errors import NotFound
from shared.ledger.listing import count_runs

JOBS = "/api/v1/jobs"

BEGUN = (Described(202, "A job has begun", JobShape, headers=("Location",)),)
_DEEDS = {"cancel": "runs.cancelled", "retry": "runs.retried"}

CALLS = Calls("Runs")


@CALLS.post(
    f"{RUNS}/cancel",
    "Stop many runs",
    answers=BEGUN,
    refusals=(TooManyJobs, NotFound),
)
async def cancel_runs(request: Request, body: CancelRunsBody) -> Answer[JobShape]:
    """Stops all runs that live and are what the filter says: `GET /jobs/{id}` tells how far it is.

    Runs that are asked for after this are not stopped. The job goes on whichever api dies; a run is
    asked to stop once, and stops as by `POST /runs/{id}/cancel`.
    """
    return await _begin(request, "cancel", body.filter, body.reason)


@CALLS.post(
    f"{RUNS}/retry",
    "Run many runs again",
    answers=BEGUN,
    refusals=(TooManyJobs, NotFound),
)
async def retry_runs(request: Request, body: RetryRunsBody) -> Answer[JobShape]:
    """Runs all again that failed and are what the filter says, as by `POST /runs/{id}/retry`.

    At most 50 a second, oldest first, within the limits of the workspace: where one is hit, the job
    waits and says so in `waiting_for`. Each run is retried once, whichever api dies. Left out is
    what has a fork already that lives or has completed, and what has nothing to retry.
    """
    return await _begin(request, "retry", body.filter)


async def _begin(
    request: Request,
    kind: Literal["cancel", "retry"],
    asked: RunsFilter,
    reason: str | None = None,
) -> Answer[JobShape]:
    refuse_unfit(asked.metadata, ".filter.metadata")
    if asked.pipeline_id is not None:
        canonical_id(asked.pipeline_id, "pipeline")
    who, jobs = identity_of(request), part(request, Jobs)
    wanted = asked.wanted(who.workspace, await jobs.now())
    total = await count_runs(part(request, asyncpg.Pool), wanted)
    new = NewJob(
        id=str(uuid_utils.uuid7()),
        workspace=who.workspace,
        kind=kind,
        filter=pydantic_core.to_json(asked.model_dump(exclude_unset=True)).decode(),
        reason=reason,
        requested_by=who.name,
        total=total,
    )
    made = await jobs.create(new, deed(request, _DEEDS[kind], job=new.id, total=total))
    if made is None:
        raise TooManyJobs(
            f"expected fewer than {MOST_OPEN} jobs that are not done, the workspace has as many: "
            "wait until one is, or cancel one"
        )
    where = {"location": f"{public_url(request)}{JOBS}/{new.id}"}
    return Answer(_told(made), 202, where)


@CALLS.get(JOBS, "Jobs, newest first", answers=(Described(200, "A page", JobPage),))
async def list_jobs(request: Request, query: Rows) -> Answer[JobPage]:
    """Tells the jobs of the workspace page by page, also those that are over."""
    found = await part(request, Jobs).list(workspace_of(request), query.cursor, query.limit + 1)
    rows, cursor = page_of(
        found, query.limit, lambda row: Cursor(row["created_at"], str(row["id"]))
    )
    return Answer(JobPage(items=[_told(row) for row in rows], next_cursor=cursor))


@CALLS.get(f"{JOBS}/{{id}}", "A job", answers=(Described(200, "The job", JobShape),))
async def read_job(request: Request) -> Answer[JobShape]:
    """Tells how far a job is."""
    return Answer(_told(await _found(request, id_of(request, "id", "job"))))


@CALLS.post(
    f"{JOBS}/{{id}}/cancel",
    "Cancel a job",
    answers=(Described(200, "It goes on no more", JobShape),),
    refusals=(JobOver,),
)
async def cancel_job(request: Request) -> Answer[JobShape]:
    """Ends a job that is not done. What it has done stays done; runs it began go on."""
    key, who, jobs = id_of(request, "id", "job"), identity_of(request), part(request, Jobs)
    ended = await jobs.cancel(who.workspace, key, who.name, deed(request, "job.cancelled"))
    if ended is None:
        row = await _found(request, key)
        raise JobOver(f"expected a job that is not over, this one is {_told(row).status}")
    return Answer(_told(ended))


async def _found(request: Request, key: str) -> asyncpg.Record:
    row = await part(request, Jobs).get(workspace_of(request), key)
    if row is None:
        raise NotFound(f"There is no job {key!r} in this workspace.")
    return row


def _place(row: asyncpg.Record) -> Cursor:
    return Cursor(row["created_at"], str(row["id"]))


def _told(row: asyncpg.Record) -> JobShape:
    over = "done" if row["cancelled_by"] is None else "cancelled"
    told = {
        **row,
        "status": "running" if row["finished_at"] is None else over,
        "filter": pydantic_core.from_json(row["filter"]),
        "reasons": pydantic_core.from_json(row["reasons"]),
    }
    return JobShape.model_validate({name: told[name] for name in JobShape.model_fields})
