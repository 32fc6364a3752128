"""Every call of the api, room by room; those asked for most come first."""

from __future__ import annotations

from services.api.admin import calls as admin
from services.api.compat import executions, pipeline_run, pipeline_stream
from services.api.definitions import agents, pipelines
from services.api.description.calls import with_description
from services.api.live import run_events, workspace_events
from services.api.runs import cancel, create, decide, listing, read
from services.api.service import calls as service

CALLS = with_description(
    (
        *create.CALLS,
        *run_events.CALLS,
        *workspace_events.CALLS,
        *listing.CALLS,
        *read.CALLS,
        *cancel.CALLS,
        *decide.CALLS,
        *agents.CALLS,
        *pipelines.CALLS,
        *admin.CALLS,
        *pipeline_run.CALLS,
        *pipeline_stream.CALLS,
        *executions.CALLS,
        *service.CALLS,
    )
)
