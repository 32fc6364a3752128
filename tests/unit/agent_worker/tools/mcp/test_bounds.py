"""Servers that answer too much or too late, and what cannot be sent: a call ends all the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services.agent_worker.tools.mcp.session import MOST_PAGES
from services.agent_worker.tools.mcp.wire import MOST_REQUESTS
from shared.flow.json_value import JSON
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.outside import Received, answer
from tests.unit.agent_worker.tools.mcp.calling import (
    called,
    failure,
    listed,
    pinned_tool,
    told,
)
from tests.unit.agent_worker.tools.mcp.servers import (
    STREAM,
    Told,
    event,
    in_json,
    scripted,
)
from tests.unit.tools.mcp_tools import mcp_tool

# Too much, too long


@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream"])
async def test_an_answer_of_fifty_megabytes_is_not_read(content_type: str) -> None:
    said = {"id": 4, "result": {"content": [{"type": "text", "text": "x" * (50 << 20)}]}}
    if content_type == "application/json":
        result = await told({"tools/call": in_json(said)}, largest_bytes=1000)
    else:
        result = await told({"tools/call": STREAM + event(said)}, largest_bytes=1000)
    code, words = failure(result)
    assert code == "answer_too_large"
    assert words == "expected an answer of at most 1,000 bytes, got more"


async def test_a_refusal_of_fifty_megabytes_is_told_by_its_beginning() -> None:
    result = await told({"tools/call": answer(500, b"x" * (50 << 20))})
    assert failure(result)[0] == "http_status"
    assert len(result.output) < 2100


async def test_a_server_that_streams_for_ever_is_left() -> None:
    async def endless(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM)
        while True:
            writer.write(event({"method": "notifications/message", "params": {"data": "x" * 99}}))
            await writer.drain()

    code, _ = failure(await told({"tools/call": endless}, largest_bytes=100_000))
    assert code == "answer_too_large"


async def test_a_server_that_asks_for_answers_without_end_is_left() -> None:
    async def pings(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM)
        for n in range(2 * MOST_REQUESTS):
            writer.write(event({"id": f"p{n}", "method": "ping"}))
        await writer.drain()
        await asyncio.Event().wait()

    async with scripted({"tools/call": pings}) as server:
        code, _ = failure(await called(pinned_tool(server.url("/mcp"))))
    assert code == "too_many_requests"
    assert len(server.requests) <= MOST_REQUESTS
    assert MOST_PAGES < MOST_REQUESTS


async def silent(request: Received, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def dripping(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(STREAM + b": still here\n\n")
    await writer.drain()
    await asyncio.Event().wait()


@pytest.mark.parametrize("method", ["server/discover", "initialize", "tools/list", "tools/call"])
@pytest.mark.parametrize("slow", [silent, dripping])
async def test_a_server_that_does_not_answer_is_left_in_time(method: str, slow: Told) -> None:
    result = await told({method: slow}, timeout_seconds=1)
    assert failure(result) == ("timeout", "expected the call to end within 1 s, it did not")
    assert result.seconds >= 1


async def test_a_server_that_does_not_end_the_session_keeps_no_result_back() -> None:
    result = await told({"DELETE": silent})
    assert (result.outcome, result.output) == ("ok", "found")


async def test_a_call_that_is_cancelled_ends_at_once_with_its_connections() -> None:
    gone = asyncio.Event()

    async def watched(request: Received, writer: asyncio.StreamWriter) -> None:
        def is_gone() -> bool:
            writer.write(b": still here\n\n")  # fails, once the connection is closed
            return writer.transport.is_closing()

        writer.write(STREAM)
        await eventually(is_gone)
        gone.set()

    async with scripted({"tools/call": watched, "DELETE": silent, "GET": silent}) as server:
        tool = pinned_tool(server.url("/mcp"))
        call = asyncio.create_task(called(tool))
        await eventually(lambda: any(b'"tools/call"' in each.body for each in server.requests))
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await gone.wait()


async def test_a_caller_may_be_less_patient() -> None:
    patience = asyncio.timeout(PATIENCE_SECONDS)

    async def too_late(request: Received, writer: asyncio.StreamWriter) -> None:
        patience.reschedule(asyncio.get_running_loop().time())
        await silent(request, writer)

    async with scripted({"tools/call": too_late, "DELETE": silent}) as server:
        with pytest.raises(TimeoutError):
            async with patience:
                await called(pinned_tool(server.url("/mcp")))


# What cannot be sent


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"X-A": {"secret": "NONE"}}, "missing_secret"),
        ({"X-A": {"secret": "LINES"}}, "bad_secret"),
    ],
)
async def test_a_secret_that_cannot_be_sent_is_an_error(headers: dict[str, Any], code: str) -> None:
    async with scripted() as server:
        url = server.url("/mcp")
        assert failure(await called(pinned_tool(url, headers=headers)))[0] == code
        assert failure(await listed(mcp_tool(url, headers=headers)))[0] == code
    assert server.requests == []


def deep(levels: int) -> JSON:
    """Lists within lists."""
    value: JSON = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", ["\ud800", float("nan"), "x" * (1 << 20), deep(64), deep(900), deep(10_000)]
)
async def test_arguments_that_cannot_be_sent_are_an_error(value: JSON) -> None:
    async with scripted() as server:
        result = await called(pinned_tool(server.url("/mcp")), {"words": value})
    assert failure(result)[0] == "bad_argument"
    assert server.requests == []


async def test_arguments_may_nest() -> None:
    async with scripted() as server:
        result = await called(pinned_tool(server.url("/mcp")), {"words": deep(63), "b": {"c": "d"}})
    assert result.outcome == "ok"
