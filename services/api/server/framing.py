"""What stands between the server and its application: bodies within their budget, answers framed.

Most requests pass untouched: a body that came whole and is small is not looked at.
"""

from __future__ import annotations

from collections.abc import Awaitable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.server.bodies import BodyBudget, Reservation, declared_bytes
from services.api.server.uvicorn_internals import (
    closing_early,
    connection_of,
    cycle_of,
    has_body_ahead,
    until_close,
)


class Framing:
    """The application as the server calls it.

    Reading a body for which there is no room raises TooManyBodies in the application, which
    answers as it does to any error; nothing is reserved for a body that nobody reads.
    """

    def __init__(self, app: ASGIApp, bodies: BodyBudget) -> None:
        self._app = app
        self._bodies = bodies

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        cycle = cycle_of(scope)
        has_body = has_body_ahead(cycle, self._bodies.free_bytes)
        if not has_body and scope["method"] != "HEAD" and scope["http_version"] == "1.1":
            return self._app(scope, receive, send)
        if scope["http_version"] != "1.1":
            send = until_close(cycle, send)
        if has_body:
            send = closing_early(connection_of(scope), cycle, send)
        if scope["method"] == "HEAD":
            return _headers_alone(self._app, scope, receive, send)
        return self._with_body(scope, receive, send)

    async def _with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        with Reservation(self._bodies) as reserved:
            await self._app(scope, _bounded(scope, receive, reserved), send)


def _bounded(scope: Scope, receive: Receive, reserved: Reservation) -> Receive:
    """Reserves what is declared when the body is first asked for, else what comes as it comes."""
    declared = declared_bytes(scope["headers"])
    size = 0

    async def reserving() -> Message:
        nonlocal size
        reserved.grow_to(declared)
        message = await receive()
        size += len(message.get("body", b""))
        reserved.grow_to(size)
        return message

    return reserving


class _Ended(OSError):
    """The answer was over; an application hears of a client that hung up in the same way."""


async def _headers_alone(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """The answer to HEAD ends with its headers, even where that to GET would go on for hours.

    Source: RFC 9110, 9.3.2; ASGI 2.4 for the error.
    """

    async def begin_and_end(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        elif message.get("more_body", False):
            raise _Ended("HEAD is answered by headers alone")

    try:
        await app(scope, receive, begin_and_end)
    except _Ended:
        return
