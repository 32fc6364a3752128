"""Thinking, effort, caching and the choice of tools: taken and refused as the real API does."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from simulator.anthropic.cache import PromptCache
from simulator.speech.request import MessagesRequest, request_of
from tests.integration.simulator.talk import Talk

Body = dict[str, Any]
USER = {"role": "user", "content": "hi"}
MARKER = {"cache_control": {"type": "ephemeral"}}
LONG = {"type": "text", "text": "word " * 1_000}
GOOD: Body = {"model": "claude-haiku-5-5", "max_tokens": 9_000, "messages": [USER]}
SEARCH = {"type": "web_search_20260318", "name": "web_search"}
THOUGHT = "[[sim: thinking=4 search=x stop_reason=pause_turn times=1 key=k]]"


def of(model: str, **fields: Any) -> Body:
    return {"model": model, **fields}


REFUSED = [
    (of("claude-haiku-5-5", thinking={"type": "enabled", "budget_tokens": 2_000}), "not supported"),
    (of("claude-sonnet-5-5", thinking={"type": "disabled"}), 'Use "adaptive" or "between_tools"'),
    (of("claude-opus-5-5", thinking={"type": "disabled"}), "not supported for this model"),
    (of("claude-haiku-4-5-20251001", thinking={"type": "adaptive"}), "not supported"),
    (of("mine", thinking={"type": "enabled", "budget_tokens": 9_000}), "must be greater than"),
    (
        of("mine", thinking={"type": "enabled", "budget_tokens": 9}),
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    ),
    (of("mine", thinking={"type": "deep"}), "thinking: Input tag 'deep'"),
    (of("mine", thinking={"type": "adaptive", "budget_tokens": 2_000}), "Extra inputs"),
    (of("mine", thinking={"type": "adaptive", "display": "all"}), "'summarized' or 'omitted'"),
    (of("mine", output_config={"effort": "huge"}), "output_config.effort: Input should be 'low'"),
    (of("claude-haiku-4-5", output_config={"effort": "low"}), "does not support effort"),
    (of("claude-sonnet-4-6", output_config={"effort": "xhigh"}), "does not support effort"),
    (
        of("claude-haiku-5-5", thinking={"type": "disabled"}, output_config={"effort": "max"}),
        "requires thinking",
    ),
    (of("claude-haiku-5-5", max_tokens=128_001), "128001 > 128000, which is the maximum"),
    (of("mine", cache_control={"type": "forever"}), "cache_control.type: Input should be 'eph"),
    (of("mine", cache_control={"type": "ephemeral", "ttl": "2h"}), "cache_control.ttl"),
    (of("mine", system=[LONG | MARKER] * 4, **MARKER), "Found 5."),
    (
        of(
            "mine",
            messages=[USER, {"role": "assistant", "content": [{"type": "thinking", **MARKER}]}],
        ),
        "messages.1.content.0.thinking.cache_control: Extra inputs are not permitted",
    ),
    (of("claude-opus-5-5", tool_choice={"type": "any"}), "does not support forced tool use"),
    (of("mine", tool_choice={"type": "some"}), "tool_choice.type"),
]


@pytest.mark.parametrize(("changed", "message"), REFUSED)
async def test_what_a_model_does_not_take_is_refused(
    talk: Talk, changed: Body, message: str
) -> None:
    answer = await talk.post(GOOD | changed)
    assert answer.status_code == 400, answer.text
    assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "changed",
    [
        of("claude-haiku-5-5", thinking={"type": "disabled"}, output_config={"effort": "high"}),
        of("claude-sonnet-5-5", thinking={"type": "between_tools"}),
        of("claude-sonnet-4-6", thinking={"type": "enabled", "budget_tokens": 1_024}),
        of("claude-opus-5-5", thinking={"type": "adaptive", "display": "summarized"}),
        of("mine", output_config={"effort": "max"}, max_tokens=10**6),
        of("claude-opus-5-5", tool_choice={"type": "none"}, cache_control={"type": "ephemeral"}),
    ],
)
async def test_what_a_model_takes_is_answered(talk: Talk, changed: Body) -> None:
    answer = await talk.post(GOOD | changed)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("thinking", "words"),
    [
        ({"type": "adaptive", "display": "summarized"}, "Let me think about"),
        ({"type": "adaptive", "display": "omitted"}, ""),
        ({"type": "disabled"}, None),
    ],
)
async def test_a_thought_is_shown_as_it_is_asked_for(
    talk: Talk, thinking: Body, words: str | None
) -> None:
    system = "[[sim: thinking=4 text=done]]"
    message = (await talk.post(GOOD | {"system": system, "thinking": thinking})).json()
    thoughts = [b["thinking"] for b in message["content"] if b["type"] == "thinking"]
    assert thoughts == ([] if words is None else [words])


async def test_thinking_is_taken_back_behind_what_it_was_said_to_and_nothing_else(
    talk: Talk,
) -> None:
    first = GOOD | {"system": THOUGHT, "tools": [SEARCH]}
    content = (await talk.post(first)).json()["content"]
    assert content[0]["type"] == "thinking"
    after = first | {"messages": [USER, {"role": "assistant", "content": content}]}
    marked = [{"type": "text", "text": THOUGHT, **MARKER}]
    for same in ({}, {"system": marked, **MARKER}, {"tool_choice": {"type": "none"}}):
        answer = await talk.post(after | same)
        assert answer.status_code == 200, answer.text
    assistant = after["messages"][1]
    for other in (
        {"system": f"{THOUGHT} And hurry."},
        {"tools": [SEARCH | {"max_uses": 2}]},
        {"messages": [{"role": "user", "content": "ho"}, assistant]},
    ):
        answer = await talk.post(after | other)
        assert answer.status_code == 400
        assert "bound to a different conversation" in answer.json()["error"]["message"]
        before = await talk.post(after | other | {"model": "claude-sonnet-5"})
        assert before.status_code == 200, before.text


async def test_thinking_that_nobody_signed_is_refused(talk: Talk) -> None:
    thought = {"type": "thinking", "thinking": "x", "signature": "forged"}
    use = {"type": "server_tool_use", "id": "i", "name": "web_search", "input": {}}
    messages = [USER, {"role": "assistant", "content": [thought, use]}]
    answer = await talk.post(GOOD | {"messages": messages})
    assert answer.json()["error"]["message"].startswith("messages.1.content.0: Invalid `signature`")


async def test_without_a_choice_of_tools_none_is_used_and_no_turn_paused(talk: Talk) -> None:
    asked = {"system": "[[sim: search=x fetch stop_reason=pause_turn text=done]]"}
    message = (await talk.post(GOOD | asked | {"tool_choice": {"type": "none"}})).json()
    assert [block["type"] for block in message["content"]] == ["text"]
    assert message["stop_reason"] == "end_turn"


def request(**fields: Any) -> MessagesRequest:
    return MessagesRequest.model_validate(GOOD | fields)


def test_a_prompt_is_cached_up_to_its_markers_and_read_where_it_comes_again() -> None:
    cache = PromptCache()
    system = [LONG | MARKER]
    written = cache.use(request(system=system))
    assert (written.read, written.written_5m > 1_000) == (0, True)
    again = cache.use(request(system=system, messages=[{"role": "user", "content": "ho"}]))
    assert (again.read, again.written_5m) == (written.written_5m, 0)
    longer = cache.use(request(system=system, messages=[USER | {"content": [LONG]}], **MARKER))
    assert (longer.read, longer.written_5m > 1_000) == (written.written_5m, True)


@pytest.mark.parametrize(
    "other",
    [
        {"model": "claude-sonnet-5-5"},
        {"tools": [SEARCH]},
        {"system": [{"type": "text", "text": "other"}, LONG | MARKER]},
        {"system": [LONG | {"cache_control": None}]},
    ],
)
def test_another_prefix_is_not_read(other: Body) -> None:
    cache = PromptCache()
    cache.use(request(system=[LONG | MARKER]))
    assert cache.use(request(**{"system": [LONG | MARKER], **other})).read == 0


def test_how_the_model_thinks_belongs_to_the_messages_alone() -> None:
    cache, system = PromptCache(), [LONG | MARKER]
    first = cache.use(request(system=system, messages=[USER | {"content": [LONG]}], **MARKER))
    thinking = {"type": "disabled"}
    other = cache.use(
        request(system=system, messages=[USER | {"content": [LONG]}], thinking=thinking, **MARKER)
    )
    assert 0 < other.read < first.written_5m


def test_what_is_short_or_not_marked_or_long_ago_is_not_cached() -> None:
    seconds = count(step=301.0)
    cache = PromptCache(lambda: next(seconds))
    assert cache.use(request(system=[LONG])).written_5m == 0
    assert cache.use(request(system="hi", **MARKER)).written_5m == 0
    for _ in range(2):
        assert cache.use(request(system=[LONG | MARKER])).read == 0


def test_markers_of_an_hour_are_told_apart() -> None:
    hour = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    used = PromptCache().use(
        request(system=[LONG | hour], messages=[USER | {"content": [LONG]}], **MARKER)
    )
    assert used.written_1h > 1_000
    assert used.written_5m > 1_000


async def test_what_was_cached_is_told_in_the_usage_and_forgotten_with_the_log(talk: Talk) -> None:
    body = GOOD | {"system": [LONG | MARKER, {"type": "text", "text": "[[sim: text=done]]"}]}
    usages = [(await talk.post(body)).json()["usage"] for _ in range(2)]
    written = usages[0]["cache_creation_input_tokens"]
    assert usages[1]["cache_read_input_tokens"] == written > 1_000
    assert usages[0]["input_tokens"] < 1_000
    await talk.http.delete("/_simulator/requests")
    assert (await talk.post(body)).json()["usage"]["cache_read_input_tokens"] == 0


def test_a_request_is_read_with_all_its_demands() -> None:
    body = b'{"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "a"}]}'
    read = request_of(body)
    assert (read.thinks, read.shows_thinking, read.may_use_tools) == (True, True, True)
