"""What holds for every request, whatever answers it.

Paths are logged without their query, which may hold a ticket.
"""

from __future__ import annotations

from time import monotonic

from prometheus_client import Counter
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.http.calls import Call
from services.api.http.problems import MethodNotAllowed, ProblemAnswer
from shared.errors import NotFound
from shared.runtime.logging import logger
from shared.runtime.metrics import counter, histogram

SLOW_SECONDS = 2.0
_SHOWN = 80

SECONDS = histogram(
    "http_request_seconds", "From a request to the head of its answer; none that asks to wait."
)
REQUESTS = counter("http_requests_total", "Requests answered.", "method", "route", "status")

log = logger()


class Watched:
    """Counts every answer, logs slow ones, and forbids browsers to guess what an answer is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._counters: dict[tuple[str, str, int], Counter] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = monotonic()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-content-type-options"] = "nosniff"
                self._count(scope, message["status"])
                seconds = monotonic() - began
                if b"wait=" not in scope["query_string"]:
                    SECONDS.observe(seconds)
                    if seconds > SLOW_SECONDS:
                        path = scope["path"][:200]
                        log.warning("request.was_slow", path=path, seconds=round(seconds, 3))
            await send(message)

        await self._app(scope, receive, answer)

    def _count(self, scope: Scope, status: int) -> None:
        call: Call | None = scope.get("call")
        key = (call.method, call.path, status) if call else ("any", "none", status)
        counted = self._counters.get(key)
        if counted is None:
            counted = self._counters[key] = REQUESTS.labels(key[0], key[1], str(status))
        counted.inc()


def refuse_route(request: Request, error: Exception) -> Response:
    """The answer where Starlette's router found no call."""
    assert isinstance(error, HTTPException)
    path, allow = request.url.path, (error.headers or {}).get("allow")
    if allow is not None:
        came = request.method[:20]
        return ProblemAnswer(MethodNotAllowed(f"expected {allow} here, came {came}", allow))
    shown = path if len(path) <= _SHOWN else path[: _SHOWN - 3] + "..."
    return ProblemAnswer(NotFound(f"There is nothing at {shown!r}; GET /openapi.json lists all."))
