"""`POST /runs/{id}/cancel`: the wish to stop, recorded."""

from __future__ import annotations

from typing import NamedTuple

from services.api.api import Api
from services.api.http.answers import Reply, json_answer
from services.api.http.bodies import CANCEL, CancelBody
from services.api.http.call import Answered, Route
from services.api.http.json_body import read_json
from services.api.http.problems import RunFinished
from services.api.http.requests import Request
from services.api.parameters import WAIT
from services.api.runs.create import has_ended, wait_seconds
from services.api.runs.models import Cancelled, Cancelling
from services.api.runs.views import read_run, receipts
from shared.errors import NotFound
from shared.log.port import Entry
from shared.run import facts as f
from shared.run import status_of
from shared.run.wire import decode


class Wish(NamedTuple):
    """What a request says: which run is to stop, how long the answer may take, and why."""

    run: str
    wait: float
    reason: str | None


async def wish_of(request: Request) -> Wish:
    """Raises: NotFound, BadParameter, UnsupportedMediaType, NotJson, InvalidRequest."""
    body = await request.json_body()
    reason = read_json(CANCEL, body).reason if body else CancelBody().reason
    return Wish(request.id("run_id", "run"), wait_seconds(request), reason)


async def cancel_run(api: Api, request: Request) -> Reply:
    """202 once the log has it; with `?wait` 200 with the receipts if the run ends in time.

    Asking again changes nothing; 409 for a run that is over.
    """
    return await cancelled(api, request, await wish_of(request))


CANCEL_RUN = Route(
    method="POST",
    path="/api/v1/runs/{run_id}/cancel",
    handler=cancel_run,
    summary="Stop a run",
    tag="Runs",
    parameters=(WAIT,),
    body=CancelBody,
    answers=(
        Answered(202, "The log has the wish", Cancelling),
        Answered(200, "It ended within `wait`", Cancelled),
    ),
    refusals=(RunFinished,),
)


async def cancelled(api: Api, request: Request, wish: Wish) -> Reply:
    """As `cancel_run` answers."""
    run = wish.run
    await record_cancel(api, request, request.workspace, run, wish.reason)
    if wish.wait and await has_ended(api, request.workspace, run, wish.wait):
        read = await read_run(api, request.workspace, run)
        told = {"run_id": run, "status": status_of(read.state), "receipts": receipts(read)}
        return json_answer(200, told)
    return json_answer(202, {"run_id": run, "status": "cancelling"})


async def record_cancel(
    api: Api, request: Request, workspace: str, run: str, reason: str | None
) -> None:
    """Returns once the log has the wish. Raises: NotFound; RunFinished; Unavailable."""
    requested = await _living(api, workspace, run)
    await api.log.append(
        f.RunCancelRequested(
            workspace=workspace,
            run=run,
            partition=requested.partition,
            requested_by=request.requested_by,
            reason=reason,
        )
    )


async def _living(api: Api, workspace: str, run: str) -> f.RunRequested:
    """What asked for the run. Raises: NotFound; RunFinished if it is over; Unavailable."""
    entries = await api.records.facts(workspace, run)
    ended = next((entry for entry in entries if entry.rest == "finished"), None)
    if ended is not None:
        raise _finished(ended)
    for entry in entries:
        if entry.rest == "requested":
            fact = decode(entry.data)
            assert isinstance(fact, f.RunRequested)
            return fact
    raise NotFound(f"There is no run {run!r} in this workspace.")


def _finished(entry: Entry) -> RunFinished:
    status = decode(entry.data).type.removeprefix("run.")
    detail = f"The run is over: it is {status} and cannot be cancelled."
    return RunFinished(detail, run_status=status)
