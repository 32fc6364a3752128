"""What callers say in the path, the query and in headers: texts, each described once.

    class RunFilter(Query):
        status: RunStatus | None = Field(None, description="only runs of this status")

A field is read from the text of its name, checked as every text is (no NUL, valid Unicode), and
described to callers from the same model. What does not fit is `bad_parameter`, naming the field.
"""

from __future__ import annotations

from typing import Annotated, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from starlette.requests import HTTPConnection, Request

from services.api.http.expectations import expected
from services.api.http.problems import BadParameter
from shared.errors import NotFound

NUL = "\0"
_SHOWN = 40
_LONGEST = 60


def _digits(value: object) -> object:
    """A text of ASCII digits as a number: no sign, no space, nothing else int() would take."""
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) < 20):
            raise ValueError("expected a whole number")
        return int(value)
    return value


# Where a bound stands beside it, the bound stands before, to be in the schema.
DIGITS = BeforeValidator(_digits)
WholeNumber = Annotated[int, DIGITS]


class Query(BaseModel):
    """Parameters of the query; those that nobody knows are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Ticketed(Query):
    """A call that a page may make without a token."""

    ticket: str | None = Field(None, description="in place of a token, as `events_url` carries it")


class HeaderFields(BaseModel):
    """Headers a call reads; a field's alias is the header's name."""

    model_config = ConfigDict(frozen=True, extra="ignore")


Model = TypeVar("Model", bound=BaseModel)


def parameters_of(connection: HTTPConnection) -> dict[str, str]:
    """The query as texts; of one given twice the last. Raises: BadParameter for what is no text."""
    raw: bytes = connection.scope["query_string"]
    if not raw:
        return {}
    try:
        found = dict(parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict"))
    except ValueError:
        raise BadParameter("expected a query of percent-encoded UTF-8, came other bytes") from None
    for name, value in found.items():
        if NUL in name or NUL in value:
            shown = name.replace(NUL, "\\0")[:_SHOWN]
            raise BadParameter(f"expected {shown} to be text without NUL, came one with it")
    return found


def read_query(connection: HTTPConnection, model: type[Model]) -> Model:
    """The query as `model` has it. Raises: BadParameter."""
    return _validated(model, parameters_of(connection))


def read_headers(connection: HTTPConnection, model: type[Model]) -> Model:
    """The headers that `model` names. Raises: BadParameter."""
    names = [field.alias or name for name, field in model.model_fields.items()]
    given = ((name, connection.headers.get(name)) for name in names)
    return _validated(model, {name: value for name, value in given if value is not None})


def _validated(model: type[Model], texts: dict[str, str]) -> Model:
    try:
        return model.model_validate(texts)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
    name = str(detail["loc"][0])
    came = repr(texts[name][:_SHOWN]) if name in texts else "none"
    raise BadParameter(f"expected {name} to be {expected(detail)}, came {came}")


def canonical_id(text: str, what: str) -> str:
    """The UUID a text is. Raises: NotFound, naming what there is not."""
    if len(text) == 36 and text.isascii():
        try:
            if str(UUID(text)) == text:
                return text
        except ValueError:
            pass
    shown = text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
    raise NotFound(f"There is no {what} {shown!r} in this workspace.")


def id_of(request: Request, name: str, what: str) -> str:
    """A UUID in the path. Raises: NotFound for anything else: there is no such thing."""
    return canonical_id(request.path_params[name], what)
