"""The simulator as a Starlette application.

POST   /v1/messages          the Messages API
GET    /_simulator/requests  the request log: ?contains=TEXT&after=ID&limit=N
DELETE /_simulator/requests  forgets the log, and what `times=` counted
GET    /health, /health/ready, /metrics
"""

import json
from secrets import token_hex

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.attempts import Attempts
from simulator.failure import MESSAGES, TYPES, Failure, invalid
from simulator.journal import Journal
from simulator.messages import Messages
from simulator.meters import CONTENT_TYPE, Meters


def create_app() -> Starlette:
    """A simulator of its own: nothing is shared with another one in the process."""
    journal, attempts, meters = Journal(), Attempts(), Meters()

    async def log(request: Request) -> Response:
        query = request.query_params
        after, limit = query.get("after", "0"), query.get("limit", "")
        for name, value in (("after", after), ("limit", limit or "0")):
            if not (value.isascii() and value.isdigit()):
                return _failed(invalid(f"{name}: expected a whole number, found {value[:40]}"))
        entries = journal.entries(after=int(after), contains=query.get("contains", ""))
        found = [entry.to_json() for entry in entries]
        return _json({"requests": found[: int(limit)] if limit else found})

    async def forget(_: Request) -> Response:
        attempts.clear()
        return _json({"deleted": journal.clear()})

    async def metrics(_: Request) -> Response:
        return Response(meters.exposition(), media_type=CONTENT_TYPE)

    routes = [
        Route("/v1/messages", Messages(journal, attempts, meters), methods=["POST"]),
        Route("/_simulator/requests", log),
        Route("/_simulator/requests", forget, methods=["DELETE"]),
        Route("/health", _health),
        Route("/health/ready", _health),
        Route("/metrics", metrics),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _unrouted})


async def _health(_: Request) -> Response:
    return _json({"status": "ready", "simulated": True})


async def _unrouted(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    kind = TYPES.get(status, "api_error")
    place = f"{request.method} {request.url.path}"
    return _failed(Failure(status, kind, f"{MESSAGES.get(kind, 'Not allowed')} ({place})"))


def _failed(failure: Failure) -> Response:
    request_id = f"req_{token_hex(10)}"
    headers = {"request-id": request_id}
    return Response(
        failure.body(request_id), failure.status, headers, media_type="application/json"
    )


def _json(body: dict[str, object]) -> Response:
    return Response(json.dumps(body), media_type="application/json")
