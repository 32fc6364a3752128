"""Answers: what a handler returns, sent in two messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import pydantic_core
from starlette.types import Receive, Scope, Send

Headers: TypeAlias = list[tuple[bytes, bytes]]

JSON_TYPE = b"application/json"


class Reply(Protocol):
    """An ASGI application that answers one request; headers may be added until it is called."""

    headers: Headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


@dataclass(slots=True)
class Answer:
    """A whole answer; an ASGI application."""

    status: int
    body: bytes = b""
    headers: Headers = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.status != 204:
            self.headers.append((b"content-length", b"%d" % len(self.body)))
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def json_answer(
    status: int, value: object, headers: Headers | None = None, *, media_type: bytes = JSON_TYPE
) -> Answer:
    """The value as JSON; models, times and dataclasses too."""
    body = pydantic_core.to_json(value)
    return Answer(status, body, [(b"content-type", media_type), *(headers or ())])


def text_answer(status: int, text: str, headers: Headers | None = None) -> Answer:
    """Plain text in UTF-8."""
    kind = (b"content-type", b"text/plain; charset=utf-8")
    return Answer(status, text.encode(), [kind, *(headers or ())])
