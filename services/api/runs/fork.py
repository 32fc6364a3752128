"""`POST /runs/{id}/fork` and `/retry`: a run that has what another has done already."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from services.api.definitions.flows import Flows
from services.api.history.capacity import Capacity
from services.api.history.run_history import RunHistory
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.pages import Rows
from services.api.http.parameters import id_of
from services.api.http.parts import part, parts_of
from services.api.http.problems import NothingToRetry, RunNotOver
from services.api.identity.identity import identity_of, workspace_of
from services.api.live.hub import Hub
from services.api.runs.create import (
    BODY_BYTES,
    PENDING,
    STARTING,
    IdempotencyKey,
    claim_run,
    headers_of,
    require_keys,
)
from services.api.runs.fork_models import ForkAccepted, ForkBody, ForkPlan
from services.api.runs.fork_start import Asker, begin_fork
from services.api.runs.forking import Planned, plan_fork, plan_retry, read_over
from services.api.runs.keeping import refuse_too_much
from services.api.runs.links import RUN, events_url
from services.api.runs.listing import list_wanted, listed
from services.api.runs.models import RunPage
from services.api.runs.reading import RunReader
from services.api.runs.waiting import Wait, has_ended
from shared.ledger import listing as ledger
from shared.run import RunStatus, status_of

CALLS = Calls("Runs")
FORKING = (
    Described(202, "The log has it", ForkAccepted, headers=("Location", "Idempotency-Replayed")),
    Described(200, "With `dry_run`, what it would be", ForkPlan),
)


class HowToFork(Wait):
    """Whether to fork, or only to say what that would be."""

    dry_run: bool = Field(False, description="store nothing, only tell what would be kept")


@CALLS.post(
    f"{RUN}/fork",
    "Fork a run from some steps",
    answers=FORKING,
    refusals=(*STARTING, RunNotOver),
    most_bytes=BODY_BYTES,
)
async def fork_run(
    request: Request, body: ForkBody, raw: bytes, query: HowToFork, headers: IdempotencyKey
) -> Answer[ForkAccepted] | Answer[ForkPlan]:
    """Starts a run that keeps what another, which is over, has done, and runs the rest.

    Kept is what completed there, is not named in `from_steps`, is unchanged, and has nothing before
    it that runs again: it calls no model and costs nothing. Approvals are asked again. `kept` and
    `rerun` say what becomes of the steps; with `wait`, `status` is how the run stands by then.
    """
    planned = await plan_fork(request, await read_over(request, _run(request)), body)
    return await _answer(request, planned, raw, query, headers.key)


@CALLS.post(
    f"{RUN}/retry",
    "Run again what did not complete",
    answers=FORKING,
    refusals=(*STARTING, RunNotOver, NothingToRetry),
)
async def retry_run(
    request: Request, query: HowToFork, headers: IdempotencyKey
) -> Answer[ForkAccepted] | Answer[ForkPlan]:
    """Forks a run from every step that did not complete, unchanged.

    Nobody is asked again what was answered: kept approvals say who decided, why, and in which run.
    """
    planned = await plan_retry(part(request, Flows), await read_over(request, _run(request)))
    return await _answer(request, planned, b"retry", query, headers.key)


@CALLS.get(
    f"{RUN}/forks",
    "The forks of a run, newest first",
    answers=(Described(200, "A page of runs", RunPage),),
)
async def list_forks(request: Request, query: Rows) -> Answer[RunPage]:
    """Tells the runs that were forked from this one page by page, retries among them.

    A list may be a moment behind what a single run tells.
    """
    workspace, run = workspace_of(request), _run(request)
    await part(request, RunHistory).requested(workspace, run)
    wanted = ledger.Wanted(workspace=workspace, forked_from=run)
    rows, cursor = await list_wanted(request, wanted, query)
    items = [listed(row) for row in rows]
    return Answer(RunPage(items=items, next_cursor=cursor))


def _run(request: Request) -> str:
    return id_of(request, "run_id", "run")


async def _answer(
    request: Request, planned: Planned, raw: bytes, query: HowToFork, key: str | None
) -> Answer[ForkAccepted] | Answer[ForkPlan]:
    parts, who = parts_of(request), identity_of(request)
    refuse_too_much(planned, parts.get(Capacity).most_run_bytes)
    if query.dry_run:
        return Answer(planned.told)
    await require_keys(parts, who.workspace, planned.rerun)
    # The same body means another run under another path.
    claim = await claim_run(request, key, request.url.path.encode() + b"\0" + raw)
    if not claim.replayed or not await parts.get(RunHistory).is_known(who.workspace, claim.run):
        await begin_fork(parts, planned, claim, Asker(who.name, who.actor))
    accepted = ForkAccepted(
        run_id=UUID(claim.run),
        status=await _status(request, claim.run, query.wait),
        events_url=events_url(request, claim.run),
        **dict(planned.told),
    )
    return Answer(accepted, 202, headers_of(request, claim))


async def _status(request: Request, run: str, seconds: float) -> RunStatus:
    """How the run stands, once it has ended or so many seconds have passed."""
    if not seconds:
        return PENDING
    workspace = workspace_of(request)
    await has_ended(part(request, Hub), workspace, run, seconds)
    return status_of((await part(request, RunReader).read(workspace, run)).state)
