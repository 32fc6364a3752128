"""What is asked of the provider, of each setting in its form."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from services.agent_worker.providers.anthropic.request import parameters_of
from services.agent_worker.providers.provider import Request, Said, ToolAnswer, ToolSpec
from shared.flow import AgentWork, ThinkingBudget
from shared.models import capabilities, named

AT = datetime(2026, 11, 20, tzinfo=UTC)
MARKER = {"type": "ephemeral"}
SAID = json.dumps([{"type": "text", "text": "So far"}])


def asked(
    work: AgentWork,
    model: str = "claude-haiku-5-5",
    system: str = "Help.",
    said: tuple[str, ...] = (),
) -> dict[str, Any]:
    request = Request(
        asked=named(model),
        max_tokens=9_000,
        system=system,
        prompt="Hi",
        work=work,
        said=[Said(content) for content in said],
    )
    return cast("dict[str, Any]", parameters_of(request, capabilities(model, AT)))


def test_a_flow_stored_before_settings_were_known_asks_for_none() -> None:
    assert asked(AgentWork(), system="x" * 100_000, said=(SAID,)).keys() == {
        "model",
        "max_tokens",
        "messages",
        "stream",
        "system",
    }


@pytest.mark.parametrize(
    ("thinking", "model", "sent"),
    [
        ("adaptive", "claude-haiku-5-5", {"type": "adaptive", "display": "summarized"}),
        ("adaptive", "mine", {"type": "adaptive", "display": "summarized"}),
        ("off", "claude-haiku-5-5", {"type": "disabled"}),
        ("off", "claude-sonnet-5-5", {"type": "between_tools"}),
        ("off", "claude-haiku-4-5-20251001", {"type": "disabled"}),
        ("off", "mine", {"type": "disabled"}),
        (
            ThinkingBudget(budget_tokens=2_048),
            "claude-haiku-4-5",
            {"type": "enabled", "budget_tokens": 2_048, "display": "summarized"},
        ),
    ],
)
def test_thinking_is_asked_for_in_the_model_s_way_and_shown_in_words(
    thinking: Any, model: str, sent: dict[str, object]
) -> None:
    assert asked(AgentWork(thinking=thinking), model)["thinking"] == sent


def test_effort_is_part_of_what_is_asked_of_the_output() -> None:
    assert asked(AgentWork(effort="xhigh"))["output_config"] == {"effort": "xhigh"}


@pytest.mark.parametrize(
    ("model", "tokens", "is_marked"),
    [
        ("claude-haiku-5-5", 511, False),
        ("claude-haiku-5-5", 512, True),
        ("claude-haiku-4-5", 4_095, False),
        ("claude-haiku-4-5", 4_096, True),
        ("mine", 4_095, False),
        ("mine", 4_096, True),
    ],
)
def test_a_prefix_is_marked_from_the_model_s_least_length_on(
    model: str, tokens: int, is_marked: bool
) -> None:
    system = "word" * tokens
    sent = asked(AgentWork(cache="auto"), model, system)["system"]
    marked = [{"type": "text", "text": system, "cache_control": MARKER}]
    assert sent == (marked if is_marked else system)
    assert asked(AgentWork(cache="off"), model, system)["system"] == system


def test_tools_without_a_system_prompt_are_marked_at_their_end() -> None:
    domains = tuple(f"{n}.example.org" for n in range(200))
    work = AgentWork(cache="auto", tools=("web_search", "web_fetch"), allowed_domains=domains)
    search, fetch = asked(work, system="")["tools"]
    assert ("cache_control" in search, fetch["cache_control"]) == (False, MARKER)


def test_messages_are_marked_from_the_second_turn_on() -> None:
    work = AgentWork(cache="auto")
    assert "cache_control" not in asked(work)
    assert asked(work, said=(SAID,))["cache_control"] == MARKER
    assert "cache_control" not in asked(AgentWork(cache="off"), said=(SAID,))


def test_what_stands_before_the_messages_is_the_same_in_every_turn() -> None:
    work = AgentWork(cache="auto", thinking="adaptive", tools=("web_search",), max_uses=1)
    system = "word" * 600
    uses = [
        {"type": "server_tool_use", "id": "i", "name": "web_search", "input": {}},
        {"type": "web_search_tool_result", "tool_use_id": "i", "content": []},
    ]
    first, second = asked(work, system=system), asked(work, system=system, said=(json.dumps(uses),))
    assert {key: first[key] for key in ("system", "tools", "thinking")} == {
        key: second[key] for key in ("system", "tools", "thinking")
    }
    assert second["messages"][: len(first["messages"])] == first["messages"]
    assert ("tool_choice" in first, second["tool_choice"]) == (False, {"type": "none"})


def test_a_schema_is_asked_for_of_a_model_that_takes_one_as_far_as_it_does() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 3}},
    }
    work = AgentWork(output_schema=schema, effort="low")
    assert asked(work)["output_config"] == {"effort": "low"}
    known = capabilities("claude-haiku-5-5", AT)
    assert known is not None
    request = Request(
        asked=named("claude-haiku-5-5"), max_tokens=9, system="", prompt="Hi", work=work
    )
    found = parameters_of(request, known.model_copy(update={"structured_output": True}))
    config: Any = found["output_config"]
    assert (config["effort"], config["format"]["type"]) == ("low", "json_schema")
    sent = config["format"]["schema"]
    assert sent["additionalProperties"] is False
    assert "minimum" not in sent["properties"]["n"]


def test_what_is_passed_on_is_what_the_provider_has() -> None:
    work = AgentWork(service_tier="standard_only", metadata={"user_id": "u-1", "team": "a"})
    found = asked(work)
    assert (found["service_tier"], found["metadata"]) == ("standard_only", {"user_id": "u-1"})
    assert "metadata" not in asked(AgentWork(metadata={"team": "a"}))


def test_results_of_tools_stand_behind_the_turn_before_anything_else() -> None:
    use = [{"type": "tool_use", "id": "t1", "name": "look", "input": {}}]
    answers = (ToolAnswer("t1", "found"), ToolAnswer("t2", "no such tool", is_error=True))
    request = Request(
        asked=named("claude-haiku-5-5"),
        max_tokens=9_000,
        system="",
        prompt="Hi",
        work=AgentWork(),
        said=[Said(json.dumps(use), "Answer again.", answers)],
        tools=[ToolSpec("look", "Looks.", {"type": "object"})],
    )
    found = cast("dict[str, Any]", parameters_of(request, None))
    assert found["tools"] == [
        {"name": "look", "description": "Looks.", "input_schema": {"type": "object"}}
    ]
    assert found["messages"][2]["content"] == [
        {"type": "tool_result", "tool_use_id": "t1", "content": "found"},
        {"type": "tool_result", "tool_use_id": "t2", "content": "no such tool", "is_error": True},
        {"type": "text", "text": "Answer again."},
    ]
