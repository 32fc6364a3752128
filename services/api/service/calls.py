"""What the service says of itself, as data."""

from __future__ import annotations

from services.api.http import shapes
from services.api.http.call import Answered, Handler, Route
from services.api.service import handlers as system
from services.api.service.watch_page import watch_page


def _open(path: str, handler: Handler, summary: str, *answers: Answered) -> Route:
    return Route(
        method="GET",
        path=path,
        handler=handler,
        summary=summary,
        tag="Service",
        access="open",
        answers=answers,
    )


OF_SERVICE = (
    Route(
        method="GET",
        path="/api/v1/me",
        handler=system.who_am_i,
        summary="Whose token it is",
        tag="Service",
        answers=(Answered(200, "The identity", shapes.IdentityShape),),
    ),
    _open(
        "/health",
        system.health,
        "Whether the service is alive",
        Answered(200, "It is", shapes.Alive),
    ),
    _open(
        "/health/ready",
        system.readiness,
        "Whether it can serve",
        Answered(200, "It can", shapes.Readiness),
        Answered(503, "Not now", shapes.Readiness),
    ),
    _open(
        "/metrics",
        system.exposition,
        "Metrics for Prometheus",
        Answered(200, "The metrics", media="text/plain"),
    ),
    _open(
        "/watch",
        watch_page,
        "A page to watch a run with; `#events=` and an `events_url` in its address name the run",
        Answered(200, "A page that needs nothing from elsewhere", media="text/html"),
    ),
)
