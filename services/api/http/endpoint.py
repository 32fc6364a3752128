"""One path of the application: its calls by method, from the request to the answer.

access -> query, headers, body -> access -> handler -> answer
  `------------ any error ------------> the call's way to refuse
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Protocol

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from services.api.http.answers import JSON_TYPE, Reply
from services.api.http.bodies import read_body, read_json_aside
from services.api.http.calls import Access, Call
from services.api.http.headers import require_media_type
from services.api.http.origins import Pages, RefusedOrigins
from services.api.http.parameters import read_headers, read_query
from shared.errors import PenstockError, Unavailable
from shared.runtime.logging import logger

STOPPING = "This api stops, and had no answer yet: ask again, another will answer."

log = logger()


class Guard(Protocol):
    """Who may make a call."""

    async def admit(self, request: Request, access: Access, *, anew: bool = False) -> None:
        """Lets the request in as whoever makes it; `anew`, once more when its body has come.

        Raises: Unauthorized, Forbidden, Unavailable.
        """


class Endpoint:
    """The calls of one path, an ASGI application."""

    def __init__(self, calls: Sequence[Call], guard: Guard) -> None:
        self._calls = {call.method: call for call in calls}
        if "GET" in self._calls:
            self._calls["HEAD"] = self._calls["GET"]  # Source: RFC 9110, 9.3.2
        self._guard = guard
        self.allow = ", ".join(sorted(call.method for call in calls))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = self._calls.get(scope["method"])
        reply: Reply
        if call is not None:
            scope["call"] = call
            reply = await self._answer(call, Request(scope, receive, send))
        elif scope["method"] == "OPTIONS":
            reply = Response(status_code=204, headers={"allow": self.allow})
        else:
            raise HTTPException(405, headers={"allow": self.allow})
        await reply(scope, receive, send)

    async def _answer(self, call: Call, request: Request) -> Reply:
        try:
            await self._guard.admit(request, call.access)
            given = await _given(call, request)
            if request.method not in ("GET", "HEAD"):
                await self._guard.admit(request, call.access, anew=True)
            return await call.handler(request, **given)
        except PenstockError as error:
            _report(error, request.url.path)
            return call.refusing.answer(error)
        except asyncio.CancelledError:
            # Only a server that stops cancels, once: there is time left to say so.
            return call.refusing.answer(Unavailable(STOPPING))
        except Exception as error:
            log.exception("request.failed", method=request.method, path=request.url.path[:200])
            return call.refusing.answer(error)


async def _given(call: Call, request: Request) -> dict[str, object]:
    """What the handler takes besides the request."""
    given: dict[str, object] = {}
    if call.query is not None:
        given["query"] = read_query(request, call.query)
    if call.headers is not None:
        given["headers"] = read_headers(request, call.headers)
    if call.body_adapter is not None:
        require_media_type(request, (JSON_TYPE,))
        raw = await read_body(request, call.most_bytes)
        is_absent = call.is_body_optional and not raw
        given["body"] = None if is_absent else await read_json_aside(call.body_adapter, raw)
        if "raw" in call.takes:
            given["raw"] = raw
    return given


def routes_of(calls: Iterable[Call], guard: Guard, origins: frozenset[str]) -> list[Route]:
    """A Starlette route for every path.

    Pages of `origins` may read what a ticket opens, and nothing else. Source: Fetch, 3.3.
    """
    pages = Middleware(Pages, origins=origins, refused=RefusedOrigins())
    by_path: dict[str, list[Call]] = {}
    for call in calls:
        by_path.setdefault(call.path, []).append(call)
    return [
        Route(
            path,
            Endpoint(of_path, guard),
            middleware=[pages] if any(call.access == "ticket" for call in of_path) else None,
        )
        for path, of_path in by_path.items()
    ]


def _report(error: PenstockError, path: str) -> None:
    if error.status == 500:
        log.error("request.found_corruption", code=error.code, path=path[:200], error=str(error))
    elif error.status >= 500:
        log.warning("request.unavailable", code=error.code, path=path[:200], error=str(error))
