"""What handlers answer: a model as JSON, a text, nothing; all Starlette responses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

M_co = TypeVar("M_co", bound=BaseModel, covariant=True)

JSON_TYPE = "application/json"
PIECE_BYTES = 256 << 10


class Reply(Protocol):
    """An ASGI application that answers one request: any Starlette response, or a stream of ours."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


class Answer(Response, Generic[M_co]):
    """A model as JSON; with `exclude_unset` members that nobody set are left out."""

    media_type = JSON_TYPE

    def __init__(
        self,
        model: M_co,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        *,
        exclude_unset: bool = False,
    ) -> None:
        write = model.__pydantic_serializer__.to_json
        body = write(model, by_alias=True, exclude_unset=exclude_unset)
        super().__init__(body, status_code, headers)


class JsonText(Response):
    """JSON that is written already."""

    media_type = JSON_TYPE


class Text(Response):
    """Plain text in UTF-8."""

    media_type = "text/plain"


class LongText:
    """Plain text in UTF-8, sent in pieces; what comes in parts is never made one."""

    def __init__(
        self, parts: Sequence[bytes | memoryview], status_code: int, headers: Mapping[str, str]
    ) -> None:
        length = {"content-length": str(sum(map(len, parts)))}
        self._head = Text(None, status_code, {**headers, **length})
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"status": self._head.status_code, "headers": self._head.raw_headers}
        await send({"type": "http.response.start", **start})
        for piece in pieces_of(self._parts):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def pieces_of(parts: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """What is in these, so much at a time as is sent in a moment."""
    for part in parts:
        for start in range(0, len(part), PIECE_BYTES):
            yield bytes(part[start : start + PIECE_BYTES])


def between(parts: Sequence[bytes], first: int, stop: int) -> list[memoryview]:
    """The bytes from `first` to `stop` of these parts together, none of them copied."""
    found: list[memoryview] = []
    for part in parts:
        if first < len(part) and stop > 0:
            found.append(memoryview(part)[max(first, 0) : stop])
        first, stop = first - len(part), stop - len(part)
    return found


class NoContent(Response):
    """Done, and there is nothing to say."""

    def __init__(self) -> None:
        super().__init__(status_code=204)
