"""What the service says of itself: who asks, whether it is well, what it counts."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.parts import part
from services.api.identity.identity import identity_of
from services.api.people.user_models import IdentityShape
from services.api.service.models import Alive, Readiness, Serving
from shared.runtime import metrics
from shared.runtime.monitor import Health

CALLS = Calls("Service")


@CALLS.get(
    "/api/v1/me",
    "Who asks",
    answers=(Described(200, "Who", IdentityShape),),
    access="self",
)
async def who_am_i(request: Request) -> Answer[IdentityShape]:
    """Tells in which workspace the caller is and what they may do there; of who has logged in also
    who they are, and in which workspaces they work.
    """
    return Answer(IdentityShape.of(identity_of(request)))


@CALLS.get(
    "/health",
    "Whether the service is alive",
    answers=(Described(200, "It is", Alive),),
    access="open",
)
async def health(request: Request) -> Answer[Alive]:
    """Answers as long as the process turns its loop, whatever it depends on."""
    return Answer(Alive(status="alive"))


@CALLS.get(
    "/health/ready",
    "Whether the service can serve",
    answers=(Described(200, "It can", Readiness), Described(503, "Not now", Readiness)),
    access="open",
)
async def readiness(request: Request) -> Answer[Readiness]:
    """Tells whether anything is wrong, and what, by dependency: what an alert asks.

    A load balancer asks `/health/serving`.
    """
    state = part(request, Health)
    if state.is_ready:
        return Answer(Readiness(status="ready", reasons={}))
    return Answer(Readiness(status="unready", reasons=dict(state.reasons)), 503)


@CALLS.get(
    "/health/serving",
    "Whether to send requests here",
    answers=(Described(200, "Do", Serving), Described(503, "Do not now", Serving)),
    access="open",
)
async def serving(request: Request) -> Answer[Serving]:
    """Tells whether this process may be given requests: what a load balancer asks.

    It may while NATS or Postgres answers: it serves what needs the one that does, and refuses the
    rest with 503 and `Retry-After`. `reasons` are those of `/health/ready`.
    """
    state = part(request, Health)
    reasons = dict(state.reasons)
    if state.is_serving:
        return Answer(Serving(status="serving", reasons=reasons))
    return Answer(Serving(status="not_serving", reasons=reasons), 503)


@CALLS.get(
    "/metrics",
    "Metrics for Prometheus",
    answers=(Described(200, "The metrics", media_type="text/plain"),),
    access="open",
)
async def exposition(request: Request) -> Response:
    """Tells what this process counts, in Prometheus's text format."""
    return Response(part(request, Health).exposition(), media_type=metrics.CONTENT_TYPE)
