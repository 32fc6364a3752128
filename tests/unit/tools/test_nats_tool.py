"""What a definition of a tool of kind `nats` may say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from shared.tools import TOOL, HttpTool, NatsTool
from tests.unit.tools.tools import SCHEMA, tool

PLAIN: dict[str, Any] = {
    "name": "weather",
    "description": "Tells the weather.",
    "input_schema": SCHEMA,
    "kind": "nats",
}


def test_a_definition_says_no_more_than_it_must() -> None:
    found = TOOL.validate_python(PLAIN)
    assert isinstance(found, NatsTool)
    assert (found.nats.timeout_seconds, found.nats.largest_bytes) == (30, 1 << 20)
    assert found.on_lost == "tell"


def test_a_call_that_was_lost_is_made_again_where_that_is_declared() -> None:
    assert TOOL.validate_python({**PLAIN, "policy": {"idempotent": True}}).on_lost == "retry"
    assert TOOL.validate_python({**PLAIN, "policy": {"on_lost": "fail"}}).on_lost == "fail"


def test_the_kind_tells_which_definition_it_is() -> None:
    http = tool().model_dump(mode="json")
    assert isinstance(TOOL.validate_python(http), HttpTool)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"nats": {"timeout_seconds": 0.5}}, "greater_than_equal"),
        ({"nats": {"timeout_seconds": 3601}}, "less_than_equal"),
        ({"nats": {"timeout_seconds": float("inf")}}, "finite_number"),
        ({"nats": {"largest_bytes": 0}}, "greater_than_equal"),
        ({"nats": {"largest_bytes": (4 << 20) + 1}}, "less_than_equal"),
        ({"nats": {"largest_bytes": 1.5}}, "int_type"),
        ({"nats": {"largest_bytes": True}}, "int_type"),
        ({"nats": {"subject": "live.>"}}, "extra_forbidden"),
        ({"nats": None}, "model_type"),
        ({"http": {}}, "extra_forbidden"),
        ({"name": "a.b"}, "string_pattern_mismatch"),
        ({"name": ">"}, "string_pattern_mismatch"),
        ({"name": "a\n"}, "string_pattern_mismatch"),
        ({"input_schema": {"type": "string"}}, "bad_schema"),
        ({"kind": "mail"}, "union_tag_invalid"),
        ({"kind": None}, "union_tag_invalid"),
    ],
)
def test_a_definition_that_is_none_is_refused(more: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TOOL.validate_python({**PLAIN, **more})
    assert [each["type"] for each in refused.value.errors()] == [code]
