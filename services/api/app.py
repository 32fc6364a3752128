"""The api as an ASGI application: route, identify, handle, answer; every error a problem.

    request -> Router -> Route -> identify -> handler(api, request) -> Reply
                  `---------- any error ---------> problem_answer ------^

Nothing else wraps a request: no middleware, no task of its own. Paths are logged without their
query, which may hold a ticket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from time import monotonic

from prometheus_client import Counter
from starlette.types import Receive, Scope, Send

from services.api.api import Api
from services.api.http.answers import Answer, Headers, Reply
from services.api.http.authentication import require_admin
from services.api.http.call import PROBLEMS, Route, Router
from services.api.http.requests import Request, canonical_id
from shared.errors import PenstockError, Unavailable
from shared.runtime.logging import logger
from shared.runtime.metrics import counter

SLOW_SECONDS = 2.0
STOPPING = "This api stops, and had no answer yet: ask again, another will answer."

REQUESTS = counter("http_requests_total", "Requests answered.", "method", "route", "status")

log = logger()


class App:
    """The application over one `Api` and one table of routes."""

    def __init__(self, api: Api, routes: Iterable[Route]) -> None:
        self._api = api
        self._router = Router(routes)
        self._counters: dict[tuple[str, str, int], Counter] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        began = monotonic()
        path: str = scope["path"]
        route: Route | None = None
        request = Request(scope, receive, {})
        reply: Reply
        try:
            if scope["method"] == "OPTIONS":
                route, reply = self._options(path)
            else:
                route, request.params = self._router.find(scope["method"], path)
                self._identify(route, request)
                reply = await route.handler(self._api, request)
        except PenstockError as error:
            _report(error, path)
            reply = _refusal(route, error)
        except asyncio.CancelledError:
            # Only a server that stops cancels, once: there is time left to say so.
            reply = _refusal(route, Unavailable(STOPPING))
        except Exception as error:
            log.exception("request.failed", method=scope["method"], path=path[:200])
            reply = _refusal(route, error)
        if route is not None and route.access == "ticket":
            reply.headers += self._cors(request)
        if isinstance(reply, Answer):
            self._count(scope["method"], route, reply.status)
            if (seconds := monotonic() - began) > SLOW_SECONDS and "wait" not in request.query:
                log.warning("request.was_slow", path=path, seconds=round(seconds, 3))
        await reply(scope, receive, send)

    def _options(self, path: str) -> tuple[Route, Reply]:
        """Which methods a path has; pages of other origins may only ask about a GET."""
        methods = self._router.methods(path)
        route, _ = self._router.find(methods.partition(",")[0], path)
        return route, Answer(204, headers=[(b"allow", methods.encode())])

    def _identify(self, route: Route, request: Request) -> None:
        if route.access == "open":
            return
        ticket = request.query.get("ticket") if route.access == "ticket" else None
        if ticket is not None and request.header(b"authorization") is None:
            run = canonical_id(request.params["run_id"], "run")
            request.workspace = self._api.tickets.open(ticket, run)
            return
        identity = self._api.tokens.identify(request)
        if route.access == "admin":
            require_admin(identity)
        request.workspace, request.requested_by = identity.workspace, identity.name

    def _cors(self, request: Request) -> Headers:
        """Lets pages of the allowed origins read what a ticket opens. Source: Fetch, 3.3."""
        origin = request.header(b"origin")
        allowed = self._api.origins
        if origin is None or not (origin in allowed or "*" in allowed):
            return [(b"vary", b"origin")]
        return [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-methods", b"GET"),
            (b"access-control-allow-headers", b"accept, cache-control, last-event-id, range"),
            (b"access-control-max-age", b"600"),
            (b"vary", b"origin"),
        ]

    def _count(self, method: str, route: Route | None, status: int) -> None:
        key = (method, route.path, status) if route else ("any", "none", status)
        counted = self._counters.get(key)
        if counted is None:
            counted = self._counters[key] = REQUESTS.labels(key[0], key[1], str(status))
        counted.inc()


def _refusal(route: Route | None, error: Exception) -> Answer:
    return (route.refusing if route else PROBLEMS).answer(error)


def _report(error: PenstockError, path: str) -> None:
    if error.status == 500:
        log.error("request.found_corruption", code=error.code, path=path[:200], error=str(error))
    elif error.status >= 500:
        log.warning("request.unavailable", code=error.code, path=path[:200], error=str(error))
