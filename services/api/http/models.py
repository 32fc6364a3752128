"""What the models of all calls have in common: bodies are strict, answers are whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Generic, TypeAlias, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    TypeAdapter,
)

from services.api.http.expectations import spelled
from shared.flow import JSON

Name = Annotated[str, Field(min_length=1, max_length=200)]
# What is a space differs by \x85 and \ufeff from one engine to another.
_SAID = spelled(r"^[^\x00]*[^\s\x00\x85\ufeff][^\x00]*$", "a name that is not blank")
Title = Annotated[str, Field(min_length=1, max_length=200, pattern=_SAID)]
"""What something new is called. What was kept may be blank: names once were not looked at."""
FlowJson: TypeAlias = dict[str, JsonValue]
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)

# Examples tell one story: a haiku about a river.
AT, LATER = "2030-01-31T12:00:00Z", "2030-01-31T12:00:07Z"
AGENT_ID = "01951f6e-7a10-7000-8000-000000000001"
PIPELINE_ID = "01951f6e-7a10-7000-8000-000000000002"
TOOL_ID = "01951f6e-7a10-7000-8000-000000000004"
RUN_ID = "01951f6e-7a10-7000-8000-000000000003"
VERSION = "9b1f0e6d3c5a48f7b2e1d09c8a7b6f5e4d3c2b1a0f9e8d7c6b5a49382716f5e4"


def moment_of(text: str) -> datetime:
    """The time a text says, in UTC. Source: RFC 3339, 5.6. Raises: ValueError."""
    if _RFC_3339.fullmatch(text):
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise ValueError("expected a time with its zone, like 2030-01-31T12:00:00Z")


def _moment(value: object) -> object:
    return moment_of(value) if isinstance(value, str) else value


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]


class Body(BaseModel):
    """What a call takes: strict, and nothing unknown."""

    LONG: ClassVar[Mapping[str, int]] = {}  # texts of any length: in how many brackets they stand
    SECRET: ClassVar[Set[str]] = frozenset()  # members that no refusal shows

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, protected_namespaces=()
    )


class Shape(BaseModel):
    """What a call answers; a member with a default comes too, unless it is left out by a rule."""

    model_config = ConfigDict(
        extra="forbid", protected_namespaces=(), json_schema_serialization_defaults_required=True
    )


def is_none(value: object) -> bool:
    """For `exclude_if`: a member that is left out where there is nothing to say."""
    return value is None


def one_of(variants: TypeAdapter[Any], handler: GetJsonSchemaHandler) -> dict[str, Any]:
    """The JSON schema of a body that is exactly one of these whole models."""
    return {"oneOf": handler(variants.core_schema)["anyOf"]}


S = TypeVar("S", bound=BaseModel)


class LargeText(Shape):
    """A text over 64 KiB: its hash (empty for several joined), its size, where to read it."""

    blob: str
    size_bytes: int
    url: str


TextOrLarge = str | LargeText


class FlowProblem(Shape):
    """One thing to change in a flow: a stable code, a sentence, the ids of the nodes concerned."""

    code: str
    message: str
    nodes: list[str]


class Spot(FlowProblem):
    """One thing to change in a request: where, what was expected, what was found."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    path: str = ""
    expected: str = ""
    found: str = ""


class Problem(BaseModel):
    """What was wrong (RFC 9457). `code` is stable; some codes have members of their own."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    problems: list[Spot] = []


class Page(Shape, Generic[S]):
    """One page; `next_cursor` leads to the next, null ends the list."""

    items: list[S]
    next_cursor: str | None


def page_example(item: JSON) -> JSON:
    """A last page of one item."""
    return {"items": [item], "next_cursor": None}
