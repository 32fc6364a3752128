"""The calls for admins, as data."""

from __future__ import annotations

from dataclasses import replace

from services.api import parameters as p
from services.api.admin import handlers as admin
from services.api.admin import models as system_shapes
from services.api.http.call import Answered, Route
from services.api.runs.cancel import CANCEL_RUN

TAG = "Administration"
ADMIN = "/api/v1/admin"

OF_ADMIN: tuple[Route, ...] = (
    Route(
        method="GET",
        path=f"{ADMIN}/runs",
        handler=admin.list_all_runs,
        summary="Runs of all workspaces, newest first",
        tag=TAG,
        access="admin",
        parameters=(p.WORKSPACE, p.STATUS, p.PIPELINE_ID, p.CREATED_AFTER, *p.PAGE),
        answers=(Answered(200, "A page of runs", system_shapes.AllRunPage),),
    ),
    replace(
        CANCEL_RUN,
        path=f"{ADMIN}/runs/{{run_id}}/cancel",
        handler=admin.cancel_any_run,
        summary="Stop a run of whatever workspace",
        tag=TAG,
        access="admin",
    ),
    Route(
        method="GET",
        path=f"{ADMIN}/system",
        handler=admin.read_system,
        summary="What waits, who works, how far it is copied, who reads",
        tag=TAG,
        access="admin",
        answers=(Answered(200, "The system as it stands", system_shapes.System),),
    ),
)
