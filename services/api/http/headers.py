"""Request headers with a grammar, each read by a parser of its specification.

werkzeug's parsers do the reading; what stands here is which question we ask of the result.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from pydantic import Field
from starlette.requests import Request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import (
    parse_accept_header,
    parse_etags,
    parse_options_header,
    parse_range_header,
)

from services.api.http.answers import PIECE_BYTES, LongText, Reply, Text, between
from services.api.http.parameters import HeaderFields
from services.api.http.problems import (
    PreconditionFailed,
    RangeNotSatisfiable,
    UnsupportedMediaType,
)

# A header that the same clients send with every request is read once.
_REMEMBERED = 256


@lru_cache(_REMEMBERED)
def media_type_of(content_type: str) -> str:
    """The media type, lower case and without parameters. Source: RFC 9110, 8.3.1."""
    return parse_options_header(content_type)[0].lower()


def require_media_type(request: Request, known: Collection[str]) -> str:
    """The media type of the body, "" where none is said. Raises: UnsupportedMediaType."""
    header = request.headers.get("content-type")
    found = media_type_of(header[:1000]) if header else ""
    if header and found not in known:
        expected = " or ".join(known)
        raise UnsupportedMediaType(f"expected content type {expected}, came {header[:80]!r}")
    return found


@lru_cache(_REMEMBERED)
def _accepted(accept: str) -> MIMEAccept:
    return parse_accept_header(accept, MIMEAccept)


def preferred(request: Request, offered: tuple[str, ...]) -> str:
    """Which of these media types the client wants most; the first, where it says nothing of them.

    Source: RFC 9110, 12.5.1.
    """
    accept = ",".join(request.headers.getlist("accept"))
    if not accept:
        return offered[0]
    return _accepted(accept[:1000]).best_match(offered, default=offered[0])


def names(request: Request, media_type: str) -> bool:
    """Whether the client asks for this very media type, as an EventSource does for its own."""
    accept = ",".join(request.headers.getlist("accept"))
    return any(each == media_type and quality > 0 for each, quality in _accepted(accept[:1000]))


class IfMatch(HeaderFields):
    """What is to be replaced must still be what the caller read."""

    if_match: str | None = Field(
        None,
        alias="If-Match",
        description="the `ETag` of what is to be replaced; else 412",
    )


def require_match(if_match: str, etag: str) -> bool:
    """Whether `If-Match` names this ETag; False where it is `*`.

    Source: RFC 9110, 13.1.1: entity tags are compared strongly. Raises: PreconditionFailed.
    """
    wanted = parse_etags(if_match)
    if wanted.star_tag:
        return False
    if not wanted.is_strong(etag):
        raise PreconditionFailed.changed()
    return True


def quoted(tag: object) -> str:
    """The tag as an ETag header has it. Source: RFC 9110, 8.8.3."""
    return f'"{tag}"'


class Ranged(HeaderFields):
    """Which bytes of a text."""

    range: str | None = Field(
        None,
        alias="Range",
        description="`bytes=0-999`, `bytes=1000-`, `bytes=-500`",
    )


def ranged(asked_range: str | None, parts: Sequence[bytes]) -> Reply:
    """The text that is in these parts, or the bytes of it that a `Range` header names.

    Ranges we do not know and several at once are answered by the whole. Source: RFC 9110, 14.2.
    Raises: RangeNotSatisfiable.
    """
    size = sum(map(len, parts))
    headers = {"accept-ranges": "bytes"}
    asked = parse_range_header(asked_range)
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return _text(parts, 200, headers)
    first, stop = asked.ranges[0]
    first = first if first >= 0 else max(size + first, 0)
    stop = size if stop is None else min(stop, size)
    if first >= stop:
        expected = f"expected a range within {size} bytes, came {asked.to_header()}"
        raise RangeNotSatisfiable(expected, size)
    headers["content-range"] = f"bytes {first}-{stop - 1}/{size}"
    return _text(between(parts, first, stop), 206, headers)


def _text(parts: Sequence[bytes | memoryview], status: int, headers: Mapping[str, str]) -> Reply:
    if sum(map(len, parts)) <= PIECE_BYTES:
        return Text(b"".join(parts), status, headers)
    return LongText(parts, status, headers)
