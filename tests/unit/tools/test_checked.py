"""Definitions as requests have them: of a known kind, strictly, each problem at its place."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from shared.tools.checked import KINDS, tool_of

TOOL: dict[str, Any] = {
    "name": "find",
    "description": "Finds.",
    "kind": "http",
    "input_schema": {"type": "object"},
    "http": {"method": "GET", "url": "https://example.com/"},
}


def test_every_kind_has_a_model() -> None:
    assert {kind: model.__name__ for kind, model in KINDS.items()} == {
        "http": "HttpTool",
        "mcp": "McpTool",
        "nats": "NatsTool",
    }


def test_a_definition_is_read_as_its_kind_has_it() -> None:
    assert tool_of(TOOL).model_dump(exclude_unset=True) == TOOL


@pytest.mark.parametrize(
    ("value", "place", "code"),
    [
        (7, (), "model_type"),
        ({}, ("kind",), "missing"),
        ({"kind": ["http"]}, ("kind",), "literal_error"),
        ({"kind": "smoke"}, ("kind",), "literal_error"),
        ({**TOOL, "name": "web-search"}, ("name",), "reserved_name"),
        ({**TOOL, "name": "web_fetch"}, ("name",), "reserved_name"),
        ({**TOOL, "name": "code_execution"}, ("name",), "reserved_name"),
        ({**TOOL, "http": {**TOOL["http"], "url": "x"}}, ("http", "url"), "bad_url"),
        ({**TOOL, "policy": {"idempotent": "yes"}}, ("policy", "idempotent"), "bool_type"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(
    value: object, place: tuple[str, ...], code: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        tool_of(value)
    [error] = refused.value.errors()
    assert (error["loc"], error["type"]) == (place, code)
