"""`DELETE /runs/{id}`: a run that is over is to be nowhere any more."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from starlette.requests import Request

from services.api.history.run_history import RunHistory
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.models import RUN_ID, Shape
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.http.problems import RunNotOver
from services.api.identity.identity import workspace_of
from services.api.people.deeds import deed
from services.api.people.deletion_table import Deletions
from services.api.runs.forking import not_over
from services.api.runs.links import RUN
from shared.flow import JSON
from shared.log.subjects import FINISHED

CALLS = Calls("Runs")


class Deleting(Shape):
    """It is written down that the run is to be deleted."""

    EXAMPLE: ClassVar[JSON] = {"run_id": RUN_ID, "status": "deleting"}

    run_id: UUID
    status: Literal["deleting"]


@CALLS.delete(
    RUN,
    "Delete a run",
    answers=(Described(202, "It will be deleted", Deleting),),
    refusals=(RunNotOver,),
)
async def delete_run(request: Request) -> Answer[Deleting]:
    """Deletes a run that is over: its facts, its texts and what it used, within seconds.

    Until then it is read as before; afterwards every call about it answers 410 `run_deleted`. Forks
    of it stay whole. 409 for a run that is not over: cancel it first.
    """
    workspace, run = workspace_of(request), id_of(request, "run_id", "run")
    entries = await part(request, RunHistory).facts(workspace, run)
    if all(entry.rest != FINISHED for entry in entries):
        raise not_over(run)
    await part(request, Deletions).ask_for_run(workspace, run, deed(request, "run.deleted"))
    return Answer(Deleting.model_validate({"run_id": run, "status": "deleting"}), 202)
