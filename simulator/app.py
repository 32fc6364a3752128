"""The simulator as a Starlette application.

POST   /v1/messages          the Messages API
POST   /v1/chat/completions  the Chat Completions API
GET    /v1/models            which models there are, in the API of the key's header
GET    /_simulator/requests  the request log: ?contains=TEXT&after=ID&limit=N
DELETE /_simulator/requests  forgets the log, what `times=` counted, and the prompt cache
GET    /health, /health/ready, /metrics
"""

import json
from dataclasses import replace
from secrets import token_hex

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ExceptionHandler

from simulator.anthropic.cache import PromptCache
from simulator.anthropic.dialect import Anthropic
from simulator.anthropic.listing import models as anthropic_models
from simulator.http.dialect import Dialect, answer
from simulator.http.endpoint import Endpoint
from simulator.http.failure import Failure, Refused
from simulator.http.journal import Entry, Journal
from simulator.http.meters import CONTENT_TYPE, Meters
from simulator.http.quota import Limited, Quota
from simulator.http.wire import Recorder
from simulator.markers.attempts import Attempts
from simulator.markers.marker import MarkerError
from simulator.openai.dialect import OpenAI
from simulator.openai.listing import is_spoken
from simulator.openai.listing import model as openai_model
from simulator.openai.listing import models as openai_models
from simulator.speech.request import RequestError
from simulator.speech.words import WordsError


class Json(JSONResponse):
    """JSON in ASCII: a request may hold half a surrogate pair, which UTF-8 cannot."""

    def render(self, content: object) -> bytes:
        return json.dumps(content).encode()


def create_app(quota: Quota | None = None) -> Starlette:
    """A simulator of its own: nothing is shared with another one in the process."""
    journal, attempts, cache, meters = Journal(), Attempts(), PromptCache(), Meters()

    async def log(request: Request) -> Response:
        return Json({"requests": _logged(journal, request)})

    async def forget(_: Request) -> Response:
        attempts.clear()
        cache.clear()
        return Json({"deleted": journal.clear()})

    async def metrics(_: Request) -> Response:
        return Response(meters.exposition(), media_type=CONTENT_TYPE)

    def answering(path: str, dialect: Dialect) -> Route:
        around = [Middleware(Recorder, dialect=dialect, journal=journal, meters=meters)]
        if quota is not None:
            around.append(Middleware(Limited, dialect=dialect, quota=quota))
        respond = Endpoint(dialect, journal, attempts).respond
        return Route(path, respond, methods=["POST"], middleware=around)

    routes = [
        answering("/v1/messages", Anthropic(cache)),
        answering("/v1/chat/completions", OpenAI()),
        Route("/v1/models", _models),
        Route("/v1/models/{model:path}", openai_model),
        Route("/_simulator/requests", log),
        Route("/_simulator/requests", forget, methods=["DELETE"]),
        Route("/health", _health),
        Route("/health/ready", _health),
        Route("/metrics", metrics),
    ]
    return Starlette(routes=routes, exception_handlers=dict(_HANDLERS))


def _logged(journal: Journal, request: Request) -> list[dict[str, object]]:
    """The entries asked for. Raises: RequestError."""
    query = request.query_params
    after, limit = query.get("after", "0"), query.get("limit", "")
    for name, value in (("after", after), ("limit", limit or "0")):
        if not (value.isascii() and value.isdigit()):
            raise RequestError(f"{name}: expected a whole number, found {value[:40]}")
    entries = journal.entries(after=int(after), contains=query.get("contains", ""))
    found = [entry.to_json() for entry in entries]
    return found[: int(limit)] if limit else found


async def _health(_: Request) -> Response:
    return Json({"status": "ready", "simulated": True})


async def _models(request: Request) -> Response:
    return await (openai_models if is_spoken(request) else anthropic_models)(request)


async def _failed(request: Request, error: Exception) -> Response:
    """The answer to an error, wherever it was raised; a recorded call is told of it."""
    dialect: Dialect = OpenAI() if is_spoken(request) else Anthropic(PromptCache())
    failure = _failure_of(dialect, request, error)
    entry: Entry | None = getattr(request.state, "entry", None)
    if entry is None:
        return answer(dialect, failure, f"req_{token_hex(10)}")
    entry.failure = failure.type
    return answer(dialect, failure, entry.request_id)


def _failure_of(dialect: Dialect, request: Request, error: Exception) -> Failure:
    if isinstance(error, Refused):
        return error.failure
    if isinstance(error, RequestError | MarkerError | WordsError):
        return dialect.refusal(400, str(error))
    status = error.status_code if isinstance(error, HTTPException) else 500
    failure = dialect.refusal(status, "")
    return replace(failure, message=f"{failure.message} ({request.method} {request.url.path})")


async def _unheard(_: Request, __: Exception) -> Response:
    """The client is gone: this answer reaches nobody."""
    return Response()


_ANSWERED = (HTTPException, Refused, RequestError, MarkerError, WordsError, Exception)
_HANDLERS: dict[type[Exception], ExceptionHandler] = {
    **dict.fromkeys(_ANSWERED, _failed),
    ClientDisconnect: _unheard,
}
