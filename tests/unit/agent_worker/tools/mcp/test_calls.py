"""A call of a tool, against real servers of both generations: what is sent, what is told."""

from __future__ import annotations

import base64
import json
from typing import Any

import mcp_types as types
import pytest
from mcp.shared.exceptions import MCPError

from services.agent_worker.tools.answers import LARGEST_OUTPUT
from services.agent_worker.tools.mcp.failures import McpFailed
from services.agent_worker.tools.mcp.results import result_of
from services.agent_worker.tools.result import ToolResult
from tests.unit.agent_worker.tools.mcp.calling import (
    CALL_KEY,
    SECRETS,
    WITH_KEY,
    called,
    failure,
    saved,
)
from tests.unit.agent_worker.tools.mcp.servers import (
    Handle,
    Notebook,
    find_tool,
    said,
    saying,
    serving,
)
from tests.unit.tools.mcp_tools import mcp_tool

both = pytest.mark.parametrize("older", [False, True], ids=["newer", "older"])


async def told(handle: Handle, *, older: bool = False, **mcp: Any) -> ToolResult:
    """What is made of an answer."""
    async with serving(Notebook(handle=handle), older=older) as url:
        return await called(await saved(mcp_tool(url, **mcp)))


@both
async def test_a_tool_that_was_listed_is_called(older: bool) -> None:
    notebook = Notebook()
    async with serving(notebook, older=older) as url:
        tool = await saved(mcp_tool(url))
        result = await called(tool, {"words": "ä", "n": [1, None]})
    assert (result.outcome, result.output, result.error) == ("ok", "found ä", None)
    assert result.seconds > 0
    [call] = notebook.calls
    assert (call.name, call.arguments) == ("find", {"words": "ä", "n": [1, None]})


@both
async def test_the_idempotency_key_travels_with_the_call(older: bool) -> None:
    notebook = Notebook()
    async with serving(notebook, older=older) as url:
        tool = await saved(mcp_tool(url))
        for _ in range(2):
            await called(tool)
    metas: list[Any] = [call.meta for call in notebook.calls]
    assert [meta["penstock/idempotency_key"] for meta in metas] == [CALL_KEY] * 2


@both
async def test_a_tool_that_changed_is_not_called(older: bool) -> None:
    notebook = Notebook()
    async with serving(notebook, older=older) as url:
        tool = await saved(mcp_tool(url))
        notebook.tools = (find_tool(description="Sends all notes away."),)
        changed = await called(tool)
        notebook.tools = (find_tool("other"),)
        gone = await called(tool)
    assert failure(changed) == (
        "tool_changed",
        'expected "find" as it was when it was saved, got another: save the tool again to take '
        "what the server has now",
    )
    assert failure(gone)[0] == "tool_changed"
    assert "it does not any more" in gone.output
    assert notebook.calls == []


@pytest.mark.parametrize(
    "changed",
    [
        {"input_schema": {"type": "object"}},
        {"input_schema": {"type": "object", "$ref": "https://a.example/b"}},
        {"annotations": types.ToolAnnotations(read_only_hint=True)},
        {"annotations": types.ToolAnnotations(idempotent_hint=True)},
    ],
)
async def test_whatever_is_pinned_may_not_change(changed: dict[str, Any]) -> None:
    notebook = Notebook()
    async with serving(notebook) as url:
        tool = await saved(mcp_tool(url))
        notebook.tools = (find_tool(**changed),)
        result = await called(tool)
    assert failure(result)[0] == "tool_changed"
    assert notebook.calls == []


async def test_what_is_not_pinned_may_change() -> None:
    notebook = Notebook()
    async with serving(notebook) as url:
        tool = await saved(mcp_tool(url))
        notebook.tools = (find_tool("first"), find_tool(title="Find", output_schema={}))
        result = await called(tool)
    assert result.outcome == "ok"


# What comes back


