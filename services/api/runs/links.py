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
    return f"{seen_url(request)}{RUNS}/{run}/events?ticket={ticket}"


def seen_url(request: Request) -> str:
    """Where clients see the api: as the operator says, or else as this one asked."""
    asked = f"{request.scope['scheme']}://{request.headers.get('host', 'localhost')}"
    return public_url(request) or asked


def public_url(request: Request) -> str:
    """Where the operator says that clients see the api; empty if that is where they ask."""
    url: str = request.app.state.public_url
    return url
