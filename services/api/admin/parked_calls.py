"""`/admin/parked`: runs that a service left alone because it does not understand them."""

from __future__ import annotations

from starlette.requests import Request

from services.api.admin.parked_models import (
    EndAnswer,
    EndBody,
    HowMany,
    ParkedList,
    ReleaseAnswer,
)
from services.api.admin.parked_runs import NotParked, ParkedRuns
from services.api.history.run_history import RunHistory
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.http.problems import RunFinished
from services.api.people.looks import note_asked, note_look

PARKED = "/api/v1/admin/parked"

CALLS = Calls("Administration")


@CALLS.get(
    PARKED,
    "Parked runs of all workspaces, the longest parked first",
    answers=(Described(200, "Who has parked which run, and why", ParkedList),),
    access="instance",
)
async def list_parked_runs(request: Request, query: HowMany) -> Answer[ParkedList]:
    """Tells which runs a scheduler or the projector left alone, and what may be done about each.

    A run is parked when a fact of it is not understood, or what is stored contradicts itself.
    """
    found = await part(request, ParkedRuns).list(query.limit)
    await note_look(request, (each.workspace for each in found.items))
    return Answer(found)


@CALLS.post(
    f"{PARKED}/{{run_id}}/release",
    "Look at a parked run again",
    answers=(Described(200, "Whether it goes on now", ReleaseAnswer),),
    refusals=(NotParked,),
    access="instance",
)
async def release_parked_run(request: Request) -> Answer[ReleaseAnswer]:
    """Has whoever parked the run look at it now, for when a version runs that understands it.

    Nothing is skipped: who does not understand the run keeps it parked. Without this call,
    schedulers look again each minute, and projectors when they start.
    """
    run = id_of(request, "run_id", "run")
    await _note(request, run, "run.release_asked")
    return Answer(await part(request, ParkedRuns).release(run))


@CALLS.post(
    f"{PARKED}/{{run_id}}/end",
    "End a parked run",
    answers=(Described(200, "The run is over", EndAnswer),),
    refusals=(NotParked, RunFinished),
    access="instance",
)
async def end_parked_run(request: Request, body: EndBody | None) -> Answer[EndAnswer]:
    """Ends a run that nobody will understand: it fails with the code `ended_by_person`.

    That is for good, and steps under way are stopped. A run that is not parked is cancelled
    instead.
    """
    run = id_of(request, "run_id", "run")
    await _note(request, run, "run.end_asked")
    return Answer(await part(request, ParkedRuns).end(run, body.reason if body else None))


async def _note(request: Request, run: str, action: str) -> None:
    workspace = await part(request, RunHistory).workspace_of(run)
    await note_asked(request, workspace, run, action)
