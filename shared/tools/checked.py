"""A definition read as strictly as a request is, each problem at its place in the definition."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, create_model

from shared.tools.named_tool import NamedTool
from shared.tools.tool import Tool

_M = TypeVar("_M", bound=BaseModel)

CODES: Final = frozenset(
    {
        *("bad_schema", "bad_url", "placeholder_in_host", "user_in_url", "bad_header"),
        *("bad_body", "bad_pointer", "unknown_placeholder", "reserved_name", "unknown_tool"),
        *("bad_tool_name", "name_too_long", "name_collision", "bad_listing"),
    }
)
"""Of problems of definitions: the `type` of the error of validation is a stable code."""


def _kinds() -> Mapping[str, type[NamedTool]]:
    """The model of each kind of tool."""
    found: dict[str, type[NamedTool]] = {}
    pending: list[Any] = [Tool]
    while pending:
        each = pending.pop()
        if isinstance(each, type) and issubclass(each, NamedTool):
            (kind,) = get_args(each.model_fields["kind"].annotation)
            found[kind] = each
        else:
            pending += get_args(each)
    return found


KINDS: Final = _kinds()


def tool_of(value: object) -> NamedTool:
    """The tool that any JSON value defines. Raises: ValidationError."""
    return of_kind(KINDS, value)


def of_kind(models: Mapping[str, type[_M]], value: object) -> _M:
    """The value as the model of its `kind` has it. Raises: ValidationError.

    As of a union, but the kind is no part of the places of what is wrong.
    """
    kind = value.get("kind") if isinstance(value, dict) else None
    model = models.get(kind) if isinstance(kind, str) else None
    if model is None:
        _kind_of(models).model_validate(value, strict=True)
        raise AssertionError("expected a kind without a model to be refused")
    return model.model_validate_json(json.dumps(value), strict=True)


def _kind_of(models: Mapping[str, type[_M]]) -> type[BaseModel]:
    kinds: Any = Literal[tuple(models)]
    shape = ConfigDict(extra="ignore", hide_input_in_errors=True)
    return create_model("Kind", __config__=shape, kind=(kinds, ...))
