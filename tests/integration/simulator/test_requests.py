"""Requests the real API would refuse are refused, in its words; bad markers say what they need."""

import pytest

from tests.integration.simulator.talk import HEADERS, Talk

USER = {"role": "user", "content": "hi"}
GOOD: dict[str, object] = {"model": "claude-haiku-5-5", "max_tokens": 10, "messages": [USER]}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model": None}, "model: Input should be a valid string"),
        ({"max_tokens": "many"}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": -1}, "max_tokens: Input should be greater than or equal to 0"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"messages": "hi"}, "messages: Input should be a valid list"),
        ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
        ({"messages": [USER | {"role": "robot"}]}, "messages.0.role: Input should be 'user'"),
        ({"messages": [USER | {"content": ""}]}, "must have non-empty content"),
        (
            {"messages": [USER | {"content": [{"type": "text", "text": ""}]}]},
            "messages.0: text content blocks must be non-empty",
        ),
        (
            {"messages": [USER | {"content": [{"type": "smell"}]}]},
            "messages.0.content.0: Input tag 'smell' is not known",
        ),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "must use the user role"),
        (
            {"messages": [USER, {"role": "assistant", "content": "So far"}]},
            "does not support assistant message prefill",
        ),
        ({"temperature": 1.0}, "temperature: Extra inputs are not permitted"),
        ({"system": 7}, "system: Input should be a valid string"),
    ],
)
async def test_a_bad_request_is_refused_like_the_real_one(
    talk: Talk, changed: dict[str, object], message: str
) -> None:
    answer = await talk.post(GOOD | changed)
    body = answer.json()
    assert answer.status_code == 400
    assert body["error"]["type"] == "invalid_request_error"
    assert message in body["error"]["message"]
    assert body["request_id"] == answer.headers["request-id"]


@pytest.mark.parametrize("name", ["model", "max_tokens", "messages"])
async def test_a_missing_field_is_named(talk: Talk, name: str) -> None:
    answer = await talk.post({key: value for key, value in GOOD.items() if key != name})
    assert answer.json()["error"]["message"] == f"{name}: Field required"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"model": "\\ud800"}'])
async def test_a_body_that_is_no_json_object_is_refused(talk: Talk, body: bytes) -> None:
    answer = await talk.http.post("/v1/messages", content=body, headers=HEADERS)
    assert (answer.status_code, answer.json()["type"]) == (400, "error")
    assert (await talk.http.get("/_simulator/requests")).status_code == 200


async def test_a_body_over_32_mb_is_refused(talk: Talk) -> None:
    body = b" " * (32 * 1024 * 1024 + 1)
    answer = await talk.http.post("/v1/messages", content=body, headers=HEADERS)
    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "request_too_large")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-api-key": "k"}, 200),
        ({"authorization": "Bearer k"}, 200),
        ({}, 401),
        ({"authorization": "Basic k"}, 401),
        ({"x-api-key": "a-refused-key"}, 401),
        ({"authorization": "Bearer"}, 401),
    ],
)
async def test_either_header_with_a_key_opens(
    talk: Talk, headers: dict[str, str], status: int
) -> None:
    answer = await talk.post(GOOD, headers | {"anthropic-version": "2026-10-21"})
    assert answer.status_code == status
    assert (await talk.http.get("/v1/models", headers=headers)).status_code == status
    if status == 401:
        assert answer.json()["error"]["type"] == "authentication_error"


async def test_the_version_header_is_required(talk: Talk) -> None:
    answer = await talk.post(GOOD, {"x-api-key": "k"})
    assert answer.json()["error"]["message"] == "anthropic-version: header is required"


async def test_other_places_answer_errors_of_the_same_shape(talk: Talk) -> None:
    missing = await talk.http.get("/v1/nothing")
    assert (missing.status_code, missing.json()["error"]["type"]) == (404, "not_found_error")
    assert (await talk.http.get("/v1/messages")).status_code == 405
    assert (await talk.http.get("/_simulator/requests?after=x")).status_code == 400


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("wrods=3", "wrods is not an option of a marker: did you mean words?"),
        (
            "words",
            "words expects a whole number from 1 to 1000000: write words=..., found no value",
        ),
        ("words=some", "words expects a whole number from 1 to 1000000, found some"),
        ("delay=1", "delay expects a duration like 250ms, 1.5s or 2m, found 1"),
        ("rate=fast", "rate expects chunks a second like 40/s, or 0 for as fast as possible"),
        ("status=200", "status expects an HTTP status from 300 to 599, found 200"),
        ("stop_reason=tired", "stop_reason expects end_turn or max_tokens"),
        (
            "tool_input=[1]",
            "tool_input expects a JSON object in 'quotes', or a list of them, found",
        ),
        ("tool_input='[1]'", "tool_input expects a JSON object"),
        ('text="a', "expected name, name=value or ]]"),
        ("words=3 words=4", "words stands twice"),
        ("text=a echo", "text and echo exclude each other"),
        ("cut stall", "cut and stall exclude each other"),
        ("after=3", "after belongs to a failure in the same marker"),
        ("key=a", "write both, or neither"),
        ("text=ab chunks=3", "chunks=3 needs a text of at least 3 characters, found 2"),
        ("text=a blocks=2", "blocks=2 needs as many chunks, found 1"),
        ("tool", "tool needs a name"),
        ("forever]] [[sim: empty", "forever and empty exclude each other"),
    ],
)
async def test_a_bad_marker_says_what_was_expected(talk: Talk, marker: str, message: str) -> None:
    for body in (
        talk.body(f"You help. [[sim: {marker}]]"),
        talk.body("You help.", f"[[sim: {marker}]]"),
    ):
        answer = await talk.post(body)
        assert answer.status_code == 400
        assert message in answer.json()["error"]["message"]


async def test_a_marker_without_an_end_is_told_so(talk: Talk) -> None:
    answer = await talk.post(GOOD | {"system": "[[sim: words=3"})
    assert "has no end: close the marker with ]]" in answer.json()["error"]["message"]
