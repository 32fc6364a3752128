"""Servers that are down, or none, or no good: an error with a code, and nothing raised."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import pytest

from tests.eventually import eventually
from tests.outside import Received, answer, redirect, text
from tests.unit.agent_worker.tools.mcp.calling import (
    SECRETS,
    called,
    failure,
    listed,
    outside,
    pinned_tool,
    told,
)
from tests.unit.agent_worker.tools.mcp.servers import (
    LISTING,
    SAID,
    STREAM,
    Told,
    event,
    in_json,
    scripted,
)
from tests.unit.tools.mcp_tools import mcp_tool

HTML = text("<html>Sign in</html>", "text/html; charset=utf-8")


async def test_a_scripted_server_is_a_server() -> None:
    result = await told({})
    assert (result.outcome, result.output) == ("ok", "found")


# Not there


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1:1/mcp", "unreachable"),
        ("http://no.example/mcp", "unreachable"),
        ("http://127.0.0.9:1/mcp", "egress_refused"),
        ("http://169.254.169.254/mcp", "egress_refused"),
        ("http://2130706433/mcp", "egress_refused"),
        ("https://127.0.0.1:1/mcp?key=qu3ry", "unreachable"),
    ],
)
async def test_what_may_not_or_cannot_be_called_is_an_error(url: str, code: str) -> None:
    for result in (await called(pinned_tool(url)), await listed(mcp_tool(url))):
        found, words = failure(result)
        assert found == code
        assert "qu3ry" not in words


@pytest.mark.parametrize("method", ["initialize", "notifications/initialized", "tools/list"])
@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"])
async def test_a_connection_that_breaks_is_an_error(method: str, said: bytes) -> None:
    assert failure(await told({method: said}))[0] == "unreachable"


@pytest.mark.parametrize(
    "said",
    [
        answer(200, b"{", {"content-type": "application/json", "content-length": "99"}),
        STREAM,
        STREAM + event({"method": "notifications/progress", "params": {}}),
    ],
)
async def test_an_answer_that_breaks_off_is_an_error(said: bytes) -> None:
    assert failure(await told({"tools/call": said}))[0] == "unreachable"


async def test_an_answer_that_broke_off_is_fetched_where_the_server_has_it_still() -> None:
    async def again(request: Received, writer: asyncio.StreamWriter) -> None:
        if "last-event-id" in request.headers:
            writer.write(STREAM + event({"id": 4, "result": SAID}))
        else:
            writer.write(answer(405))

    primed = STREAM + b"id: 1\nretry: 1\ndata:\n\n"
    result = await told({"tools/call": primed, "GET": again})
    assert (result.outcome, result.output) == ("ok", "found")


# No server of the protocol


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"server/discover": HTML, "initialize": HTML}, "expected an MCP server, got text/html"),
        ({"tools/call": HTML}, "expected an MCP server, got text/html"),
        ({"initialize": answer(200)}, "expected an MCP server, got none"),
        ({"initialize": text("", "te\xadxt/x")}, "expected an MCP server, got none"),
        ({"initialize": text("{", "application/json")}, "as the protocol has it"),
        ({"initialize": text("[" * 100_000, "application/json")}, "as the protocol has it"),
        ({"initialize": {"protocolVersion": 7}}, "as the protocol has it, got another at"),
        ({"tools/list": {}}, "as the protocol has it, got another at tools"),
        ({"tools/call": {"content": [{"type": "hologram"}]}}, "as the protocol has it"),
        ({"tools/call": STREAM + b"data: no json\n\n"}, "as the protocol has it"),
        (
            {"tools/call": answer(200, gzip.compress(b"x"), {"content-encoding": "gzip"})},
            "without Content-Encoding",
        ),
    ],
)
async def test_what_is_not_the_protocol_is_an_error(answers: dict[str, Told], words: str) -> None:
    code, found = failure(await told(answers))
    assert code == "not_mcp"
    assert words in found


@pytest.mark.parametrize(
    "answers",
    [
        {"initialize": {"protocolVersion": "1999-01-01", "capabilities": {}, "serverInfo": {}}},
        {"initialize": in_json({"id": 2, "error": {"code": -32022, "message": "", "data": {}}})},
    ],
)
async def test_a_version_that_is_not_spoken_is_an_error(answers: dict[str, Told]) -> None:
    info = {"name": "old", "version": "1"}
    if isinstance(given := answers["initialize"], dict):
        answers = {"initialize": {**given, "serverInfo": info}}
    assert failure(await told(answers)) == (
        "protocol_version",
        "expected a server that speaks MCP of 2024-11-05 to 2026-07-28",
    )


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
async def test_a_status_that_is_no_success_is_an_error_with_what_came(status: int) -> None:
    said = answer(status, f"no {SECRETS['KEY']}".encode() + b"." * 5000)
    code, words = failure(await told({"initialize": said}))
    assert code == "http_status"
    assert words.startswith(f"expected a status from 200 to 299, got {status}\n\nno [secret KEY]")
    assert len(words) < 2100


async def test_an_error_of_the_protocol_counts_more_than_its_status() -> None:
    said = in_json({"id": None, "error": {"code": -32602, "message": "no such\0tool"}}, 400)
    assert failure(await told({"tools/call": said})) == (
        "mcp_error",
        "expected a result, got the protocol's error -32602\n\nno such\ufffdtool",
    )


async def test_a_session_that_the_server_ended_is_an_error() -> None:
    assert failure(await told({"tools/call": answer(404)}))[0] == "session_ended"


async def test_a_redirect_to_another_origin_is_not_followed() -> None:
    async with scripted() as other:
        code, words = failure(await told({"initialize": redirect(other.url("/mcp"), 307)}))
    assert (code, words) == ("http_status", "expected a status from 200 to 299, got 307")
    assert other.requests == []


async def test_a_redirect_within_the_origin_is_followed_with_the_message() -> None:
    async def moved(request: Received, writer: asyncio.StreamWriter) -> None:
        if request.target == "/mcp":
            writer.write(redirect("/mcp/", 307))
        else:
            message = json.loads(request.body)
            writer.write(in_json({"id": message["id"], "result": LISTING}))

    result = await told({"tools/list": moved})
    assert (result.outcome, result.output) == ("ok", "found")


# What asks back, what is logged


@pytest.mark.parametrize("is_error", [False, True])
async def test_a_tool_that_asks_meanwhile_is_told_no_and_may_go_on(is_error: bool) -> None:
    refused: list[dict[str, Any]] = []
    asks = {"id": "e1", "method": "elicitation/create", "params": ELICITATION}

    async def ask(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM + event(asks))
        await writer.drain()
        await eventually(lambda: refusals(server.requests))
        refused.extend(refusals(server.requests))
        result = {"content": [{"type": "text", "text": "as you like"}], "isError": is_error}
        writer.write(event({"id": json.loads(request.body)["id"], "result": result}))

    async with scripted({"tools/call": ask}) as server:
        result = await called(pinned_tool(server.url("/mcp")))
    assert refused[0]["error"]["message"] == "elicitation/create is not supported"
    if is_error:
        assert failure(result) == (
            "input_required",
            "expected a tool that asks for nothing, it asks for elicitation/create\n\nas you like",
        )
    else:
        assert (result.outcome, result.output) == ("ok", "as you like")


ELICITATION = {"message": "Which?", "requestedSchema": {"type": "object", "properties": {}}}


def refusals(requests: list[Received]) -> list[dict[str, Any]]:
    """What the server was answered."""
    messages = [json.loads(each.body) for each in requests if each.body]
    return [each for each in messages if each.get("id") == "e1"]


async def test_nothing_of_an_answer_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    await told({"tools/call": STREAM + b"data: pr1vate\n\n"})
    await told({"tools/call": text("pr1vate", "application/json")})
    assert not [each for each in caplog.records if each.name.split(".")[0] in ("mcp", "client")]


async def test_one_client_makes_many_calls_at_once() -> None:
    from services.agent_worker.tools.mcp import call_mcp_tool

    async with scripted() as server, outside() as client:
        tool = pinned_tool(server.url("/mcp"))
        results = await asyncio.gather(
            *(
                call_mcp_tool(
                    tool,
                    {},
                    client=client,
                    secret=SECRETS.__getitem__,
                    idempotency_key=f"call-{n}",
                )
                for n in range(8)
            )
        )
    assert [each.output for each in results] == ["found"] * 8