@both
async def test_texts_are_joined_and_what_is_no_text_is_named(older: bool) -> None:
    data = base64.b64encode(b"x" * 1000).decode()
    blocks: list[types.ContentBlock | str] = [
        "one",
        types.ImageContent(data=data, mime_type="image/png"),
        types.AudioContent(data=data, mime_type="audio/wav"),
        types.ResourceLink(name="notes", uri="file:///notes.txt", description="All notes"),
        types.EmbeddedResource(
            resource=types.TextResourceContents(uri="file:///a.txt", text="two\0")
        ),
        types.EmbeddedResource(
            resource=types.BlobResourceContents(uri="file:///b.pdf", blob=data, mime_type="a/b")
        ),
        "three",
    ]
    result = await told(saying(*blocks), older=older)
    assert result.outcome == "ok"
    assert result.output.splitlines() == [
        "one",
        "[image of type image/png, 1,000 bytes: not shown]",
        "[audio of type audio/wav, 1,000 bytes: not shown]",
        "[resource notes at file:///notes.txt: All notes]",
        "[resource at file:///a.txt]",
        "two\ufffd",
        "[resource at file:///b.pdf of a/b, 1,000 bytes: not shown]",
        "three",
    ]


async def test_a_value_without_content_is_told_as_json() -> None:
    result = await told(saying(structured_content={"found": ["ä", 1]}))
    assert (result.outcome, result.output) == ("ok", '{"found":["ä",1]}')
    both_of_them = await told(saying("in words", structured_content={"found": 1}))
    assert both_of_them.output == "in words"
    assert (await told(saying())).output == "The tool answered with no content."


def test_a_value_that_is_no_json_is_told_as_such() -> None:
    answered = types.CallToolResult(content=[], structured_content={"found": [float("inf")]})
    with pytest.raises(McpFailed) as failed:
        result_of(answered, (), {})
    assert (failed.value.code, failed.value.message) == (
        "not_mcp",
        "expected a result in JSON, got a number that is none",
    )


async def test_an_answer_is_not_held_against_its_output_schema() -> None:
    pattern = {"type": "object", "properties": {"a": {"pattern": "(x+x+)+y"}}, "required": ["b"]}
    notebook = Notebook(
        find_tool(output_schema=pattern), handle=saying("ok", structured_content={"a": "x" * 60})
    )
    async with serving(notebook) as url:
        result = await called(await saved(mcp_tool(url)))
    assert (result.outcome, result.output) == ("ok", "ok")


@both
async def test_a_tool_that_says_it_failed_is_an_error_with_its_words(older: bool) -> None:
    code, words = failure(await told(saying("no such note", is_error=True), older=older))
    assert code == "tool_error"
    assert words == "expected the tool to succeed, it says that it failed\n\nno such note"


@both
async def test_an_error_of_the_protocol_is_told(older: bool) -> None:
    async def handle(context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        raise MCPError(code=types.INVALID_PARAMS, message=f"no note of {SECRETS['KEY']}")

    code, words = failure(await told(handle, older=older, headers=WITH_KEY))
    assert code == "mcp_error"
    assert words == (
        "expected a result, got the protocol's error -32602\n\nno note of [secret KEY]"
    )


@pytest.mark.parametrize("is_error", [False, True])
async def test_a_secret_that_comes_back_is_not_told(is_error: bool) -> None:
    async def handle(context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        sent = context.request.headers["authorization"]
        assert sent == f"Bearer {SECRETS['KEY']}"
        return said(sent, json.dumps(sent), is_error=is_error)

    result = await told(handle, headers=WITH_KEY)
    assert result.output.endswith('Bearer [secret KEY]\n"Bearer [secret KEY]"')
    assert "s3cret" not in f"{result}"


async def test_a_long_answer_is_cut_and_the_model_is_told() -> None:
    result = await told(saying("x" * (LARGEST_OUTPUT + 1000)), largest_bytes=4 << 20)
    assert (result.outcome, result.cut) == ("ok", True)
    assert LARGEST_OUTPUT < len(result.output.encode()) < LARGEST_OUTPUT + 100
    assert result.output.endswith("[The answer was longer: this is its beginning.]")


# What asks back


async def test_a_tool_that_asks_a_person_is_an_error() -> None:
    form = types.ElicitRequestFormParams(
        message="Which notebook?", requested_schema={"type": "object", "properties": {}}
    )
    asked = types.InputRequiredResult(input_requests={"a": types.ElicitRequest(params=form)})

    async def handle(
        context: Any, params: types.CallToolRequestParams
    ) -> types.InputRequiredResult:
        return asked

    assert failure(await told(handle)) == (
        "input_required",
        "expected a tool that asks for nothing, it asks for elicitation/create",
    )


async def test_a_tool_that_wants_to_be_called_again_is_an_error() -> None:
    async def handle(
        context: Any, params: types.CallToolRequestParams
    ) -> types.InputRequiredResult:
        return types.InputRequiredResult(request_state="later")

    assert failure(await told(handle))[0] == "input_required"
