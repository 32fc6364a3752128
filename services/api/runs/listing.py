"""`GET /runs`: runs as Postgres shows them, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import asyncpg
from pydantic import BeforeValidator, Field, WithJsonSchema
from starlette.requests import Request

from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.models import Moment
from services.api.http.pages import Cursor, Rows, page_of
from services.api.http.parameters import canonical_id
from services.api.http.parts import part
from services.api.identity.authentication import workspace_of
from services.api.runs.links import RUNS
from services.api.runs.models import RunListed, RunPage, forked_from
from shared.errors import NotFound
from shared.ledger import runs as ledger
from shared.ledger.usage import NOTHING, Used, usage_of
from shared.models import in_dollars
from shared.run import RunStatus

Listing = tuple[Sequence[tuple[ledger.Run, Used]], str | None]

CALLS = Calls("Runs")


def _pipeline(value: object) -> object:
    if isinstance(value, str):
        try:
            return canonical_id(value, "pipeline")
        except NotFound:
            raise ValueError("expected the id of a pipeline") from None
    return value


def _beginning(value: object) -> object:
    if isinstance(value, str):
        return ledger.IdRange.beginning(value.lower())
    return value


class RunFilter(Rows):
    """Which runs."""

    status: RunStatus | None = Field(None, description="only runs of this status")
    pipeline_id: Annotated[str, BeforeValidator(_pipeline)] | None = Field(
        None,
        description="only runs of this pipeline",
        json_schema_extra={"format": "uuid"},
    )
    created_after: Moment | None = Field(
        None, description="only runs created after this time (RFC 3339, with its zone)"
    )
    id_prefix: (
        Annotated[
            ledger.IdRange,
            BeforeValidator(_beginning),
            WithJsonSchema({"type": "string", "pattern": "^[0-9a-fA-F-]{1,36}$"}),
        ]
        | None
    ) = Field(None, description="only runs whose ids begin so")


@CALLS.get(RUNS, "Runs, newest first", answers=(Described(200, "A page of runs", RunPage),))
async def list_runs(request: Request, query: RunFilter) -> Answer[RunPage]:
    """Tells the runs of the workspace page by page, with the beginning of each one's input.

    A list may be a moment behind what a single run or its events tell.
    """
    rows, cursor = await list_rows(request, query, workspace_of(request))
    page = RunPage(items=[listed(run, used) for run, used in rows], next_cursor=cursor)
    return Answer(page)


async def list_rows(request: Request, query: RunFilter, workspace: str | None) -> Listing:
    """The page that is asked for, and the cursor to the next; of all workspaces for None."""
    wanted = ledger.Wanted(
        workspace=workspace,
        status=query.status,
        pipeline_id=query.pipeline_id,
        created_after=query.created_after,
        ids=query.id_prefix,
    )
    return await list_wanted(request, wanted, query)


async def list_wanted(request: Request, wanted: ledger.Wanted, query: Rows) -> Listing:
    """A page of the runs that are wanted, and the cursor to the next."""
    pool = part(request, asyncpg.Pool)
    cursor, limit = ledger.Cursor(*query.cursor), query.limit
    found = await ledger.list_runs(pool, wanted, cursor=cursor, limit=limit + 1)
    rows, following = page_of(found, limit, lambda run: Cursor(run.created_at, run.run))
    used = await usage_of(pool, rows)
    return [(row, used.get(row.run, NOTHING)) for row in rows], following


def listed(run: ledger.Run, used: Used) -> RunListed:
    """The run as lists show it."""
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
        forked_from=forked_from(run.forked_from, run.from_steps),
    )
