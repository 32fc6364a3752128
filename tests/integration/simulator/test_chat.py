"""The Chat Completions API as the real SDK sees it."""

import json
from collections.abc import AsyncIterator

import openai
import pytest

from simulator.http.quota import Quota
from simulator.markers.odd import ODD
from simulator.openai.dialect import duration
from tests.integration.simulator.chat import PATH, Chat, chatting, finish_of, text_of

TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


@pytest.fixture
async def chat() -> AsyncIterator[Chat]:
    async with chatting() as chat:
        yield chat


async def test_a_stream_ends_with_its_reason_its_usage_and_done(chat: Chat) -> None:
    body = chat.body(
        "[[sim: text=hello input_tokens=7 cache_read=5 output_tokens=3 thinking_tokens=1]]",
        stream=True,
        stream_options={"include_usage": True},
    )
    answer = await chat.post(body)
    *lines, done, end = answer.text.split("\n\n")
    assert (done, end) == ("data: [DONE]", "")
    role, hello, last, used = (json.loads(line.removeprefix("data: ")) for line in lines)
    assert role["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert hello["choices"][0]["delta"] == {"content": "hello"}
    assert (last["choices"][0]["finish_reason"], last["usage"]) == ("stop", None)
    assert used["choices"] == []
    assert (used["usage"]["prompt_tokens"], used["usage"]["total_tokens"]) == (12, 15)
    assert used["usage"]["prompt_tokens_details"]["cached_tokens"] == 5
    assert used["usage"]["completion_tokens_details"]["reasoning_tokens"] == 1
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"


@pytest.mark.parametrize(
    ("marker", "asks", "places"),
    [
        ("text=x", False, []),
        ("text=x", True, [-1]),
        ("text=x usage=none", True, []),
        ("text=x usage=always", False, [-1]),
    ],
)
async def test_usage_is_told_as_servers_differ(
    chat: Chat, marker: str, asks: bool, places: list[int]
) -> None:
    chunks = await chat.chunks(f"[[sim: {marker}]]", usage=asks)
    told = [at - len(chunks) for at, chunk in enumerate(chunks) if chunk.usage]
    assert told == places


async def test_usage_may_come_in_the_last_chunk_with_a_choice(chat: Chat) -> None:
    *_, last = await chat.chunks("[[sim: text=x usage=last]]")
    assert last.usage is not None
    assert last.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
async def test_thoughts_come_in_the_field_of_the_server(chat: Chat, name: str) -> None:
    marker = f"[[sim: thinking=5 text=done reasoning={name}]]"
    deltas = [chunk.choices[0].delta for chunk in await chat.chunks(marker)]
    thought = "".join(str((delta.model_extra or {}).get(name, "")) for delta in deltas)
    assert thought == "Let me think about what"
    message = (await chat.whole(marker)).choices[0].message
    assert (message.model_extra or {})[name] == thought
    assert message.content == "done"


async def test_thoughts_may_be_hidden_or_turned_off(chat: Chat) -> None:
    hidden = await chat.whole("[[sim: thinking=5 text=done reasoning=none thinking_tokens=9]]")
    assert "Let me" not in hidden.model_dump_json()
    assert hidden.usage is not None
    assert hidden.usage.completion_tokens_details is not None
    assert hidden.usage.completion_tokens_details.reasoning_tokens == 9
    off = await chat.answer(chat.body("[[sim: thinking=5 text=x]]", reasoning_effort="none"))
    assert "Let me" not in off.model_dump_json()


async def test_calls_come_in_pieces_or_whole(chat: Chat) -> None:
    marker = """tool=add,sub tool_input='[{"a": 1}, {"a": 2}]' text=x"""
    for whole, count in ((" whole_calls", 2), ("", 8)):
        chunks = await chat.chunks(f"[[sim: {marker}{whole}]]")
        parts = [c for chunk in chunks for c in chunk.choices[0].delta.tool_calls or ()]
        assert len(parts) == count
        named = {part.index: part.function.name for part in parts if part.id and part.function}
        written = {0: "", 1: ""}
        for part in parts:
            assert part.function is not None
            written[part.index] += part.function.arguments or ""
        assert (named, written) == ({0: "add", 1: "sub"}, {0: '{"a": 1}', 1: '{"a": 2}'})
        assert finish_of(chunks) == "tool_calls"


async def test_one_call_at_once_if_asked_so(chat: Chat) -> None:
    body = chat.body("[[sim: tool=a,b]]", tools=[TOOL], parallel_tool_calls=False)
    assert len((await chat.answer(body)).choices[0].message.tool_calls or ()) == 1
    none = chat.body("[[sim: tool=a,b]]", tools=[TOOL], tool_choice="none")
    assert (await chat.answer(none)).choices[0].message.tool_calls is None


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        ("stop_reason=max_tokens", "length"),
        ("stop_reason=content_filter", "content_filter"),
        ("stop_reason=end_turn", "stop"),
    ],
)
async def test_the_finish_reason_is_this_apis(chat: Chat, marker: str, reason: str) -> None:
    assert finish_of(await chat.chunks(f"[[sim: text=x {marker}]]")) == reason


