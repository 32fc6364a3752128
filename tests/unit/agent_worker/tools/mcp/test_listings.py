"""What a server lists is read, bounded and pinned."""

from __future__ import annotations

from typing import Any

import mcp_types as types
import pytest

from tests.unit.agent_worker.tools.mcp.calling import SECRETS, WITH_KEY, failure, listed
from tests.unit.agent_worker.tools.mcp.servers import (
    Notebook,
    find_tool,
    in_json,
    scripted,
    serving,
)
from tests.unit.tools.mcp_tools import find, mcp_tool

both = pytest.mark.parametrize("older", [False, True], ids=["newer", "older"])


def raw(name: str = "find", **more: Any) -> dict[str, Any]:
    return {"name": name, "description": "Finds notes.", "inputSchema": {}, **more}


@both
async def test_the_chosen_tools_are_pinned_in_the_order_of_the_choice(older: bool) -> None:
    hints = types.ToolAnnotations(read_only_hint=True, idempotent_hint=False)
    notebook = Notebook(find_tool("other"), find_tool("add"), find_tool(annotations=hints))
    async with serving(notebook, older=older) as url:
        found = await listed(mcp_tool(url, ("find", "add")))
    assert found == (find(read_only=True), find("add"))


@both
async def test_among_two_thousand_tools_the_chosen_one_is_found(older: bool) -> None:
    notebook = Notebook(*(find_tool(f"tool{n}") for n in range(2000)))
    async with serving(notebook, older=older) as url:
        found = await listed(mcp_tool(url, ("tool1999", "tool3")))
        assert found == (find("tool1999"), find("tool3"))
        assert notebook.listings == 40
        notebook.listings = 0
        assert await listed(mcp_tool(url, ("tool70",))) == (find("tool70"),)
        assert notebook.listings == 2  # no more than it takes


@pytest.mark.parametrize(("page_size", "pages"), [(1, 100), (1000, 11)])
async def test_more_tools_than_are_read_are_an_error(page_size: int, pages: int) -> None:
    tools = [find_tool(f"tool{n}") for n in range(12_000)]
    notebook = Notebook(*tools, page_size=page_size)
    async with serving(notebook) as url:
        code, words = failure(await listed(mcp_tool(url, ("tool3", "none"))))
    assert code == "too_many_tools"
    assert "got more, and not all that were chosen among them" in words
    assert notebook.listings == pages


async def test_a_server_that_always_has_a_next_page_is_left() -> None:
    page = {"tools": [raw("other")], "nextCursor": "again"}
    async with scripted({"tools/list": page}) as server:
        found = await listed(mcp_tool(server.url("/mcp")))
    assert failure(found)[0] == "too_many_tools"


async def test_a_tool_that_is_not_listed_is_an_error_with_its_name() -> None:
    async with serving(Notebook()) as url:
        code, words = failure(await listed(mcp_tool(url, ("find", "fnid", "ä"))))
    assert code == "tool_missing"
    assert words == 'expected the server to list "fnid", "ä", it does not'


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"inputSchema": {"type": "object", "$ref": "https://a.example/b"}}, "input_schema"),
        ({"inputSchema": {"type": "object", "properties": {"a": {"items": []}}}}, "input_schema"),
        ({"inputSchema": {"type": "object", "title": "x" * 65_536}}, "input_schema"),
        ({"description": "x" * 9000}, "description"),
    ],
)
async def test_a_tool_that_cannot_be_offered_is_an_error(more: dict[str, Any], words: str) -> None:
    async with scripted({"tools/list": {"tools": [raw(**more)]}}) as server:
        code, found = failure(await listed(mcp_tool(server.url("/mcp"))))
    assert code == "bad_listing"
    assert f'expected a tool that can be offered, got "find", whose {words} is not: ' in found


async def test_listings_that_are_too_large_together_are_an_error() -> None:
    tools = [raw(f"tool{n}", inputSchema={"title": "x" * 60_000}) for n in range(9)]
    names = [each["name"] for each in tools]
    async with scripted({"tools/list": {"tools": tools}}) as server:
        code, words = failure(await listed(mcp_tool(server.url("/mcp"), names)))
        assert isinstance(await listed(mcp_tool(server.url("/mcp"), names[:8])), tuple)
    assert code == "bad_listing"
    assert words.startswith("expected listings of at most 524,288 bytes together, got 541,")


async def test_one_that_was_not_chosen_may_be_anything() -> None:
    others = [{"name": "bad"}, {}, "text", None, raw("worse", inputSchema={"type": 7})]
    async with scripted({"tools/list": {"tools": [*others, raw(), raw(title="b")]}}) as server:
        found = await listed(mcp_tool(server.url("/mcp")))
    assert isinstance(found, tuple)
    assert [each.input_schema for each in found] == [{"type": "object"}]


@pytest.mark.parametrize(
    ("more", "description"),
    [
        ({"description": None, "title": "Find"}, "Find"),
        ({"description": "", "annotations": {"title": "Notes"}}, "Notes"),
        ({"description": ""}, "find"),
        ({"description": "a\0b"}, "a\ufffdb"),
    ],
)
async def test_a_tool_always_has_a_description(more: dict[str, Any], description: str) -> None:
    tool = {k: v for k, v in raw(**more).items() if v is not None}
    async with scripted({"tools/list": {"tools": [tool]}}) as server:
        found = await listed(mcp_tool(server.url("/mcp")))
    assert isinstance(found, tuple)
    assert [each.description for each in found] == [description]


@pytest.mark.parametrize(
    "more",
    [
        {"description": f"Say {SECRETS['KEY']}."},
        {"inputSchema": {"type": "object", "properties": {SECRETS["KEY"]: {"type": "string"}}}},
    ],
)
async def test_a_listing_with_a_secret_is_not_kept(more: dict[str, Any]) -> None:
    async with scripted({"tools/list": {"tools": [raw(**more)]}}) as server:
        code, _ = failure(await listed(mcp_tool(server.url("/mcp"), headers=WITH_KEY)))
    assert code == "bad_listing"


async def test_a_listing_of_fifty_megabytes_is_not_read() -> None:
    page = in_json({"id": 3, "result": {"tools": [raw(description="x" * (50 << 20))]}})
    async with scripted({"tools/list": page}) as server:
        code, words = failure(await listed(mcp_tool(server.url("/mcp"))))
    assert code == "answer_too_large"
    assert words == "expected an answer of at most 8,388,608 bytes, got more"
