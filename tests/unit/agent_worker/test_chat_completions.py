"""Chat Completions as servers really answer them: OpenAI, Azure, vLLM, Ollama, OpenRouter."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.agent_worker.providers.border import BadStream
from services.agent_worker.providers.openai.reading import Reading
from services.agent_worker.providers.provider import (
    SIGN,
    Begun,
    Ended,
    Event,
    Opened,
    Text,
    Thought,
    ToolInput,
    Used,
)
from services.agent_worker.providers.transport import ErrorEvent
from shared.errors import AttemptFailed
from shared.run.content import Usage

REQUEST = httpx2.Request("POST", "http://model/v1/chat/completions")
USAGE = {
    "prompt_tokens": 20,
    "completion_tokens": 7,
    "prompt_tokens_details": {"cached_tokens": 12},
    "completion_tokens_details": {"reasoning_tokens": 3},
}


def chunk(delta: Any = None, reason: Any = None, **more: Any) -> dict[str, Any]:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
    return {"id": "c", "model": "m-2026", "choices": choices, **more}


def body(*chunks: Any, done: bool = True) -> bytes:
    lines = [c if isinstance(c, bytes) else f"data: {json.dumps(c)}\n\n".encode() for c in chunks]
    return b"".join(lines) + (b"data: [DONE]\n\n" if done else b"")


def read(data: bytes, size: int = 7) -> tuple[Reading, list[Event]]:
    """All that is read of a whole body that comes in pieces, its ending too."""
    reading, events = Reading(), list[Event]()
    for at in range(0, len(data), size):
        events += reading.take(data[at : at + size])
        if reading.failure is not None or reading.has_ended:
            break
    if reading.failure is None and reading.stop_reason is not None:
        events += reading.ending()
    return reading, events


def ended(events: list[Event]) -> Ended:
    last = events[-1]
    assert isinstance(last, Ended)
    return last


def text_of(events: list[Event]) -> str:
    return "".join(each.text for each in events if isinstance(each, Text))


def test_words_a_reason_and_usage_are_told_and_the_message_is_kept() -> None:
    whole = body(chunk({"role": "assistant", "content": ""}), chunk({"content": "Good "}),
                 chunk({"content": "morning"}), chunk({}, "stop"), chunk(usage=USAGE))  # fmt: skip
    _, events = read(whole)
    assert events[0] == Begun("m-2026")
    assert text_of(events) == "Good morning"
    assert Opened("writing") in events
    used = Usage(input_tokens=8, output_tokens=7, thinking_tokens=3, cache_read_tokens=12)
    assert Used(used) in events
    assert ended(events) == Ended("end_turn", None, '{"role":"assistant","content":"Good morning"}')


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
def test_reasoning_is_thinking_under_either_name_and_is_not_sent_back(key: str) -> None:
    _, events = read(body(chunk({key: "Hm. "}), chunk({key: "So."}), chunk({"content": "Yes"}),
                          chunk({}, "stop")))  # fmt: skip
    assert [each.text for each in events if isinstance(each, Thought)] == ["Hm. ", "So."]
    phases = [each.phase for each in events if isinstance(each, Opened)]
    assert phases == ["thinking", "writing"]
    assert "Hm" not in ended(events).content


def test_reasoning_under_both_names_is_told_once() -> None:
    both = {"reasoning_content": "Hm.", "reasoning": "Hm."}
    _, events = read(body(chunk(both), chunk({"content": "Yes"}, "stop")))
    assert [each.text for each in events if isinstance(each, Thought)] == ["Hm."]


@pytest.mark.parametrize(
    ("reason", "ours"),
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("content_filter", "refusal"),
        ("tool_calls", "tool_use"),
        ("eos_of_tomorrow", "eos_of_tomorrow"),
    ],
)
def test_why_it_ended_is_said_in_the_words_of_turns(reason: str, ours: str) -> None:
    _, events = read(body(chunk({"content": "x"}), chunk({}, reason)))
    assert ended(events).stop_reason == ours


def test_a_refusal_in_words_is_one_though_the_reason_is_stop() -> None:
    _, events = read(body(chunk({"refusal": "I cannot "}), chunk({"refusal": "do that."}),
                          chunk({}, "stop")))  # fmt: skip
    assert ended(events)[:2] == ("refusal", "I cannot do that.")


def test_calls_of_tools_come_in_pieces_of_several_at_once_and_are_sent_back_whole() -> None:
    def piece(index: int, **more: Any) -> dict[str, Any]:
        return chunk({"tool_calls": [{"index": index, **more}]})

    _, events = read(body(
        piece(0, id="a", type="function", function={"name": "add", "arguments": '{"x"'}),
        piece(1, id="b", type="function", function={"name": "sub", "arguments": ""}),
        piece(0, function={"arguments": ":1}"}),
        chunk({}, "tool_calls"),
    ))  # fmt: skip
    assert sum(each.size for each in events if isinstance(each, ToolInput)) == len('{"x":1}')
    message = json.loads(ended(events).content)
    assert [(c["id"], c["function"]) for c in message["tool_calls"]] == [
        ("a", {"name": "add", "arguments": '{"x":1}'}),
        ("b", {"name": "sub", "arguments": "{}"}),
    ]


def test_arguments_that_are_cut_off_are_no_turn_to_go_on_from() -> None:
    call = {"index": 0, "id": "a", "function": {"name": "add", "arguments": '{"x'}}
    reading = Reading()
    reading.take(body(chunk({"tool_calls": [call]}), chunk({}, "tool_calls")))
    with pytest.raises(BadStream):
        reading.ending()


def test_what_servers_do_besides_disturbs_nobody() -> None:
    whole = body(
        b": OPENROUTER PROCESSING\n\n",
        {"choices": [], "prompt_filter_results": []},  # Azure's first
        chunk({"role": "assistant", "content": None}, usage={**USAGE, "completion_tokens": 0}),
        {**chunk({"content": "Hi"}), "usage": None},
        {"choices": [{"index": 1, "delta": {"content": "another choice"}}]},
        chunk({"content": "", "tool_calls": None}, "stop"),
        done=False,
    )
    reading, events = read(whole)
    assert text_of(events) == "Hi"
    assert [each for each in events if isinstance(each, Begun)] == [Begun(""), Begun("m-2026")]
    assert not reading.has_ended
    assert reading.stop_reason == "end_turn"
    assert SIGN in events


@pytest.mark.parametrize(
    "broken",
    [
        {"choices": {}},
        {"choices": ["x"]},
        chunk({"tool_calls": "x"}),
        chunk({"tool_calls": [{"index": "0"}]}),
        chunk({"content": ["x"]}),
        chunk({"content": "x"}, usage={"prompt_tokens": "many"}),
        chunk({"content": "x"}, usage=[]),
        b"data: {\n\n",
        b"data: []\n\n",
    ],
)
def test_what_is_not_the_protocol_is_a_bad_stream(broken: Any) -> None:
    reading, _ = read(body(broken))
    assert isinstance(reading.failure, AttemptFailed)
    assert reading.failure.code == "bad_stream"


@pytest.mark.parametrize("said", [{"message": "Overloaded", "code": 503}, "it broke"])
def test_an_error_in_the_stream_breaks_it_off(said: Any) -> None:
    reading, events = read(body(chunk({"content": "Hi"}), {"error": said}))
    assert text_of(events) == "Hi"
    assert isinstance(reading.failure, ErrorEvent)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["choices", "delta", "content", "index", "usage", "error", "model",
                             "tool_calls", "function", "arguments", "finish_reason", "refusal",
                             "prompt_tokens", "reasoning"]),
            inner,
            max_size=4,
        ),
        max_leaves=12,
    )
)  # fmt: skip
def test_whatever_comes_is_read_or_refused(value: Any) -> None:
    whole = body({"choices": [value]}, {"choices": [{"delta": value, "index": 0}]}, value)
    reading, _ = read(whole, size=4096)
    assert reading.failure is None or isinstance(reading.failure, AttemptFailed | ErrorEvent)
