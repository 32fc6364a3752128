"""Chat Completions, the simulator's second dialect, as the real SDK reads it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

from tests.integration.simulator.talk import Talk
from tests.integration.simulator.talk import text_of as words_of

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


@pytest.fixture
async def sdk(talk: Talk) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(api_key="sim", base_url=f"{talk.url}/v1", max_retries=0) as client:
        yield client


def said(system: str, user: str = "hi") -> list[ChatCompletionMessageParam]:
    return [
        {"role": "system", "content": f"{system} [[sim: rate=0]]"},
        {"role": "user", "content": user},
    ]


async def chunks(
    sdk: AsyncOpenAI, messages: list[ChatCompletionMessageParam], **more: Any
) -> list[ChatCompletionChunk]:
    stream = await sdk.chat.completions.create(
        model="gpt-4.1", messages=messages, stream=True, **more
    )
    return [chunk async for chunk in stream]


def text_of(found: list[ChatCompletionChunk]) -> str:
    return "".join(each.choices[0].delta.content or "" for each in found if each.choices)


async def test_a_stream_has_words_a_reason_and_usage_if_it_is_asked_for(sdk: AsyncOpenAI) -> None:
    messages = said('[[sim: text="good morning to you"]]')
    found = await chunks(sdk, messages, stream_options={"include_usage": True})
    assert text_of(found) == "good morning to you"
    assert [each.choices[0].finish_reason for each in found if each.choices][-1] == "stop"
    usage = found[-1].usage
    assert usage is not None
    assert not found[-1].choices
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert [each.usage for each in await chunks(sdk, messages) if each.usage] == []


async def test_both_dialects_say_the_same_words_to_the_same_marker(
    sdk: AsyncOpenAI, talk: Talk
) -> None:
    system, user = "You are a poet. [[sim: words=12]]", "the river at night"
    one = text_of(await chunks(sdk, said(system, user)))
    assert len(one.split()) == 12
    assert one == words_of(await talk.message(system, user))


async def test_a_whole_answer_has_the_words_of_its_stream(sdk: AsyncOpenAI) -> None:
    messages = said("[[sim: words=9]]")
    whole = await sdk.chat.completions.create(model="gpt-4.1", messages=messages)
    assert len((whole.choices[0].message.content or "").split()) == 9
    assert whole.choices[0].finish_reason == "stop"
    assert whole.usage is not None


async def test_thoughts_come_as_reasoning_unless_they_are_off(sdk: AsyncOpenAI) -> None:
    messages = said("[[sim: thinking=6 words=3]]")
    found = await chunks(sdk, messages)
    thoughts = [getattr(each.choices[0].delta, "reasoning_content", None) for each in found]
    assert len("".join(filter(None, thoughts)).split()) == 6
    off = await chunks(sdk, messages, reasoning_effort="none")
    assert not any(getattr(each.choices[0].delta, "reasoning_content", None) for each in off)


async def test_a_tool_is_called_in_pieces_and_its_result_goes_on(sdk: AsyncOpenAI) -> None:
    messages = said("""[[sim: tool=weather tool_input='{"city":"Basel"}']]""")
    found = await chunks(sdk, messages, tools=[WEATHER])
    pieces = [c for each in found for c in each.choices[0].delta.tool_calls or ()]
    assert pieces[0].function is not None
    assert pieces[0].function.name == "weather"
    arguments = "".join(p.function.arguments or "" for p in pieces if p.function)
    assert arguments == '{"city":"Basel"}'
    assert found[-1].choices[0].finish_reason == "tool_calls"
    call: Any = {"id": pieces[0].id, "type": "function"}
    call["function"] = {"name": "weather", "arguments": arguments}
    asked: Any = {"role": "assistant", "content": None, "tool_calls": [call]}
    result: Any = {"role": "tool", "tool_call_id": pieces[0].id, "content": "rain"}
    answered = await chunks(sdk, [*messages, asked, result], tools=[WEATHER])
    assert answered[-1].choices[0].finish_reason == "stop"
    assert text_of(answered)


@pytest.mark.parametrize(
    ("marker", "error", "code"),
    [
        ("status=401", openai.AuthenticationError, "invalid_api_key"),
        ("status=404", openai.NotFoundError, "model_not_found"),
        ("status=429", openai.RateLimitError, "rate_limit_exceeded"),
        ("status=503 type=overloaded_error", openai.InternalServerError, "server_overloaded"),
        ("status=500", openai.InternalServerError, None),
    ],
)
async def test_an_error_that_a_marker_asks_for_has_this_api_s_shape(
    sdk: AsyncOpenAI, marker: str, error: type[openai.APIStatusError], code: str | None
) -> None:
    with pytest.raises(error) as raised:
        await chunks(sdk, said(f"[[sim: {marker}]]"))
    assert raised.value.code == code
    assert raised.value.message


async def test_an_error_in_the_middle_breaks_the_stream_off(sdk: AsyncOpenAI) -> None:
    with pytest.raises(openai.APIError, match="Overloaded"):
        await chunks(sdk, said("[[sim: words=9 error=overloaded_error after=3]]"))


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b'{"model":"m","messages":[]}',
        b'{"model":"m","messages":[{"role":"nobody","content":"x"}]}',
        b'{"model":"m","messages":[{"role":"tool","tool_call_id":"x","content":"y"}]}',
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":0}',
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":5,'
        b'"max_completion_tokens":5}',
        b'{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"c","type":"function",'
        b'"function":{"name":"f","arguments":"{"}}]},{"role":"tool","tool_call_id":"c"}]}',
    ],
)
async def test_a_request_that_does_not_fit_is_refused_in_this_api_s_shape(
    talk: Talk, body: bytes
) -> None:
    headers = {"authorization": "Bearer sim"}
    answer = await talk.http.post("/v1/chat/completions", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"


async def test_nobody_is_answered_without_a_key(talk: Talk) -> None:
    answer = await talk.http.post("/v1/chat/completions", json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
