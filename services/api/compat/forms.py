"""Forms read, as browsers send them: of a field that comes twice the first counts, files do not.

Source: WHATWG URL, 5.1 "application/x-www-form-urlencoded parsing"; RFC 7578.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser

from services.api.http.problems import NotForm

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
MOST_FIELDS = 100


async def form_fields(content_type: str, raw: bytes) -> dict[str, str]:
    """The fields of a form of either content type. Raises: NotForm."""
    if content_type.lower().startswith(MULTIPART):
        return _first_of_each(await _multipart(content_type, raw))
    try:
        text = raw.decode(errors="replace")
        return _first_of_each(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise NotForm(f"expected a form of at most {MOST_FIELDS} fields, came more") from None


async def _multipart(content_type: str, raw: bytes) -> list[tuple[str, str]]:
    async def whole() -> AsyncGenerator[bytes, None]:
        yield raw

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
