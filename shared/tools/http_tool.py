"""The definition of a tool that a worker calls by HTTP.

Every problem of it is an error of validation, whose `type` is a stable code:

code                  | the tool ...
----------------------|-------------------------------------------------------------------
bad_schema            | has an input_schema that is none, too large, or not whole in itself
bad_url               | has a URL that is none
placeholder_in_host   | has a placeholder in scheme, host or port of its URL
user_in_url           | has a user or a password in its URL
bad_header            | has a header that no message can have, or that is set by us
bad_body              | has a body with GET, or one that is no JSON
bad_pointer           | has a result_path that is no JSON Pointer
unknown_placeholder   | has a placeholder that is no argument of its input_schema
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    JsonValue,
    StringConstraints,
    field_validator,
    model_validator,
)

from shared.credentials.names import NAME as SECRET_NAME
from shared.flow.json_value import quoted, unfit
from shared.flow.template import argument_pieces
from shared.tools.headers import LONGEST_VALUE, is_value, names_problem, value_problem
from shared.tools.named_tool import SHAPE, CallableTool, wrong
from shared.tools.pointer import is_pointer
from shared.tools.templates import body_texts, names_in, url_problem

LARGEST_ANSWER: Final = 4 << 20
# Of tools that only read, a call that was lost is made again.
_READS = ("GET",)

Template = Annotated[str, StringConstraints(max_length=LONGEST_VALUE)]


def _url(url: str) -> str:
    if problem := url_problem(url):
        raise wrong(*problem)
    return url


UrlTemplate = Annotated[str, StringConstraints(max_length=2048), AfterValidator(_url)]
"""Where tools are called: scheme, host and port have no placeholders."""
QueryName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class SecretHeader(BaseModel):
    """A header whose value is a secret of the workspace, behind `prefix`, as in `Bearer `."""

    model_config = SHAPE

    secret: Annotated[str, StringConstraints(pattern=SECRET_NAME)]
    prefix: Annotated[str, StringConstraints(max_length=100, pattern=r"^([!-~]([ -~]*))?$")] = ""


class HttpCall(BaseModel):
    """How the tool is called. In its texts `{{NAME}}` is an argument: a property of its schema."""

    # Where each text's arguments go: shared/tools/templates.py.
    model_config = SHAPE

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    url: UrlTemplate = Field(
        description="with placeholders in path and query, as in `https://example.com/items/{{id}}`"
    )
    headers: dict[str, Template | SecretHeader] = Field(
        default_factory=dict, max_length=32, description="by name: a text, or a secret"
    )
    query: dict[QueryName, Template] = Field(
        default_factory=dict,
        max_length=64,
        description="by name; one whose only placeholder has no argument is left out",
    )
    body: JsonValue = Field(
        None, description="JSON; a text that is one placeholder is the argument with its type"
    )
    timeout_seconds: Annotated[float, Field(ge=1, le=300, allow_inf_nan=False)] = Field(
        30, description="of all of the call; 30 if left out"
    )
    largest_bytes: Annotated[int, Field(ge=1, le=LARGEST_ANSWER, strict=True)] = Field(
        1 << 20, description="of the answer; 1 MiB if left out"
    )
    result_path: Annotated[str, StringConstraints(max_length=1000)] | None = Field(
        None, description="where the result stands in a JSON answer, a JSON Pointer"
    )

    @field_validator("headers")
    @classmethod
    def _headers(cls, headers: dict[str, str | SecretHeader]) -> dict[str, str | SecretHeader]:
        if problem := names_problem(headers):
            raise wrong("bad_header", problem)
        for name, value in headers.items():
            if isinstance(value, str) and not all(map(is_value, _texts(value))):
                raise wrong("bad_header", value_problem(name))
        return headers

    @field_validator("body")
    @classmethod
    def _body(cls, body: JsonValue) -> JsonValue:
        for spot in unfit(body):
            raise wrong("bad_body", f"{spot.complaint}, at {spot.path or 'the top'}")
        return body

    @field_validator("result_path")
    @classmethod
    def _result_path(cls, path: str | None) -> str | None:
        if path is not None and not is_pointer(path):
            message = f"expected a JSON Pointer, as in /data/items/0, got {quoted(path)}"
            raise wrong("bad_pointer", message)
        return path

    @model_validator(mode="after")
    def _no_body_with_get(self) -> HttpCall:
        if self.method in _READS and self.body is not None:
            raise wrong("bad_body", f"expected no body with {self.method}, got one")
        return self

    def texts(self) -> Iterator[str]:
        """Every text of it that may have placeholders."""
        yield self.url
        yield from (value for value in self.headers.values() if isinstance(value, str))
        yield from self.query.values()
        yield from body_texts(self.body)


class HttpTool(CallableTool):
    """A tool of kind `http`."""

    kind: Literal["http"]
    http: HttpCall

    @model_validator(mode="after")
    def _placeholders(self) -> HttpTool:
        for text in self.http.texts():
            for name, is_argument in names_in(argument_pieces(text)):
                if not is_argument or name not in self.arguments:
                    message = (
                        "expected placeholders that are properties of input_schema, got "
                        f"{quoted('{{' + name + '}}')}"
                    )
                    raise wrong("unknown_placeholder", message)
        return self

    @property
    def only_reads(self) -> bool:
        return self.http.method in _READS


def _texts(template: str) -> Iterator[str]:
    """What stands between placeholders, as it would stand there between letters."""
    yield "".join(p.name if p.means == "text" else "x" for p in argument_pieces(template))
