"""`GET /runs`: runs as Postgres shows them, newest first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg
from starlette.requests import Request

from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.pages import Cursor, Rows, page_of
from services.api.http.parts import part
from services.api.identity.identity import identity_of
from services.api.runs.links import RUNS
from services.api.runs.listed_waits import waits_of
from services.api.runs.models import RunListed, RunPage, forked_from
from services.api.runs.run_filter import ListedRuns, RunFilter
from services.api.runs.wait_model import WaitingFor
from shared.ledger import listing as ledger
from shared.ledger.runs import Cursor as Place
from shared.ledger.runs import Run
from shared.ledger.usage import NOTHING, Used, usage_of
from shared.models import in_dollars

Listing = tuple[Sequence["Row"], str | None]


class Row(NamedTuple):
    """A run of a list: as Postgres shows it, what it used, what it waits for."""

    run: Run
    used: Used
    waiting_for: WaitingFor | None


CALLS = Calls("Runs")


@CALLS.get(RUNS, "Runs, newest first", answers=(Described(200, "A page of runs", RunPage),))
async def list_runs(request: Request, query: ListedRuns) -> Answer[RunPage]:
    """Tells the runs of the workspace page by page, with the beginning of each one's input.

    What is asked for by several parameters must all be so. A list may be a moment behind what a
    single run or its events tell, also of what a run waits for.
    """
    rows, cursor = await list_wanted(request, query.wanted_by(identity_of(request)), query)
    page = RunPage(items=[listed(row) for row in rows], next_cursor=cursor)
    return Answer(page)


async def list_rows(request: Request, query: RunFilter, workspace: str | None) -> Listing:
    """The page that is asked for, and the cursor to the next; of all workspaces for None."""
    return await list_wanted(request, query.wanted(workspace), query)


async def list_wanted(request: Request, wanted: ledger.Wanted, query: Rows) -> Listing:
    """A page of the runs that are wanted, and the cursor to the next."""
    pool = part(request, asyncpg.Pool)
    cursor, limit = Place(*query.cursor), query.limit
    found = await ledger.list_runs(pool, wanted, cursor=cursor, limit=limit + 1)
    rows, following = page_of(found, limit, lambda run: Cursor(run.created_at, run.run))
    used, waits = await asyncio.gather(usage_of(pool, rows), waits_of(request, rows))
    listed = [Row(run, used.get(run.run, NOTHING), waits.get(run.run)) for run in rows]
    return listed, following


def listed(row: Row) -> RunListed:
    """The run as lists show it."""
    run, used, waits = row
    return RunListed(
        run_id=UUID(run.run),
        status=run.status,
        pipeline_id=run.pipeline_id,
        pipeline_version=run.pipeline_version,
        pipeline_name=run.pipeline_name,
        flow=run.flow,
        input_preview=run.input_preview,
        input_size_bytes=run.input_size_bytes,
        error=run.error,
        usage=used.usage,
        cost_usd=in_dollars(used.micro_dollars),
        created_at=run.created_at,
        started_at=run.started_at,
        cancel_requested_at=run.cancel_requested_at,
        finished_at=run.finished_at,
        metadata=dict(run.metadata),
        tags=run.tags,
        requested_by=run.requested_by,
        forked_from=forked_from(run.forked_from, run.from_steps),
        waiting_for=waits,
    )
