"""Requests as handlers see them: lazily read, bounded, and by whom."""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

from pydantic import TypeAdapter
from starlette.types import Receive, Scope

from services.api.http.json_body import read_json
from services.api.http.problems import BadParameter, UnsupportedMediaType
from shared.errors import NotFound, TooLarge, Unavailable

MIB = 1 << 20
BODY_BYTES = 9 * MIB

T = TypeVar("T")


class Request:
    """One request. `params` are the named parts of its path, `workspace` is whose it is."""

    def __init__(self, scope: Scope, receive: Receive, params: dict[str, str]) -> None:
        self.scope = scope
        self.params = params
        self.workspace = ""
        self.requested_by: str | None = None
        self._receive = receive

    def header(self, name: bytes) -> str | None:
        """The first header of this name (lower case), if it came."""
        for key, value in self.scope["headers"]:
            if key == name:
                return str(value, "latin-1")
        return None

    @cached_property
    def query(self) -> dict[str, str]:
        """The query parameters; of one given twice the last."""
        raw = self.scope["query_string"]
        return dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True)) if raw else {}

    def id(self, name: str, what: str) -> str:
        """A UUID in the path, in its canonical form.

        Raises: NotFound for anything else: there is no such thing.
        """
        return canonical_id(self.params[name], what)

    def number(self, name: str, *, default: int, least: int, most: int) -> int:
        """A whole number in the query. Raises: BadParameter."""
        text = self.query.get(name)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or not least <= int(text[:18]) <= most:
            raise BadParameter(
                f"expected {name} to be a whole number from {least} to {most}, came {text[:40]!r}"
            )
        return int(text)

    async def body(self, most: int = BODY_BYTES) -> bytes:
        """The body. Raises: TooLarge over `most` bytes; Unavailable if the client hung up."""
        declared = self.header(b"content-length")
        if declared is not None and int(declared) > most:
            raise _too_large(most)
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Unavailable("the client hung up before its request was complete")
            part: bytes = message.get("body", b"")
            parts.append(part)
            size += len(part)
            if size > most:
                raise _too_large(most)
            if not message.get("more_body", False):
                return parts[0] if len(parts) == 1 else b"".join(parts)

    async def json_body(self, most: int = BODY_BYTES) -> bytes:
        """The body, said to be JSON or nothing. Raises: UnsupportedMediaType, TooLarge."""
        kind = self.header(b"content-type")
        if kind is not None and kind.partition(";")[0].strip().lower() != "application/json":
            raise UnsupportedMediaType(
                f"expected content type application/json, came {kind[:80]!r}"
            )
        return await self.body(most)

    async def json(self, form: TypeAdapter[T], most: int = BODY_BYTES) -> T:
        """The body as `form` wants it.

        Raises: UnsupportedMediaType, TooLarge, NotJson, InvalidRequest.
        """
        return read_json(form, await self.json_body(most))


def canonical_id(text: str, what: str) -> str:
    """The UUID a text is. Raises: NotFound, naming what there is not."""
    if len(text) == 36 and text.isascii():
        try:
            if str(UUID(text)) == text:
                return text
        except ValueError:
            pass
    shown = text if len(text) <= 60 else text[:57] + "..."
    raise NotFound(f"There is no {what} {shown!r} in this workspace.")


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"expected a body of at most {most} bytes ({most // MIB} MiB), came more")
