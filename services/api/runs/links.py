"""Where runs are, and links to one that need no header to be opened."""

from __future__ import annotations

from starlette.requests import Request

from services.api.http.addresses import seen_url
from services.api.http.parts import part
from services.api.identity.identity import identity_of
from services.api.identity.tickets import Tickets

RUNS = "/api/v1/runs"
RUN = f"{RUNS}/{{run_id}}"


def events_url(request: Request, run: str) -> str:
    """Where the run's events are, for an EventSource; good for a day."""
    ticket = part(request, Tickets).issue(identity_of(request), run)
    return f"{seen_url(request)}{RUNS}/{run}/events?ticket={ticket}"
