"""The simulator as a Starlette application.

POST   /v1/messages          the Messages API
POST   /v1/chat/completions  Chat Completions, the second dialect: the same markers
GET    /v1/models            which models there are
GET    /_simulator/requests  the request log: ?contains=TEXT&after=ID&limit=N
DELETE /_simulator/requests  forgets the log, what `times=` counted, and the prompt cache
GET    /health, /health/ready, /metrics
"""

import json
from secrets import token_hex

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ExceptionHandler

from simulator.attempts import Attempts
from simulator.cache import PromptCache
from simulator.failure import MESSAGES, TYPES, Failure, Refused, answer, invalid
from simulator.journal import Entry, Journal
from simulator.listing import models
from simulator.marker import MarkerError
from simulator.messages import Dialect, Endpoint, Memory, Messages
from simulator.meters import CONTENT_TYPE, Meters
from simulator.openai import failure as chat_failure
from simulator.openai.chat import CHAT, Chat
from simulator.quota import Limited, Quota
from simulator.request import RequestError
from simulator.wire import Recorder
from simulator.words import WordsError


class Json(JSONResponse):
    """JSON in ASCII: a request may hold half a surrogate pair, which UTF-8 cannot."""

    def render(self, content: object) -> bytes:
        return json.dumps(content).encode()


def create_app(quota: Quota | None = None) -> Starlette:
    """A simulator of its own: nothing is shared with another one in the process."""
    journal, attempts, cache, meters = Journal(), Attempts(), PromptCache(), Meters()

    async def log(request: Request) -> Response:
        query = request.query_params
        after, limit = query.get("after", "0"), query.get("limit", "")
        for name, value in (("after", after), ("limit", limit or "0")):
            if not (value.isascii() and value.isdigit()):
                raise Refused(invalid(f"{name}: expected a whole number, found {value[:40]}"))
        entries = journal.entries(after=int(after), contains=query.get("contains", ""))
        found = [entry.to_json() for entry in entries]
        return Json({"requests": found[: int(limit)] if limit else found})

    async def forget(_: Request) -> Response:
        attempts.clear()
        cache.clear()
        return Json({"deleted": journal.clear()})

    async def metrics(_: Request) -> Response:
        return Response(meters.exposition(), media_type=CONTENT_TYPE)

    recorded = [Middleware(Recorder, journal=journal, meters=meters)]
    if quota is not None:
        recorded.append(Middleware(Limited, quota=quota))
    memory = Memory(journal, attempts, cache)
    dialects: dict[str, Dialect] = {"/v1/messages": Messages(), CHAT: Chat()}
    routes = [
        *(
            Route(path, Endpoint(dialect, memory).respond, methods=["POST"], middleware=recorded)
            for path, dialect in dialects.items()
        ),
        Route("/v1/models", models),
        Route("/_simulator/requests", log),
        Route("/_simulator/requests", forget, methods=["DELETE"]),
        Route("/health", _health),
        Route("/health/ready", _health),
        Route("/metrics", metrics),
    ]
    return Starlette(routes=routes, exception_handlers=dict(_HANDLERS))


async def _health(_: Request) -> Response:
    return Json({"status": "ready", "simulated": True})


async def _failed(request: Request, error: Exception) -> Response:
    """The answer to an error, wherever it was raised; a recorded call is told of it."""
    failure = _failure_of(request, error)
    entry: Entry | None = getattr(request.state, "entry", None)
    if entry is not None:
        entry.failure = failure.type
    request_id = f"req_{token_hex(10)}" if entry is None else entry.request_id
    if request.url.path == CHAT:
        return chat_failure.answer(failure, request_id, is_asked_for=False)
    return answer(failure, request_id)


def _failure_of(request: Request, error: Exception) -> Failure:
    if isinstance(error, Refused):
        return error.failure
    if isinstance(error, RequestError | MarkerError | WordsError):
        return invalid(str(error))
    status = error.status_code if isinstance(error, HTTPException) else 500
    kind = TYPES.get(status, "api_error")
    place = f"{request.method} {request.url.path}"
    return Failure(status, kind, f"{MESSAGES.get(kind, 'Not allowed')} ({place})")


async def _unheard(_: Request, __: Exception) -> Response:
    """The client is gone: this answer reaches nobody."""
    return Response()


_ANSWERED = (HTTPException, Refused, RequestError, MarkerError, WordsError, Exception)
_HANDLERS: dict[type[Exception], ExceptionHandler] = {
    **dict.fromkeys(_ANSWERED, _failed),
    ClientDisconnect: _unheard,
}
