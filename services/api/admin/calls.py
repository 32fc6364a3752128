"""`/admin/*`: what an admin sees and stops, in all workspaces."""

from __future__ import annotations

from pydantic import Field
from starlette.requests import Request

from services.api.admin.models import AllRunPage, RunOfWorkspace, System
from services.api.admin.overview import Overview
from services.api.history.run_history import RunHistory
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.http.problems import RunFinished
from services.api.live.hub import Hub
from services.api.people.looks import note_look
from services.api.runs.cancel import (
    CANCEL_ANSWERS,
    CancelBody,
    Cancelled,
    Cancelling,
    CancelRequest,
    cancelled,
)
from services.api.runs.listing import list_rows, listed
from services.api.runs.run_filter import RunFilter
from services.api.runs.waiting import Wait

ADMIN = "/api/v1/admin"

CALLS = Calls("Administration")


class AllRunFilter(RunFilter):
    """Which runs of which workspace."""

    workspace: str | None = Field(None, description="only runs of this workspace")


@CALLS.get(
    f"{ADMIN}/runs",
    "Runs of all workspaces, newest first",
    answers=(Described(200, "A page of runs", AllRunPage),),
    access="instance",
)
async def list_all_runs(request: Request, query: AllRunFilter) -> Answer[AllRunPage]:
    """Tells the runs of all workspaces, or of one, page by page; their audits tell who looked."""
    rows, cursor = await list_rows(request, query, query.workspace or None)
    await note_look(request, (row.run.workspace for row in rows))
    items = [RunOfWorkspace(**dict(listed(row)), workspace=row.run.workspace) for row in rows]
    return Answer(AllRunPage(items=items, next_cursor=cursor))


@CALLS.post(
    f"{ADMIN}/runs/{{run_id}}/cancel",
    "Stop a run of whatever workspace",
    answers=CANCEL_ANSWERS,
    refusals=(RunFinished,),
    access="instance",
)
async def cancel_any_run(
    request: Request, body: CancelBody | None, query: Wait
) -> Answer[Cancelling] | Answer[Cancelled]:
    """Stops a run as its own workspace would, whosever it is."""
    run = id_of(request, "run_id", "run")
    workspace = await part(request, RunHistory).workspace_of(run)
    asked = CancelRequest(workspace, run, body.reason if body else None)
    return await cancelled(request, asked, query.wait)


@CALLS.get(
    f"{ADMIN}/system",
    "What waits, who works, how far it is copied, who reads",
    answers=(Described(200, "The system as it stands", System),),
    access="instance",
)
async def read_system(request: Request) -> Answer[System]:
    """Tells queues, workers, partitions, readers, the log, and how far Postgres is behind it."""
    return Answer(await part(request, Overview).picture(part(request, Hub)))
