"""The call of an HTTP tool, against real servers: what is sent, and what the model is told."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Mapping
from typing import Any

import pytest

from services.agent_worker.egress import EgressClient
from services.agent_worker.tools.answers import LARGEST_OUTPUT
from services.agent_worker.tools.http import call_http_tool
from services.agent_worker.tools.result import ToolResult
from shared.flow.json_value import JSON
from shared.runtime.settings import load
from shared.tools import HttpTool
from tests.outside import OutsideServer, Received, Respond, answer, redirect, text
from tests.unit.agent_worker.egress.names import Names
from tests.unit.tools.tools import tool

SECRETS = {"KEY": 's3cret/"key"', "OTHER": "0ther", "LINES": "a\r\nX-B: c", "EMPTY": ""}
WITH_KEY = {"Authorization": {"secret": "KEY", "prefix": "Bearer "}}


async def called(
    definition: HttpTool, arguments: Mapping[str, JSON], allow: str = "127.0.0.1"
) -> ToolResult:
    settings = load("agent-worker", {"PENSTOCK_EGRESS_ALLOW": allow})
    async with EgressClient.of(settings, resolver=Names({})) as client:
        return await call_http_tool(
            definition,
            arguments,
            client=client,
            secret=SECRETS.__getitem__,
            idempotency_key="run-1.step-2.call-3",
        )


async def told(said: bytes | Respond, **http: Any) -> ToolResult:
    """What is made of an answer."""
    async with OutsideServer(said) as server:
        return await called(tool(server.url("/items/{{id}}"), **http), {"id": "7"})


def failure(result: ToolResult) -> tuple[str, str]:
    assert result.outcome == "error"
    assert result.error is not None
    assert result.output.startswith(result.error.message)
    assert "expected" in result.error.message
    return result.error.code, result.output


async def test_a_call_is_made_as_the_definition_says() -> None:
    async with OutsideServer(text('{"ok":true}', "application/json")) as server:
        definition = tool(
            server.url("/items/{{id}}?a={{q}}"),
            "POST",
            headers={**WITH_KEY, "X-Number": "n={{n}}"},
            query={"b": "{{q}}"},
            body={"item": "{{item}}", "text": "about {{q}}", "left": "{{id}}"},
        )
        arguments: Mapping[str, JSON] = {"id": "a/b", "q": "é&", "n": 7, "item": {"c": [1]}}
        result = await called(definition, arguments)
    assert (result.outcome, result.output, result.error) == ("ok", '{"ok":true}', None)
    [request] = server.requests
    assert (request.method, request.target) == ("POST", "/items/a%2Fb?a=%C3%A9%26&b=%C3%A9%26")
    assert json.loads(request.body) == {"item": {"c": [1]}, "text": "about é&", "left": "a/b"}
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == 'Bearer s3cret/"key"'
    assert request.headers["x-number"] == "n=7"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_the_idempotency_key_travels_with_every_call(method: str) -> None:
    async with OutsideServer(redirect("/there"), text("ok")) as server:
        await called(tool(server.url("/items/{{id}}"), method), {"id": "7"})
    keys = [request.headers["idempotency-key"] for request in server.requests]
    assert keys == ["run-1.step-2.call-3"] * 2


async def test_a_secret_that_comes_back_is_not_told() -> None:
    value = SECRETS["KEY"]
    in_json = json.dumps(value)
    escaped = in_json.replace("/", "\\/")
    said = f"{value} {in_json} {escaped} s3cret%2F%22key%22"
    result = await told(text(said), headers=WITH_KEY)
    assert result.output == '[secret KEY] "[secret KEY]" "[secret KEY]" [secret KEY]'


@pytest.mark.parametrize("status", [200, 500])
async def test_nor_is_it_in_json_in_an_error_or_where_an_answer_is_cut(status: int) -> None:
    picked = await told(
        text(json.dumps({"a": [SECRETS["KEY"]]})), headers=WITH_KEY, result_path="/a"
    )
    assert picked.output == '["[secret KEY]"]'
    said = answer(status, b'one two s3cret/"key"', {"content-type": "text/plain"})
    cut = await told(said, headers=WITH_KEY, largest_bytes=16)
    assert "one two [secret KEY]" in cut.output
    assert "s3cret" not in f"{cut}"


async def test_a_secret_goes_to_no_other_origin() -> None:
    async with (
        OutsideServer(text("there"), address="127.0.0.2") as other,
        OutsideServer(redirect(other.url())) as server,
    ):
        definition = tool(server.url("/{{id}}"), headers={**WITH_KEY, "X-Plain": "pl4in"})
        result = await called(definition, {"id": "7"}, "127.0.0.0/8")
    assert result.output == "there"
    assert not {"authorization", "x-plain"} & other.requests[0].headers.keys()


# What comes back


async def test_a_value_of_the_answer_may_be_picked() -> None:
    said = text('{"data":{"items":[{"name":"ä"},2]}}', "application/json")
    assert (await told(said, result_path="/data/items/0/name")).output == "ä"
    assert (await told(said, result_path="/data/items")).output == '[{"name":"ä"},2]'
    assert (await told(said, result_path="")).output == '{"data":{"items":[{"name":"ä"},2]}}'
    code, words = failure(await told(said, result_path="/data/none"))
    assert (code, words) == ("no_result", "expected a value at /data/none of the answer, got none")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (text("<html>Sign in</html>", "text/html; charset=utf-8"), "got text/html"),
        (text("", "application/json"), "got nothing"),
        (text('{"a":', "application/json"), "got application/json"),
        (text('{"a":NaN}', "application/json"), "got application/json"),
        (text("[" * 100_000, "application/json"), "got application/json"),
        (text("1" * 10_000, "application/json"), "got application/json"),
        (answer(body=b"\xff\xfe\x00"), "got something else"),
    ],
)
async def test_what_is_not_json_cannot_be_picked_from(said: bytes, words: str) -> None:
    code, found = failure(await told(said, result_path="/a"))
    assert code == "not_json"
    assert f"expected an answer in JSON, {words}" in found


async def test_html_is_text() -> None:
    result = await told(text("<p>Hello</p>", "text/html"))
    assert (result.outcome, result.output) == ("ok", "<p>Hello</p>")


@pytest.mark.parametrize("status", [200, 204])
async def test_an_answer_without_content_says_so(status: int) -> None:
    result = await told(answer(status))
    assert result.outcome == "ok"
    assert result.output == f"The tool answered with status {status} and no content."


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (answer(body=b"\x89PNG\r\n", headers={"content-type": "image/png"}), "image/png"),
        (answer(body=b"a", headers={"content-type": "application/octet-stream"}), "octet-stream"),
        (answer(body=b"a\0b"), "bytes that are none"),
    ],
)
async def test_what_is_no_text_is_an_error(said: bytes, words: str) -> None:
    code, found = failure(await told(said))
    assert code == "not_text"
    assert words in found


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        ("é".encode("latin-1"), "text/plain; charset=ISO-8859-1", "é"),
        ("é".encode("utf-16"), 'text/plain; charset="utf-16"', "é"),
        ("é".encode(), "text/plain; charset=punycode", "é"),
        ("é".encode(), "text/plain; charset=rot13", "é"),
        ("é".encode("latin-1"), "text/plain", "\ufffd"),
        (b"a: 1", "application/yaml", "a: 1"),
        (b"{}", "application/problem+json", "{}"),
    ],
)
async def test_text_is_read_as_it_is_said_to_be(body: bytes, content_type: str, words: str) -> None:
    result = await told(answer(body=body, headers={"content-type": content_type}))
    assert (result.outcome, result.output) == ("ok", words)


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503, 302])
async def test_a_status_that_is_no_success_is_an_error_with_what_came(status: int) -> None:
    said = answer(status, b"no such item" + b"." * 5000, {"content-type": "text/plain"})
    code, found = failure(await told(said))
    assert code == "http_status"
    assert found.startswith(f"expected a status from 200 to 299, got {status}\n\nno such item")
    assert len(found) < 2100


async def test_a_long_answer_is_cut_and_the_model_is_told() -> None:
    result = await told(text("x" * 5000), largest_bytes=1000)
    assert (result.outcome, result.cut) == ("ok", True)
    assert result.output == "x" * 1000 + "\n\n[The answer was longer: this is its beginning.]"
    code, found = failure(await told(text("[" + "1," * 5000), largest_bytes=1000, result_path=""))
    assert (code, found) == ("answer_too_large", "expected JSON of at most 1,000 bytes, got more")


async def test_no_output_is_longer_than_a_result_may_be() -> None:
    result = await told(text("é" * LARGEST_OUTPUT), largest_bytes=4 << 20)
    assert result.cut
    assert LARGEST_OUTPUT - 2 < len(result.output.encode()) < LARGEST_OUTPUT + 100


async def test_a_bomb_of_fifty_megabytes_is_cut() -> None:
    bomb = answer(body=gzip.compress(b"x" * (50 << 20)), headers={"content-encoding": "gzip"})
    result = await told(bomb, largest_bytes=1000)
    assert (result.cut, result.output[:1001]) == (True, "x" * 1000 + "\n")


async def test_an_answer_that_does_not_come_is_an_error_in_time() -> None:
    async def silent(request: Received, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    result = await told(silent, timeout_seconds=1)
    assert failure(result)[0] == "egress_timeout"
    assert result.seconds >= 1


# What cannot be called


def deep(levels: int) -> JSON:
    """Lists within lists."""
    value: JSON = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("http", "arguments", "code"),
    [
        ({}, {}, "missing_argument"),
        ({}, {"id": ".."}, "bad_argument"),
        ({}, {"id": ""}, "bad_argument"),
        ({"headers": {"X-A": "{{q}}"}}, {"id": "1", "q": "a\r\nX-B: c"}, "bad_argument"),
        ({"headers": {"X-A": "{{q}}"}}, {"id": "1", "q": "é"}, "bad_argument"),
        ({"headers": {"X-A": "{{q}}"}}, {"id": "1", "q": "x" * 9000}, "bad_argument"),
        ({"headers": {"X-A": {"secret": "NONE"}}}, {"id": "1"}, "missing_secret"),
        ({"headers": {"X-A": {"secret": "LINES"}}}, {"id": "1"}, "bad_secret"),
        ({"method": "POST", "body": "{{item}}"}, {"id": "1"}, "missing_argument"),
        ({"method": "POST", "body": "{{q}}"}, {"id": "1", "q": "x" * (1 << 20)}, "bad_argument"),
        ({"method": "POST", "body": "{{q}}"}, {"id": "1", "q": "\ud800"}, "bad_argument"),
        ({"method": "POST", "body": "{{n}}"}, {"id": "1", "n": float("nan")}, "bad_argument"),
        ({}, {"id": float("nan")}, "bad_argument"),
        ({}, {"id": deep(10_000)}, "bad_argument"),
        ({"method": "POST", "body": "{{item}}"}, {"id": "1", "item": deep(10_000)}, "bad_argument"),
        ({}, {"id": "x" * 9000}, "egress_refused"),
    ],
)
async def test_what_cannot_be_sent_is_an_error_and_nothing_is_sent(
    http: dict[str, str], arguments: Mapping[str, JSON], code: str
) -> None:
    async with OutsideServer(text("no")) as server:
        result = await called(tool(server.url("/items/{{id}}"), **http), arguments)
    assert failure(result)[0] == code
    assert not server.requests
    assert "X-B" not in result.output


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.9:1/{{id}}", "egress_refused"),
        ("http://169.254.169.254/{{id}}", "egress_refused"),
        ("http://2130706433/{{id}}", "egress_refused"),
        ("http://no.example/{{id}}", "egress_unresolved"),
        ("http://127.0.0.1:1/{{id}}?k={{id}}", "egress_failed"),
    ],
)
async def test_what_may_not_or_cannot_be_called_is_an_error(url: str, code: str) -> None:
    result = await called(tool(url, headers=WITH_KEY), {"id": "argum3nt"})
    found, words = failure(result)
    assert found == code
    assert "argum3nt" not in words
    assert "s3cret" not in words


async def test_redirects_without_end_are_an_error() -> None:
    assert failure(await told(redirect("/items/8")))[0] == "too_many_redirects"
