"""What handlers answer: a model as JSON, a text, nothing; all Starlette responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

M_co = TypeVar("M_co", bound=BaseModel, covariant=True)

JSON_TYPE = "application/json"


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


class NoContent(Response):
    """Done, and there is nothing to say."""

    def __init__(self) -> None:
        super().__init__(status_code=204)
