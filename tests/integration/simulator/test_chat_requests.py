"""Requests that the Chat Completions API refuses, in its words."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.simulator.chat import PATH, Chat, Json, chatting

CALL = {"id": "call_1", "type": "function", "function": {"name": "a", "arguments": "{}"}}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
USER = {"role": "user", "content": "hi"}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "x"}


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    async with chatting() as chat:
        yield chat


@pytest.mark.parametrize(
    ("more", "param", "code"),
    [
        ({"messages": None}, "messages", "invalid_type"),
        ({"messages": []}, "messages", "too_short"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", None),
        ({"messages": [5]}, "messages[0]", "invalid_type"),
        ({"messages": [USER, RESULT]}, "messages[1].role", None),
        ({"messages": [USER, CALLING]}, "messages[1]", None),
        ({"messages": [USER, CALLING, USER]}, "messages[1]", None),
        ({"messages": [USER, CALLING, RESULT, USER, RESULT]}, "messages[4].role", None),
        ({"messages": [USER, {"role": "tool", "content": ""}]}, "messages[1].tool_call_id", None),
        ({"model": 5}, "model", "invalid_type"),
        ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
        ({"max_tokens": "5"}, "max_tokens", "invalid_type"),
        (
            {"max_tokens": 5, "max_completion_tokens": 5},
            "max_tokens",
            "invalid_parameter_combination",
        ),
        ({"model": "gpt-5", "max_tokens": 5}, "max_tokens", "unsupported_parameter"),
        ({"stream_options": {"include_usage": True}}, "stream_options", None),
        ({"tool_choice": "auto"}, "tool_choice", None),
        ({"parallel_tool_calls": True}, "parallel_tool_calls", None),
        ({"temperature": 3}, "temperature", "integer_above_max_value"),
        ({"unheard_of": 1}, "unheard_of", "unknown_parameter"),
        (
            {"response_format": {"type": "json_schema"}},
            "response_format.json_schema",
            "missing_required_parameter",
        ),
        ({"reasoning_effort": "huge"}, "reasoning_effort", "invalid_value"),
    ],
)
async def test_a_bad_request_says_what_is_wrong(
    chat: Chat, more: Json, param: str, code: str | None
) -> None:
    error = await chat.refused(chat.body("x") | more)
    assert (error["type"], error["param"], error["code"]) == (
        "invalid_request_error",
        param,
        code,
    )


async def test_a_body_that_is_no_request_is_refused(chat: Chat) -> None:
    headers = {"authorization": "Bearer sim"}
    for body in (b"", b"{", b"[]", b"5", b"null", b"\xff", b"[" * 100_000, b'{"model": NaN}'):
        answer = await chat.http.post(PATH, content=body, headers=headers)
        assert answer.status_code == 400, body[:20]
        assert answer.json()["error"]["type"] == "invalid_request_error"
        assert answer.headers["x-request-id"].startswith("req_")


async def test_a_body_that_is_too_large_is_refused(chat: Chat) -> None:
    answer = await chat.post(chat.body("x", "y" * (32 * 1024 * 1024)))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "request_too_large"


async def test_a_bad_marker_is_refused_in_this_apis_shape(chat: Chat) -> None:
    error = await chat.refused(chat.body("[[sim: txt=1]]"))
    assert "did you mean text?" in str(error["message"])


async def test_a_model_that_is_not_there(chat: Chat) -> None:
    answer = await chat.post(chat.body("x") | {"model": "no-such-model"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


async def test_results_may_follow_their_calls_and_instructions_stand_anywhere(chat: Chat) -> None:
    developer = {"role": "developer", "content": "[[sim: echo]]"}
    messages = [developer, USER, CALLING, RESULT]
    answer = await chat.answer(chat.body("x") | {"messages": messages})
    assert answer.choices[0].message.content == "hi"
    alone = await chat.answer(chat.body("x") | {"messages": [developer]})
    assert alone.choices[0].finish_reason == "stop"
