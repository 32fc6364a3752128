"""Where runs are, and links to one that need no header to be opened."""

from __future__ import annotations

from starlette.requests import Request

from services.api.http.parts import part
from services.api.identity.authentication import workspace_of
from services.api.identity.tickets import Tickets

RUNS = "/api/v1/runs"
RUN = f"{RUNS}/{{run_id}}"


def events_url(request: Request, run: str) -> str:
    """Where the run's events are, for an EventSource; good for a day."""
    ticket = part(request, Tickets).issue(workspace_of(request), run)
    host = request.headers.get("host", "localhost")
    return f"{request.scope['scheme']}://{host}{RUNS}/{run}/events?ticket={ticket}"
