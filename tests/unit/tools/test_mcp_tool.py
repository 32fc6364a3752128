"""What a definition of MCP tools may say, what of them is pinned, and what a model is offered."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from shared.flow.json_value import JSON
from shared.tools import TOOL, HttpTool, ListedTool, McpTool, Policy, SecretHeader
from shared.tools import mcp_tool as definition
from shared.tools.mcp_tool import LONGEST_DESCRIPTION, hash_of
from shared.tools.offered import offers_of
from tests.unit.tools.mcp_tools import SCHEMA, find, listed_tool, mcp_tool
from tests.unit.tools.tools import tool as http_tool

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"url": "mcp.example.com/mcp"}, "bad_url"),
    ({"url": "ftp://mcp.example.com/mcp"}, "bad_url"),
    ({"url": "https://mcp.example.com/{{id}}"}, "bad_url"),
    ({"url": "https://mcp.example.com/mcp?key={{ id }}"}, "bad_url"),
    ({"url": "https://{{id}}.example.com/mcp"}, "placeholder_in_host"),
    ({"url": "https://me:word@mcp.example.com/"}, "user_in_url"),
    ({"headers": {"X-A": "a\r\nX-B: c"}}, "bad_header"),
    ({"headers": {"X-A": "{{id}}"}}, "bad_header"),
    ({"headers": {"Host": "a"}}, "bad_header"),
    ({"headers": {"X A": "a"}}, "bad_header"),
    ({"headers": {"X-A": "1", "x-a": "2"}}, "bad_header"),
    ({"headers": {"Accept": "text/html"}}, "bad_header"),
    ({"headers": {"Mcp-Session-Id": "1"}}, "bad_header"),
    ({"headers": {"MCP-Protocol-Version": {"secret": "KEY"}}}, "bad_header"),
    ({"headers": {"X-A": {"secret": "a b"}}}, "string_pattern_mismatch"),
    ({"tools": []}, "too_short"),
    ({"tools": [f"t{n}" for n in range(65)]}, "too_long"),
    ({"tools": ["find", "find"]}, "bad_tool_name"),
    ({"tools": ["find\n"]}, "bad_tool_name"),
    ({"tools": ["\ud800"]}, "string_unicode"),
    ({"tools": [""]}, "string_too_short"),
    ({"tools": ["x" * 129]}, "string_too_long"),
    ({"tools": ["x" * 59]}, "name_too_long"),
    ({"tools": ["a.b", "a_b"]}, "name_collision"),
    ({"timeout_seconds": 0.5}, "greater_than_equal"),
    ({"timeout_seconds": 301}, "less_than_equal"),
    ({"largest_bytes": 1 << 30}, "less_than_equal"),
    ({"trusted": "true"}, "bool_type"),
    ({"more": 1}, "extra_forbidden"),
    ({"listed": [find("other")]}, "bad_listing"),
    ({"listed": [find(), find("more")]}, "bad_listing"),
    ({"tools": ["more", "find"], "listed": [find(), find("more")]}, "bad_listing"),
]


def codes(invalid: pytest.ExceptionInfo[ValidationError]) -> list[str]:
    return [problem["type"] for problem in invalid.value.errors()]


@pytest.mark.parametrize(("mcp", "code"), WRONG)
def test_what_is_wrong_has_a_stable_code(mcp: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as invalid:
        mcp_tool(**mcp)
    assert code in codes(invalid)


def test_every_code_of_its_own_is_in_its_table() -> None:
    table = (definition.__doc__ or "").splitlines()
    own = {line.split(" ")[0] for line in table if "| " in line} - {"code"}
    assert own == {code for _, code in WRONG if code in own} | {"bad_schema", "reserved_name"}


@pytest.mark.parametrize(
    ("name", "chosen"), [("web", "search"), ("web-fetch", "a"), ("web", "fetch")]
)
def test_no_tool_is_called_like_one_of_a_provider(name: str, chosen: str) -> None:
    definition = mcp_tool(tools=(chosen,)).model_dump() | {"name": name}
    with pytest.raises(ValidationError) as invalid:
        McpTool.model_validate(definition)
    assert codes(invalid) == ["reserved_name"]


def test_a_message_says_what_was_expected_and_what_came() -> None:
    with pytest.raises(ValidationError) as invalid:
        mcp_tool(tools=["a.b", "a/b"])
    [problem] = invalid.value.errors()
    assert problem["msg"] == (
        'expected tools with names of their own, got "notes_a_b" for "a.b" and for "a/b"'
    )


def test_all_that_a_tool_may_say_is_read_again_as_it_was_written() -> None:
    found = mcp_tool(
        "http://127.0.0.1:9200/mcp?a=b",
        ("find", "add"),
        (find(), find("add", idempotent=True)),
        headers={"Authorization": {"secret": "KEY", "prefix": "Bearer "}, "X-Plain": "1"},
        timeout_seconds=2.5,
        largest_bytes=1000,
        trusted=True,
    )
    assert found.mcp.headers["Authorization"] == SecretHeader(secret="KEY", prefix="Bearer ")
    assert TOOL.validate_json(found.model_dump_json()) == found


def test_a_tool_is_read_as_its_kind_says() -> None:
    assert isinstance(TOOL.validate_python(mcp_tool().model_dump()), McpTool)
    assert isinstance(TOOL.validate_python(http_tool().model_dump()), HttpTool)
    for given in ({"kind": "other"}, {}, {**mcp_tool().model_dump(), "kind": "http"}):
        with pytest.raises(ValidationError):
            TOOL.validate_python(given)


def test_a_tool_needs_no_listing_and_offers_nothing_before_it_has_one() -> None:
    assert mcp_tool().listed == ()
    assert list(offers_of(mcp_tool())) == []


# What is pinned


def test_the_hash_is_that_of_all_that_a_tool_is_listed_with() -> None:
    same = listed_tool("find", "Finds notes.", {"properties": SCHEMA["properties"]})
    assert same == find()
    others = [
        find("other"),
        find(read_only=True),
        find(idempotent=True),
        listed_tool("find", "Finds more.", SCHEMA),
        listed_tool("find", "Finds notes.", {**SCHEMA, "required": ["words"]}),
    ]
    assert len({each.hash for each in [find(), *others]}) == 1 + len(others)
    assert hash_of(find().model_dump(exclude={"hash"})) == find().hash


def test_the_order_of_keys_makes_no_other_hash() -> None:
    schema: dict[str, JSON] = {"properties": {"words": {"type": "string"}}, "type": "object"}
    assert listed_tool("find", "Finds notes.", schema).hash == find().hash


def test_a_listing_that_was_changed_by_hand_is_refused() -> None:
    with pytest.raises(ValidationError) as invalid:
        ListedTool.model_validate({**find().model_dump(), "description": "Do as I say."})
    assert codes(invalid) == ["bad_listing"]


def test_a_schema_is_read_leniently_at_its_top() -> None:
    draft = "http://json-schema.org/draft-07/schema#"
    found = listed_tool("find", "Finds notes.", {"$schema": draft, "$id": "https://a.example/b"})
    assert found.input_schema == {"type": "object"}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"$ref": "https://a.example/b"},
        {"properties": {"a": {"items": [{"type": "string"}]}}},
        {"properties": {"a": {"maximum": 2**60}}},
        {"properties": {"a": {"maximum": float("nan")}}},
        {"description": "x" * (64 << 10)},
    ],
)
def test_a_schema_that_is_none_cannot_be_pinned(schema: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as invalid:
        listed_tool("find", "Finds notes.", schema)
    assert codes(invalid) == ["bad_schema"]


def test_a_description_may_be_long_but_not_endless() -> None:
    assert listed_tool("find", "x" * LONGEST_DESCRIPTION, SCHEMA)
    with pytest.raises(ValidationError):
        listed_tool("find", "x" * (LONGEST_DESCRIPTION + 1), SCHEMA)


# What a model is offered


def test_a_model_is_offered_each_tool_under_a_name_that_every_provider_takes() -> None:
    names = ("find", "files/read.all", "Ünder score")
    listed = tuple(find(name) for name in names)
    offered = list(offers_of(mcp_tool(tools=names, listed=listed)))
    assert [each.name for each in offered] == [
        "notes_find",
        "notes_files_read_all",
        "notes__nder_score",
    ]
    tools = [each.tool for each in offered]
    assert tools == [mcp_tool(tools=(each.name,), listed=(each,)) for each in listed]
    assert offered[0].description == "Finds notes."
    assert offered[0].input_schema == SCHEMA


@pytest.mark.parametrize(
    ("trusted", "listed", "policy", "on_lost"),
    [
        (False, find(), {}, "tell"),
        (False, find(read_only=True), {}, "tell"),
        (False, find(idempotent=True), {}, "tell"),
        (True, find(), {}, "tell"),
        (True, find(read_only=True), {}, "retry"),
        (True, find(idempotent=True), {}, "retry"),
        (True, find(read_only=True), {"on_lost": "fail"}, "fail"),
        (False, find(), {"idempotent": True}, "retry"),
        (False, find(), {"on_lost": "retry"}, "retry"),
    ],
)
def test_what_a_server_says_of_its_tools_counts_where_it_is_trusted(
    trusted: bool, listed: ListedTool, policy: dict[str, Any], on_lost: str
) -> None:
    found = mcp_tool(listed=(listed,), trusted=trusted)
    found = found.model_copy(update={"policy": Policy.model_validate(policy)})
    assert [each.on_lost for each in offers_of(found)] == [on_lost]


def test_each_of_the_tools_is_judged_by_itself() -> None:
    listed = (find(read_only=True), find("add"))
    found = mcp_tool(tools=("find", "add"), listed=listed, trusted=True)
    assert [each.on_lost for each in offers_of(found)] == ["retry", "tell"]
