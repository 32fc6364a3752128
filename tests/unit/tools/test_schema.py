"""Which JSON Schemas a tool may have for its arguments."""

from __future__ import annotations

from typing import Any

import pytest

from shared.tools.schema import DEEPEST, LARGEST_BYTES, MOST_OBJECTS, schema_problem


def nested(levels: int) -> dict[str, Any]:
    """A schema whose objects stand in each other so many levels deep."""
    schema: dict[str, Any] = {"type": "object"}
    for _ in range((levels - 1) // 2):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def wide(objects: int) -> dict[str, Any]:
    """A schema of so many objects."""
    return {"type": "object", "properties": {f"p{n}": {} for n in range(objects - 2)}}


REPEATS = "a{99999999999999999999}"
WIDE = "[\u0100-\uffff]"

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
    {"type": "object", "required": [f"a{n}" for n in range(5000)]},
    {"type": "object", "properties": {"a": {"const": {"required": [1, "a"]}}}},
    {"type": "object", "properties": {"a": {"pattern": WIDE * 50}}},
    nested(DEEPEST - 1),
    wide(MOST_OBJECTS),
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
    (wide(MOST_OBJECTS + 1), "expected a schema of at most 1,000 objects, got more"),
    ({"type": "object", "required": "a"}, "at /required"),
    ({"type": "object", "title": "x" * LARGEST_BYTES}, "at most 65,536 bytes, got 65,5"),
    ({"type": "object", "title": "\ud800"}, "without NUL or surrogates"),
    ({"type": "object", "default": 1e400}, "too large"),
    ({"type": "object", "properties": {"a": {"pattern": REPEATS}}}, "repeats too often"),
    ({"type": "object", "patternProperties": {REPEATS: {}}}, "repeats too often"),
    ({"type": "object", "required": [["a", 1][n % 2] for n in range(9000)]}, "required to be text"),
    ({"type": "object", "required": [[[n], {"a": n}][n % 2] for n in range(3000)]}, "to be texts"),
    ({"type": "object", "dependentRequired": {"a": [*range(99), *"ab"]}}, "dependentRequired to"),
    ({"type": "object", "properties": {"a": {"type": [1, "a"] * 99}}}, "expected type to be texts"),
    ({"type": "object", "properties": {"a": {"pattern": WIDE * 51}}}, "at most 50 sets .* got 51"),
    (
        {"type": "object", "patternProperties": {rf"[\u0100-\uffff]{n}": {} for n in range(60)}},
        "60",
    ),
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
