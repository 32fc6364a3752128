"""Bodies read: from bytes to a model, or to all that is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import ClientDisconnect, Request

from services.api.http.expectations import expected
from services.api.http.problems import InvalidRequest, NotJson
from shared.errors import TooLarge, Unavailable
from shared.flow import JSON
from shared.flow.json_value import shown, unfit

T = TypeVar("T")

MIB = 1 << 20
BODY_BYTES = 9 * MIB
_ESCAPED_NUL = b"\\u0000"
_NO_NUMBERS = (b"NaN", b"Infinity")
_MOST_TOLD = 100


async def read_body(request: Request, most: int = BODY_BYTES) -> bytes:
    """The body. Raises: TooLarge over `most` bytes; Unavailable if the client hung up."""
    declared = request.headers.get("content-length")
    if declared is not None and int(declared) > most:
        raise _too_large(most)
    parts: list[bytes] = []
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > most:
                raise _too_large(most)
            parts.append(piece)
    except ClientDisconnect:
        raise Unavailable("the client hung up before its request was complete") from None
    return b"".join(parts)


def read_json(form: TypeAdapter[T], body: bytes) -> T:
    """The body as `form` wants it.

    Raises: NotJson; InvalidRequest naming every spot with what was expected and found.
    """
    if _ESCAPED_NUL in body:
        _refuse_bad_text(body)
    if any(word in body for word in _NO_NUMBERS):
        _refuse_no_numbers(body)
    try:
        return form.validate_json(body)
    except ValidationError as error:
        details = error.errors(include_url=False)
    if details[0]["type"] == "json_invalid":
        # A lone surrogate is no JSON to the strict parser, yet names a spot to the caller.
        _refuse_bad_text(body)
        raise NotJson(f"expected a JSON object, came something else: {details[0]['msg']}")
    raise _invalid([_spot(detail) for detail in details])


def misfit(path: str, expected: str, found: object) -> InvalidRequest:
    """What to raise for one spot that only the service could judge."""
    return _invalid([_problem("bad_value", path, expected, str(found))])


def refuse_unfit(value: JSON, path: str) -> None:
    """Raises: InvalidRequest, for what neither Postgres nor a content hash can hold."""
    if spots := list(unfit(value, path)):
        raise _invalid([_problem(s.code, s.path, s.complaint, "") for s in spots])


def _refuse_bad_text(body: bytes) -> None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    spots = [spot for spot in unfit(value) if spot.code == "bad_text"]
    if spots:
        raise _invalid([_problem(s.code, s.path, s.complaint, "") for s in spots])


def _refuse_no_numbers(body: bytes) -> None:
    def refuse(word: str) -> None:
        raise NotJson(f"expected JSON, came {word}, which JSON does not have")

    try:
        json.loads(body, parse_constant=refuse)
    except (ValueError, RecursionError):
        return


def _invalid(problems: list[dict[str, JSON]]) -> InvalidRequest:
    first = problems[0]
    more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
    return InvalidRequest(
        f"The request does not fit: {first['message']}{more}.", problems=problems[:_MOST_TOLD]
    )


def _spot(detail: ErrorDetails) -> dict[str, JSON]:
    path = "".join(_segments(detail["loc"]))
    wanted = expected(detail)
    if detail["type"] == "extra_forbidden":
        return _problem("unknown_field", path, wanted, "a value")
    if detail["type"] == "missing":
        return _problem("missing_field", path, wanted, "nothing")
    return _problem("bad_value", path, wanted, shown(detail["input"]))


def _problem(code: str, path: str, expected: str, found: str) -> dict[str, JSON]:
    expected = expected.removeprefix("expected ")
    message = f"{path or 'the whole'}: expected {expected}" + (f", found {found}" if found else "")
    return {
        "code": code,
        "message": message,
        "nodes": [],
        "path": path,
        "expected": expected,
        "found": found,
    }


def _segments(location: tuple[int | str, ...]) -> Iterator[str]:
    for part in location:
        yield f"[{part}]" if isinstance(part, int) else f".{part[:200]}"


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"expected a body of at most {most} bytes ({most // MIB} MiB), came more")
