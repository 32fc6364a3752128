"""What a definition of a tool may say, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from shared.tools import HttpTool, Policy, SecretHeader
from shared.tools import http_tool as definition
from tests.unit.tools.tools import SCHEMA, tool

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"url": "https://{{id}}.example.com/"}, "placeholder_in_host"),
    ({"url": "https://api.example.com:{{n}}/"}, "placeholder_in_host"),
    ({"url": "https://api.example.com{{q}}/"}, "placeholder_in_host"),
    ({"url": "{{q}}://api.example.com/"}, "placeholder_in_host"),
    ({"url": "{{q}}"}, "placeholder_in_host"),
    ({"url": "https://{{q}}@api.example.com/"}, "placeholder_in_host"),
    ({"url": "https://me:word@api.example.com/"}, "user_in_url"),
    ({"url": "ftp://api.example.com/"}, "bad_url"),
    ({"url": "api.example.com/x"}, "bad_url"),
    ({"url": "https:///x"}, "bad_url"),
    ({"url": ""}, "bad_url"),
    ({"url": "https://api.example.com/a b"}, "bad_url"),
    ({"url": "https://api.example.com/a\r\nX: 1"}, "bad_url"),
    ({"url": "https://api.example.com\\x/"}, "bad_url"),
    ({"url": "https://api.example.com/#top"}, "bad_url"),
    ({"url": "https://api.example.com/a/../b"}, "bad_url"),
    ({"url": "https://api.example.com/é"}, "bad_url"),
    ({"url": "https://api.example.com/{{other}}"}, "unknown_placeholder"),
    ({"url": "https://api.example.com/{{variables.id}}"}, "unknown_placeholder"),
    ({"query": {"a": "{{other}}"}}, "unknown_placeholder"),
    ({"headers": {"X-A": "{{other}}"}}, "unknown_placeholder"),
    ({"method": "POST", "body": {"a": [{"b": "x{{other}}"}]}}, "unknown_placeholder"),
    ({"headers": {"X-A": "a\r\nX-B: c"}}, "bad_header"),
    ({"headers": {"X-A": "a\n"}}, "bad_header"),
    ({"headers": {"X A": "a"}}, "bad_header"),
    ({"headers": {"": "a"}}, "bad_header"),
    ({"headers": {"Host": "a"}}, "bad_header"),
    ({"headers": {"content-length": "1"}}, "bad_header"),
    ({"headers": {"Idempotency-Key": "1"}}, "bad_header"),
    ({"headers": {"X-A": "1", "x-a": "2"}}, "bad_header"),
    ({"body": {"a": 1}}, "bad_body"),
    ({"method": "POST", "body": {"a": "\0"}}, "bad_body"),
    ({"result_path": "data"}, "bad_pointer"),
    ({"result_path": "/a~2"}, "bad_pointer"),
    ({"method": "TRACE"}, "literal_error"),
    ({"timeout_seconds": 0}, "greater_than_equal"),
    ({"timeout_seconds": 301}, "less_than_equal"),
    ({"timeout_seconds": float("nan")}, "finite_number"),
    ({"largest_bytes": 1 << 30}, "less_than_equal"),
    ({"largest_bytes": True}, "int_type"),
    ({"headers": {"X-A": {"secret": "a b"}}}, "string_pattern_mismatch"),
    ({"headers": {"X-A": {"secret": "A", "value": "x"}}}, "extra_forbidden"),
    ({"headers": {"X-A": {"secret": "A", "prefix": "a\n"}}}, "string_pattern_mismatch"),
    ({"more": 1}, "extra_forbidden"),
]


@pytest.mark.parametrize(("http", "code"), WRONG)
def test_what_is_wrong_has_a_stable_code(http: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as invalid:
        tool(**http)
    assert code in [problem["type"] for problem in invalid.value.errors()]


def test_every_code_of_its_own_is_in_its_table() -> None:
    own = {code for _, code in WRONG if code in (definition.__doc__ or "")}
    assert own == {code for _, code in WRONG if "_" in code} - {
        *("literal_error", "greater_than_equal", "less_than_equal", "finite_number", "int_type"),
        *("string_pattern_mismatch", "extra_forbidden"),
    }


def test_a_message_shows_no_value_of_a_header() -> None:
    with pytest.raises(ValidationError) as invalid:
        tool(headers={"X-A": "s3cret\n"})
    assert "s3cret" not in str(invalid.value)


def test_all_that_a_tool_may_say() -> None:
    found = tool(
        "http://127.0.0.1:9001/items/{{id}}?a={{q}}",
        "POST",
        headers={"Authorization": {"secret": "KEY", "prefix": "Bearer "}, "X-N": "n={{n}}"},
        query={"q": "{{ q }}"},
        body={"item": "{{item}}", "{{kept}}": ["{{id}}", 1, None]},
        timeout_seconds=2.5,
        largest_bytes=1000,
        result_path="/data/0",
    )
    assert found.http.headers["Authorization"] == SecretHeader(secret="KEY", prefix="Bearer ")
    assert HttpTool.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize(
    ("method", "policy", "on_lost"),
    [
        ("GET", {}, "retry"),
        ("POST", {}, "tell"),
        ("DELETE", {}, "tell"),
        ("POST", {"idempotent": True}, "retry"),
        ("GET", {"on_lost": "fail"}, "fail"),
    ],
)
def test_a_lost_call_is_made_again_only_where_that_is_right(
    method: str, policy: Mapping[str, object], on_lost: str
) -> None:
    found = tool(method=method).model_copy(update={"policy": Policy.model_validate(policy)})
    assert found.on_lost == on_lost


@pytest.mark.parametrize("name", ["", "a b", "a.b", "x" * 65, "é"])
def test_a_name_is_one_that_every_provider_takes(name: str) -> None:
    given = {**tool().model_dump(), "name": name}
    with pytest.raises(ValidationError):
        HttpTool.model_validate(given)


def test_a_schema_that_is_none_is_a_problem_of_the_tool() -> None:
    given = {**tool().model_dump(), "input_schema": {**SCHEMA, "$ref": "https://example.com/s"}}
    with pytest.raises(ValidationError) as invalid:
        HttpTool.model_validate(given)
    assert [problem["type"] for problem in invalid.value.errors()] == ["bad_schema"]
