"""Which JSON Schemas a tool may have for its arguments."""

from __future__ import annotations

from typing import Any

import pytest

from shared.tools.schema import DEEPEST, LARGEST_BYTES, schema_problem


def nested(levels: int) -> dict[str, Any]:
    """A schema whose objects stand in each other so many levels deep."""
    schema: dict[str, Any] = {"type": "object"}
    for _ in range((levels - 1) // 2):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


GOOD: list[dict[str, Any]] = [
    {"type": "object"},
    {"type": "object", "$schema": "https://json-schema.org/draft/2020-12/schema"},
    {"type": "object", "properties": {"a": {"type": ["string", "null"], "pattern": "^a+$"}}},
    {
        "type": "object",
        "$defs": {"a": {"type": "string"}},
        "properties": {"b": {"$ref": "#/$defs/a"}},
    },
    {"type": "object", "properties": {"b": {"$ref": "#"}}},
    {
        "type": "object",
        "$defs": {"a": {"$anchor": "here"}},
        "properties": {"b": {"$ref": "#here"}},
    },
    {"type": "object", "properties": {"$ref": {"type": "string"}, "$id": {"type": "string"}}},
    {"type": "object", "properties": {"a": {"enum": ["ä", 1, None]}}, "x-more": True},
    nested(DEEPEST - 1),
]

WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, r'expected a schema with "type": "object" at the top, got null'),
    ({"type": "string"}, 'got the text "string"'),
    ({"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"}, "2020-12/schema"),
    ({"type": "object", "$ref": "https://example.com/schema"}, r"expected \$ref into the schema"),
    ({"type": "object", "$ref": "other.json"}, r"expected \$ref into the schema"),
    ({"type": "object", "$ref": "file:///etc/passwd"}, r"expected \$ref into the schema"),
    ({"type": "object", "allOf": [{"$dynamicRef": "http://a/"}]}, r"expected \$dynamicRef into"),
    ({"type": "object", "$ref": "#/$defs/none"}, r"expected \$ref to point at something"),
    ({"type": "object", "$ref": "#none"}, r"expected \$ref to point at something"),
    ({"type": "object", "$ref": "#/type/0/x"}, r"expected \$ref to point at something"),
    ({"type": "object", "$id": "https://example.com/"}, r"expected a schema without \$id"),
    ({"type": "object", "properties": {"a": {"type": "strin"}}}, "at /properties/a/type"),
    ({"type": "object", "properties": {"a": {"pattern": "("}}}, "at /properties/a/pattern"),
    ({"type": "object", "properties": []}, "at /properties"),
    ({"type": "object", "required": "a"}, "at /required"),
    ({"type": "object", "title": "x" * LARGEST_BYTES}, "at most 65,536 bytes, got 65,5"),
    ({"type": "object", "title": "\ud800"}, "without NUL or surrogates"),
    ({"type": "object", "default": 1e400}, "too large"),
    (nested(DEEPEST + 3), "at most 32 levels"),
    (nested(2001), "at most 64 levels"),
]


@pytest.mark.parametrize("schema", GOOD)
def test_a_schema_that_is_whole_in_itself_is_fine(schema: dict[str, Any]) -> None:
    assert schema_problem(schema) is None


@pytest.mark.parametrize(("schema", "words"), WRONG)
def test_another_is_refused_with_what_was_expected(schema: dict[str, Any], words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(schema_problem(schema))
