"""Forms read, as browsers send them: of a field that comes twice the first counts, files do not.

Source: WHATWG URL, 5.1 "application/x-www-form-urlencoded parsing"; RFC 7578.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser

from services.api.http.problems import NotForm
from shared.encoding import without_mark

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
MOST_FIELDS = 100
_PIECE_BYTES = 16 << 10


async def form_fields(content_type: str, raw: bytes) -> dict[str, str]:
    """The fields of a form of either content type. Raises: NotForm."""
    raw = without_mark(raw)
    if content_type.lower().startswith(MULTIPART):
        return _first_of_each(await _multipart(content_type, raw))
    return await asyncio.to_thread(_first_of_each, _urlencoded(raw))


def _urlencoded(raw: bytes) -> Iterator[tuple[str, str]]:
    if raw.count(b"&") >= MOST_FIELDS:
        raise NotForm(f"expected a form of at most {MOST_FIELDS} fields, came more")
    for field in filter(None, raw.split(b"&")):
        name, _, value = field.partition(b"=")
        yield _unquoted(name), _unquoted(value)


def _unquoted(raw: bytes) -> str:
    """The text in pieces, since splitting all of it at its escapes would hold up everyone."""
    decoded = []
    start = 0
    while start < len(raw):
        end = start + _PIECE_BYTES
        escape = raw.rfind(b"%", max(end - 2, start), end)  # an escape stays in one piece
        end = escape if escape > start else end
        decoded.append(unquote_to_bytes(raw[start:end].replace(b"+", b" ")))
        start = end
    return b"".join(decoded).decode(errors="replace")


async def _multipart(content_type: str, raw: bytes) -> list[tuple[str, str]]:
    async def whole() -> AsyncGenerator[bytes, None]:
        for start in range(0, max(len(raw), 1), _PIECE_BYTES):
            yield raw[start : start + _PIECE_BYTES]
            await asyncio.sleep(0)  # the parser is at work on the loop: others have a turn

    parser = MultiPartParser(
        Headers({"content-type": content_type}),
        whole(),
        max_files=0,
        max_fields=MOST_FIELDS,
        max_part_size=max(len(raw), 1),
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise NotForm(f"expected multipart/form-data, came something else: {error}") from None
    return [(name, text) for name, text in form.multi_items() if isinstance(text, str)]


def _first_of_each(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in fields:
        found.setdefault(name, value)
    return found
