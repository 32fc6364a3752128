"""Names of tools made definitions: whatever shape a drawing has, and each once."""

from __future__ import annotations

from typing import Any

import pytest

from shared.flow import inline_tools, tool_names

FIND = {"name": "find", "kind": "http"}
ODD: list[Any] = [
    None,
    [],
    {"nodes": None},
    {"nodes": [None, 1, {"type": "agent"}, {"type": "agent", "data": 3}]},
    {"nodes": [{"type": "agent", "data": {"tools": "find"}}]},
    {"nodes": [{"type": "template", "data": {"tools": ["find"]}}]},
    {"nodes": [{"type": "agent", "data": {"tools": ["web-search", 7, None, {"name": "x"}]}}]},
]


def drawn(*tools: object) -> dict[str, Any]:
    return {"nodes": [{"id": "a", "type": "agent", "data": {"tools": list(tools)}}], "edges": []}


def test_a_name_is_what_no_provider_runs() -> None:
    flow = drawn("find", "web_search", "web-fetch", {"name": "own"}, "other")
    assert tool_names(flow, [{"tools": ["more"]}, {}]) == {"find", "other", "more"}


@pytest.mark.parametrize("raw", ODD)
def test_what_names_no_tool_of_the_workspace_stays_as_it_is(raw: Any) -> None:
    assert tool_names(raw) == frozenset()
    assert inline_tools(raw, {"find": FIND}) == raw


def test_a_name_becomes_its_definition_once_and_at_its_place() -> None:
    flow = drawn("web_search", "find", {"name": "own"}, "find", "nobodys")
    whole = inline_tools(flow, {"find": FIND, "unused": FIND})
    assert whole == drawn("web_search", FIND, {"name": "own"}, "nobodys")
    assert flow == drawn("web_search", "find", {"name": "own"}, "find", "nobodys")
