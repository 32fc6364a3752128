"""Which paths a schema has, and which nobody can read from a value that fits it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.flow.schema_path import first_unknown

TICKET: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "labels": {"type": "array", "items": {"type": "string"}},
        "place": {"type": "array", "prefixItems": [{"$ref": "#/$defs/user"}], "items": False},
        "author": {"anyOf": [{"$ref": "#/$defs/user"}, {"type": "null"}]},
        "assignee": {"oneOf": [{"$ref": "#/$defs/user"}, {"$ref": "#/$defs/team"}]},
        "more": {"type": "object"},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "free": {"properties": {"a": {}}, "additionalProperties": True},
        "byName": {"type": "object", "patternProperties": {"^(a+)+$": {"type": "string"}}},
        "extended": {
            "allOf": [{"$ref": "#/$defs/user"}],
            "type": "object",
            "properties": {"since": {"type": "string"}},
        },
        "required": {
            "properties": {"a": {}, "b": {}},
            "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        "either": {"anyOf": [{"type": "object"}, {"$ref": "#/$defs/user"}]},
        "priority": {"enum": ["low", "high", None]},
        "kind": {"const": "ticket"},
        "anything": True,
        "never": False,
        "replies": {"type": ["array", "null"], "items": {"$ref": "#"}},
        "anchored": {"$ref": "#somewhere"},
        "a/b~c": {"type": "object", "properties": {"x": {}}},
        "odd": {"$ref": "#/properties/a~1b~0c"},
        "checked": {
            "properties": {"paid": {"type": "boolean"}},
            "if": {"required": ["paid"]},
            "then": {"properties": {"amount": {"type": "number"}}},
        },
    },
    "$defs": {
        "user": {"type": "object", "properties": {"name": {"type": "string"}}},
        "team": {"type": "object", "properties": {"members": {"type": "integer"}}},
    },
}


@pytest.mark.parametrize(
    "path",
    [
        "",
        "id",
        "labels",
        "labels.0",
        "labels.1000000",
        "place.0.name",
        "author.name",
        "assignee.name",
        "assignee.members",
        "more.of.this.0",
        "counts.anything",
        "free.b.c",
        "byName.aaa",
        "extended.name",
        "extended.since",
        "required.a",
        "either.name",
        "either.other",
        "anything.at.all",
        "replies.0.replies.12.author.name",
        "anchored.x",
        "odd.x",
        "checked.paid",
        "checked.amount",
    ],
)
def test_a_path_that_a_fitting_value_may_have_is_known(path: str) -> None:
    assert first_unknown(TICKET, path.split(".") if path else []) is None


@pytest.mark.parametrize(
    ("path", "index"),
    [
        ("title", 0),
        ("id.value", 1),
        ("labels.first", 1),
        ("labels.01", 1),
        ("labels.-1", 1),
        ("labels.٣", 1),
        ("labels.0.name", 2),
        ("place.1", 1),
        ("author.nick", 1),
        ("assignee.nick", 1),
        ("counts.open.more", 2),
        ("extended.until", 1),
        ("required.c", 1),
        ("priority.level", 1),
        ("kind.x", 1),
        ("never", 0),
        ("replies.0.replies.1.autor", 4),
        ("odd.y", 1),
        ("checked.total", 1),
    ],
)
def test_a_path_that_none_has_is_told_by_its_first_unknown_step(path: str, index: int) -> None:
    assert first_unknown(TICKET, path.split(".")) == index


def test_a_schema_that_only_refers_to_itself_allows_anything() -> None:
    bare: Any = {"$ref": "#"}
    told: Any = {"allOf": [{"$ref": "#"}], "properties": {"a": {}}}
    assert first_unknown(bare, ["a", "b"]) is None
    assert first_unknown(told, ["b"]) == 0


def test_a_schema_whose_parts_are_shared_many_times_is_read_once() -> None:
    defs: dict[str, Any] = {
        f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 9} for n in range(30)
    }
    defs["d30"] = {"type": "object", "properties": {"a": {"type": "string"}}}
    schema: Any = {"$ref": "#/$defs/d0", "$defs": defs}
    assert first_unknown(schema, ["a"]) is None
    assert first_unknown(schema, ["b"]) == 0


def test_beyond_the_depth_that_is_followed_anything_may_be_there() -> None:
    defs: dict[str, Any] = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(2_000)}
    defs["d2000"] = {"type": "object", "properties": {"a": {}}}
    schema: Any = {"$ref": "#/$defs/d0", "$defs": defs}
    assert first_unknown(schema, ["b"]) is None


@pytest.mark.parametrize(
    "schema", [None, 3, "x", [], {"properties": 3}, {"items": []}, {"$ref": 3}]
)
def test_of_what_is_no_schema_nothing_is_known(schema: Any) -> None:
    assert first_unknown(schema, ["0", "a"]) is None
