"""Pages of other origins: those that are allowed may read what a ticket opens, and nothing else.

A browser tells a page no more than that its request failed. So who runs the api is told: once for
each origin that is refused, in the log, with the setting that would let it in; and the answer to
the browser's question beforehand says the same, for who looks into its network tab.

Source: Fetch, 3.3.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.api.http.addresses import is_own
from services.api.http.problems import OriginRefused, ProblemAnswer
from shared.runtime.logging import logger

# What a page may send along with a ticket.
PAGES_MAY_SEND = ("accept", "cache-control", "last-event-id", "range")
PREFLIGHT_SECONDS = 600
_LONGEST = 200
_MOST_TOLD = 100

log = logger()


class RefusedOrigins:
    """Those that were told of: each once, and not more than can be read."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def tell(self, origin: str) -> None:
        """Logs the origin, unless it was."""
        origin = origin[:_LONGEST]
        if origin in self._told or len(self._told) >= _MOST_TOLD:
            return
        self._told.add(origin)
        log.warning("request.origin_refused", origin=origin)


class Pages(CORSMiddleware):
    """Lets pages of `origins` read the answers of one path."""

    def __init__(self, app: ASGIApp, origins: frozenset[str], refused: RefusedOrigins) -> None:
        self._refused = refused
        super().__init__(
            app,
            allow_origins=sorted(origins),
            allow_methods=("GET",),
            allow_headers=PAGES_MAY_SEND,
            max_age=PREFLIGHT_SECONDS,
        )

    async def simple_response(
        self, scope: Scope, receive: Receive, send: Send, request_headers: Headers
    ) -> None:
        """The answer to any request but a browser's question beforehand.

        A page of ours may read it as it is: nobody is refused.
        """
        origin = request_headers.get("origin")
        if origin is not None and is_own(Request(scope), origin):
            request_headers = Headers({})
        await super().simple_response(scope, receive, send, request_headers)

    def is_allowed_origin(self, origin: str) -> bool:
        """Whether its pages may read; one that may not is told of."""
        is_allowed = super().is_allowed_origin(origin)
        if not is_allowed:
            self._refused.tell(origin)
        return is_allowed

    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a browser that asks first; a problem for an origin that is refused."""
        origin = request_headers["origin"]
        if self.is_allowed_origin(origin):
            return super().preflight_response(request_headers)
        return ProblemAnswer(OriginRefused.of(origin[:_LONGEST]))
