"""Bodies read: from bytes to a model, or to all that is wrong with them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Set
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import ClientDisconnect, Request

from services.api.http.expectations import expected
from services.api.http.long_texts import BadText, Cut, NotText, cut_out, put_back
from services.api.http.problems import InvalidRequest, NotJson
from services.api.http.work import AT_ONCE_BYTES, Weight, has_at_most, load, weigh
from shared.encoding import NotUtf8, json_text_of, without_mark
from shared.errors import TooLarge, Unavailable
from shared.flow import JSON
from shared.flow.json_value import shown, unfit
from shared.tools.checked import CODES

T = TypeVar("T")

MIB = 1 << 20
BODY_BYTES = 9 * MIB
_MOST_TOLD = 100
_MOST_LOOKED_AT = 1 << 20
_MOST_FIELDS = 1_000
_MOST_IN_FIELD = 40_000
_NOT_SHOWN = "another, which is not shown"
_TEXT = "text without NUL or surrogates"
_FREE = "flow"  # the member whose values are any JSON, looked at by the rules of flows alone


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
    return await asyncio.to_thread(b"".join, parts) if size > MIB else b"".join(parts)


async def read_json_aside(form: TypeAdapter[T], body: bytes) -> T:
    """As `read_json`; while a body of some size is read, others are answered."""
    if len(body) <= AT_ONCE_BYTES:
        return read_json(form, body)
    return await asyncio.to_thread(read_json, form, body)


def read_json(form: TypeAdapter[T], body: bytes) -> T:
    """The body as `form` wants it, with or without a byte order mark in front.

    Raises: NotJson; TooLarge; InvalidRequest naming every spot with what was expected and found.
    """
    cut = _cut(form, without_mark(body))
    return put_back(_short(form, cut.rest), cut)


def _cut(form: TypeAdapter[T], body: bytes) -> Cut:
    try:
        return cut_out(body, getattr(_model_of(form), "LONG", {}))
    except BadText as error:
        raise _invalid([_problem("bad_text", error.path, _TEXT, "")]) from None
    except NotText as error:
        _text_of(body)
        raise NotJson(f"expected a JSON object, came something else: {error}") from None


def _model_of(form: TypeAdapter[T]) -> object:
    schema: Any = form.core_schema
    return (schema["schema"] if schema["type"] == "definitions" else schema).get("cls")


def _short(form: TypeAdapter[T], body: bytes) -> T:
    weight = weigh(body)
    if weight.constant:
        raise NotJson(f"expected JSON, got {weight.constant}, which JSON does not have")
    if weight.has_nul:
        _refuse_bad_text(body)
    if weight.is_light:
        return _light(form, body)
    value = _loaded(body, weight)
    if not isinstance(value.get(_FREE), dict):
        return _light(form, _bounded(value))
    model = _light(form, _bounded({**value, _FREE: {}}))
    if isinstance(model, BaseModel) and _FREE in model.model_fields_set:
        return model.model_copy(update={_FREE: value[_FREE]})
    return model


def _light(form: TypeAdapter[T], body: bytes) -> T:
    try:
        return form.validate_json(body)
    except ValidationError as error:
        details = error.errors(include_url=False)
    if details[0]["type"] == "json_invalid":
        _text_of(body)
        # A lone surrogate is no JSON to the strict parser, yet names a spot to the caller.
        if len(body) <= _MOST_LOOKED_AT or "hex escape" in details[0]["msg"]:
            _refuse_bad_text(body)
        raise NotJson(f"expected a JSON object, came something else: {details[0]['msg']}")
    secret: Set[str] = getattr(_model_of(form), "SECRET", frozenset())
    raise _invalid([_spot(detail, secret) for detail in details])


def _loaded(body: bytes, weight: Weight) -> dict[str, JSON]:
    try:
        value = load(_text_of(body), weight)
    except (ValueError, RecursionError) as error:
        raise NotJson(f"expected a JSON object, came something else: {error}") from None
    if not isinstance(value, dict):
        raise NotJson(f"expected a JSON object, came {shown(value)}")
    return value


def _bounded(value: dict[str, JSON]) -> bytes:
    """The body without most of its values, so that judging what is left takes a moment.

    Raises: TooLarge, naming the member that has too many.
    """
    fields = dict(islice(value.items(), _MOST_FIELDS))
    for name, found in fields.items():
        if not has_at_most(_MOST_IN_FIELD, found):
            expected = f"expected at most {_MOST_IN_FIELD:,} keys and values"
            raise TooLarge(f".{name[:200]}: {expected}, got more")
    return json.dumps(fields).encode()


def _text_of(body: bytes) -> str:
    try:
        return json_text_of(body)
    except NotUtf8 as error:
        raise NotJson(str(error)) from None


def misfit(path: str, expected: str, found: object, code: str = "bad_value") -> InvalidRequest:
    """What to raise for one spot that only the service could judge."""
    return _invalid([_problem(code, path, expected, str(found))])


def refuse_unfit(value: JSON, path: str) -> None:
    """Raises: InvalidRequest, for what neither Postgres nor a content hash can hold."""
    if spots := list(islice(unfit(value, path), _MOST_TOLD + 1)):
        raise _invalid([_problem(s.code, s.path, s.complaint, "") for s in spots])


def _refuse_bad_text(body: bytes) -> None:
    spots = [_problem("bad_text", "", _TEXT, "")]
    if len(body) <= _MOST_LOOKED_AT:
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return
        found = (spot for spot in unfit(value) if spot.code == "bad_text")
        spots = [_problem(s.code, s.path, s.complaint, "") for s in islice(found, _MOST_TOLD + 1)]
    if spots:
        raise _invalid(spots)


def _invalid(problems: list[dict[str, JSON]]) -> InvalidRequest:
    first = problems[0]
    told = min(len(problems), _MOST_TOLD)
    more = f" and {'at least ' * (len(problems) > told)}{told - 1} more" if told > 1 else ""
    return InvalidRequest(
        f"The request does not fit: {first['message']}{more}.", problems=problems[:_MOST_TOLD]
    )


def _spot(detail: ErrorDetails, secret: Set[str]) -> dict[str, JSON]:
    path = "".join(_segments(detail["loc"]))
    wanted = expected(detail)
    if detail["type"] == "extra_forbidden":
        return _problem("unknown_field", path, wanted, "a value")
    if detail["type"] == "missing":
        return _problem("missing_field", path, wanted, "nothing")
    if detail["type"] in CODES:
        wanted, _, found = detail["msg"].rpartition(", got ")
        return _problem(detail["type"], path, wanted or found, found if wanted else "")
    is_secret = bool(secret) and (not detail["loc"] or detail["loc"][0] in secret)
    return _problem("bad_value", path, wanted, _NOT_SHOWN if is_secret else shown(detail["input"]))


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
    return TooLarge(f"expected a body of at most {most:,} bytes, came more")