async def test_a_refusal_is_a_field_of_its_own(chat: Chat) -> None:
    chunks = await chat.chunks("[[sim: stop_reason=refusal empty]]")
    refusal = "".join(chunk.choices[0].delta.refusal or "" for chunk in chunks)
    assert refusal == "This request was declined by the simulated safety policy."
    message = (await chat.whole("[[sim: stop_reason=refusal empty]]")).choices[0].message
    assert (message.content, message.refusal) == (None, refusal)


@pytest.mark.parametrize(
    ("marker", "error", "code"),
    [
        ("status=401", openai.AuthenticationError, "invalid_api_key"),
        ("status=403", openai.PermissionDeniedError, "unsupported_country_region_territory"),
        ("status=404", openai.NotFoundError, "model_not_found"),
        ("status=429", openai.RateLimitError, "rate_limit_exceeded"),
        ("status=429 code=insufficient_quota", openai.RateLimitError, "insufficient_quota"),
        ("status=400 code=context_length_exceeded param=messages", openai.BadRequestError,
         "context_length_exceeded"),
        ("status=500", openai.InternalServerError, None),
        ("status=503", openai.InternalServerError, "server_overloaded"),
    ],
)  # fmt: skip
async def test_a_status_is_an_error_of_this_api(
    chat: Chat, marker: str, error: type[openai.APIStatusError], code: str | None
) -> None:
    for call in (chat.chunks, chat.whole):
        with pytest.raises(error) as raised:
            await call(f"[[sim: {marker} retry_after_ms=5]]")
        assert raised.value.code == code
        assert raised.value.request_id == (await chat.log())[-1]["request_id"]
        assert raised.value.response.headers["retry-after-ms"] == "5"


async def test_an_error_in_the_middle_of_a_stream_is_a_data_line(chat: Chat) -> None:
    with pytest.raises(openai.APIError, match="Overloaded"):
        await chat.chunks("[[sim: chunks=9 error after=2]]")
    assert (await chat.log())[-1]["outcome"] == "error"


@pytest.mark.parametrize("marker", ["cut", "cut=reset", "cut=before"])
async def test_a_cut_connection_is_a_connection_error(chat: Chat, marker: str) -> None:
    with pytest.raises(openai.APIConnectionError):
        await chat.chunks(f"[[sim: chunks=9 {marker}]]")


async def test_a_stream_may_end_early_or_without_done(chat: Chat) -> None:
    early = await chat.chunks("[[sim: text=abcdef chunk=1 end after=2]]")
    assert (text_of(early), finish_of(early)) == ("ab", None)
    bare = await chat.post(chat.body("[[sim: text=x end=no_stop]]", stream=True))
    assert '"finish_reason":"stop"' in bare.text
    assert "[DONE]" not in bare.text


async def test_comments_fill_a_silence(chat: Chat) -> None:
    body = chat.body("[[sim: sleep=300ms ping=50ms text=x]]", stream=True)
    assert b"\n\n: OPENROUTER PROCESSING\n\n" in (await chat.post(body)).content


@pytest.mark.parametrize("name", ODD)
async def test_every_odd_stream_is_sent(chat: Chat, name: str) -> None:
    answer = await chat.post(chat.body(f"[[sim: text=x odd={name}]]", stream=True))
    assert answer.status_code == 200
    assert answer.content.startswith(b"data: ")
    assert [entry["outcome"] for entry in await chat.log()] == ["completed"]


async def test_the_log_names_the_dialect_and_what_was_asked(chat: Chat) -> None:
    await chat.answer(chat.body("x [[sim: text=y]]", max_completion_tokens=5))
    (entry,) = await chat.log()
    assert (entry["dialect"], entry["max_completion_tokens"]) == ("openai", 5)
    assert (entry["model"], entry["outcome"]) == ("llama3.3", "completed")
    assert entry["key_fingerprint"] is not None


async def test_a_quota_is_told_in_this_apis_headers() -> None:
    async with chatting(Quota(requests=1, seconds=600)) as chat:
        body = chat.body("[[sim: text=x]]")
        taken, refused = await chat.post(body), await chat.post(body)
        assert taken.headers["x-ratelimit-limit-requests"] == "1"
        assert taken.headers["x-ratelimit-remaining-requests"] == "0"
        assert "m" in taken.headers["x-ratelimit-reset-requests"]
        assert refused.status_code == 429
        assert refused.json()["error"]["code"] == "rate_limit_exceeded"
        assert 0 < int(refused.headers["retry-after-ms"]) <= 600_000


def test_durations_are_written_as_this_api_does() -> None:
    assert [duration(s) for s in (0.02, 1.5, 59, 360)] == ["20ms", "1.5s", "59s", "6m0s"]


async def test_models_are_listed_in_the_api_of_the_keys_header(chat: Chat) -> None:
    names = [model.id for model in (await chat.sdk.models.list()).data]
    assert "gpt-5" in names
    assert (await chat.sdk.models.retrieve("gpt-5")).object == "model"
    with pytest.raises(openai.NotFoundError) as raised:
        await chat.sdk.models.retrieve("nothing")
    assert raised.value.code == "model_not_found"
    other = await chat.http.get("/v1/models", headers={"x-api-key": "sim"})
    assert other.json()["data"][0]["id"].startswith("claude-")


async def test_keys_are_looked_at(chat: Chat) -> None:
    assert (await chat.http.post(PATH, json={})).status_code == 401
    refused = await chat.post(chat.body("x"), key="refused-key")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")
