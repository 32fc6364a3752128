"""`POST /runs/{id}/cancel`: the request to stop, recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from services.api.history.run_history import RunHistory
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.models import RUN_ID, Body, Shape
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.http.problems import RunFinished
from services.api.identity.identity import identity_of, workspace_of
from services.api.live.hub import Hub
from services.api.runs.links import RUN
from services.api.runs.reading import RunReader
from services.api.runs.step_models import RECEIPT, StepReceipt
from services.api.runs.views import receipts
from services.api.runs.waiting import Wait, has_ended
from shared.flow import JSON
from shared.log.entries import fact_of
from shared.log.port import Entry, Log
from shared.log.subjects import FINISHED, REQUESTED
from shared.run import RunStatus, status_of
from shared.run import facts as f
from shared.run.wire import decode

CALLS = Calls("Runs")


class CancelBody(Body):
    """Why a run is to stop; may be left out."""

    EXAMPLE: ClassVar[JSON] = {"reason": "asked for by mistake"}

    reason: str | None = Field(default=None, max_length=2_000)


class Cancelling(Shape):
    """The log has the request; the run stops."""

    EXAMPLE: ClassVar[JSON] = {"run_id": RUN_ID, "status": "cancelling"}

    run_id: UUID
    status: RunStatus


class Cancelled(Cancelling):
    """How the run ended within `wait`, and a receipt of every attempt that was cancelled."""

    EXAMPLE: ClassVar[JSON] = {"run_id": RUN_ID, "status": "cancelled", "receipts": [RECEIPT]}

    receipts: list[StepReceipt]


CANCEL_ANSWERS = (
    Described(202, "The log has the request", Cancelling),
    Described(200, "It ended within `wait`", Cancelled),
)


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """Which run is to stop, and why."""

    workspace: str
    run: str
    reason: str | None = None


@CALLS.post(f"{RUN}/cancel", "Stop a run", answers=CANCEL_ANSWERS, refusals=(RunFinished,))
async def cancel_run(
    request: Request, body: CancelBody | None, query: Wait
) -> Answer[Cancelling] | Answer[Cancelled]:
    """Stops a run: nothing new begins, and connections to models are closed at once.

    202 once the log has the request; with `?wait` 200 with a receipt of every attempt that was
    under way, if the run ends in time. Asking again changes nothing; 409 for a run that is over.
    """
    reason = body.reason if body else None
    asked = CancelRequest(workspace_of(request), id_of(request, "run_id", "run"), reason)
    return await cancelled(request, asked, query.wait)


async def cancelled(
    request: Request, asked: CancelRequest, wait: float
) -> Answer[Cancelling] | Answer[Cancelled]:
    """As `cancel_run` answers."""
    workspace, run = asked.workspace, asked.run
    await record_cancel(request, asked)
    if await has_ended(part(request, Hub), workspace, run, wait):
        read = await part(request, RunReader).read(workspace, run)
        told = {"run_id": run, "status": status_of(read.state), "receipts": receipts(read)}
        return Answer(Cancelled.model_validate(told))
    return Answer(Cancelling.model_validate({"run_id": run, "status": "cancelling"}), 202)


async def record_cancel(request: Request, asked: CancelRequest) -> None:
    """Returns once the log has the request. Raises: NotFound; RunFinished; Unavailable."""
    requested, who = await _living(part(request, RunHistory), asked), identity_of(request)
    await part(request, Log).append(
        f.RunCancelRequested(
            workspace=asked.workspace,
            run=asked.run,
            partition=requested.partition,
            requested_by=who.name,
            actor=who.actor,
            reason=asked.reason,
        )
    )


async def _living(records: RunHistory, asked: CancelRequest) -> f.RunRequested:
    """What asked for the run. Raises: NotFound; RunFinished if it is over; Unavailable."""
    entries = await records.facts(asked.workspace, asked.run)
    ended = next((entry for entry in entries if entry.rest == FINISHED), None)
    if ended is not None:
        raise _finished(ended)
    for entry in entries:
        if entry.rest == REQUESTED:
            return fact_of(entry, f.RunRequested)
    raise await records.missing(asked.workspace, asked.run)


def _finished(entry: Entry) -> RunFinished:
    status = decode(entry.data).type.removeprefix("run.")
    detail = f"The run is over: it is {status} and cannot be cancelled."
    return RunFinished(detail, run_status=status)
