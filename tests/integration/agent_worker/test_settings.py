"""What an agent's settings send over the wire, through the real SDK, and what comes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import pytest

from shared.flow import JSON, Models, with_defaults
from shared.models import capabilities
from shared.run import facts as f
from tests.integration.agent_worker.stage import Json, Run, Stage, agent, chain

MODELS = partial(capabilities, at=datetime(2026, 11, 20, tzinfo=UTC))
DEFAULT = "claude-haiku-5-5"
SHOWN = {"type": "adaptive", "display": "summarized"}
MARKER = {"type": "ephemeral"}


def whole(marker: str, **data: Any) -> Json:
    """A flow of one agent as the api stores it."""
    return stored(chain(agent("a", marker, **data)), MODELS)


def stored(drawn: Json, models: Models) -> Json:
    raw = with_defaults(cast("JSON", drawn), models, DEFAULT)
    assert isinstance(raw, dict)
    return dict(raw)


async def done(stage: Stage, run: Run) -> f.StepFinished:
    async with stage.working():
        await run.ready("a")
        return await run.outcome("a")


async def test_the_defaults_reach_the_model_and_readers_have_the_words_of_its_thinking(
    stage: Stage,
) -> None:
    run = await stage.run(whole("[[sim: thinking=9 text=done rate=0]]"))
    assert isinstance(await done(stage, run), f.StepCompleted)
    [call] = await stage.calls()
    assert (call["model"], call["max_tokens"], call["thinking"]) == (DEFAULT, 32_000, SHOWN)
    assert (call["output_config"], call["cache_control"]) == (None, None)
    assert len("".join(t.text for t in await run.facts(f.StepThinking)).split()) == 9


@pytest.mark.parametrize(
    ("data", "sent"),
    [
        ({"effort": "xhigh"}, {"output_config": {"effort": "xhigh"}, "thinking": SHOWN}),
        ({"thinking": "off", "effort": "high"}, {"thinking": {"type": "disabled"}}),
        (
            {"thinking": "off", "model": "claude-sonnet-5-5"},
            {"thinking": {"type": "between_tools"}},
        ),
        ({"model": "claude-haiku-4-5"}, {"thinking": None, "max_tokens": 32_000}),
        ({"model": "a-model-of-mine"}, {"thinking": None, "max_tokens": 8_192}),
        (
            {"model": "claude-sonnet-4-6", "thinking": {"budget_tokens": 4_096}},
            {"thinking": {"type": "enabled", "budget_tokens": 4_096, "display": "summarized"}},
        ),
    ],
)
async def test_a_setting_is_sent_as_the_model_takes_it(
    stage: Stage, data: dict[str, Any], sent: dict[str, object]
) -> None:
    run = await stage.run(whole("[[sim: text=done rate=0]]", **data))
    assert isinstance(await done(stage, run), f.StepCompleted)
    [call] = await stage.calls()
    assert {key: call[key] for key in sent} == sent


async def test_what_an_unknown_model_refuses_fails_the_step_and_says_why(stage: Stage) -> None:
    # To the catalogue of that day this model is unknown; to the provider it is not.
    models = partial(capabilities, at=datetime(2026, 9, 1, tzinfo=UTC))
    raw = chain(agent("a", "Help.", model="claude-sonnet-5-5", thinking="off", effort="max"))
    run = await stage.run(stored(raw, models))
    outcome = await done(stage, run)
    assert isinstance(outcome, f.StepFailed)
    assert outcome.error.code == "invalid_request"
    assert "requires thinking" in outcome.error.message


async def test_a_flow_stored_before_settings_were_known_is_asked_as_before(stage: Stage) -> None:
    marker = "[[sim: text=done rate=0]]" + " word" * 3_000
    run = await stage.run(chain(agent("a", marker, thinking="yes", effort=["odd"])), stored=True)
    assert isinstance(await done(stage, run), f.StepCompleted)
    [call] = await stage.calls()
    asked = ("thinking", "output_config", "cache_control", "max_tokens", "system")
    assert [call[key] for key in asked] == [None, None, None, 8_192, marker]


async def test_a_long_prefix_is_read_from_the_cache_by_the_next_run(stage: Stage) -> None:
    raw = whole("[[sim: text=done rate=0]]" + " word" * 3_000)
    usages = []
    for _ in range(2):
        outcome = await done(stage, await stage.run(raw))
        assert isinstance(outcome, f.StepCompleted)
        usages.append(outcome.usage)
    first, second = usages
    assert (first.cache_read_tokens, second.cache_creation_5m_tokens) == (0, 0)
    assert first.cache_creation_5m_tokens == second.cache_read_tokens > 3_000
    for call in await stage.calls():
        assert isinstance(system := call["system"], list)
        assert (len(system), system[0]["cache_control"]) == (1, MARKER)
        assert call["cache_control"] is None


async def test_a_conversation_reads_its_beginning_from_the_cache(stage: Stage) -> None:
    marker = (
        "[[sim: thinking=9 search=x stop_reason=pause_turn times=3 key=k]] [[sim: text=z rate=0]]"
    )
    run = await stage.run(whole(marker + " word" * 3_000, tools=["web_search"]), input="a " * 900)
    assert isinstance(outcome := await done(stage, run), f.StepCompleted)
    calls = await stage.calls()
    assert [call["cache_control"] for call in calls] == [None, MARKER, MARKER, MARKER]
    turns = await run.facts(f.StepTurn)
    read = [turn.usage.cache_read_tokens for turn in turns]
    written = [turn.usage.cache_creation_5m_tokens for turn in turns]
    # The system prompt is written by the first turn, the messages by the second.
    assert (read[0], read[1]) == (0, written[0])
    assert read[2] == read[1] + written[1]
    assert read[3] == read[2] + written[2] > read[2] > read[1] > 3_000
    assert outcome.usage.cache_read_tokens == sum(read)


async def test_nothing_is_marked_for_the_cache_where_it_is_off(stage: Stage) -> None:
    marker = "[[sim: search=x stop_reason=pause_turn times=1 key=k]] [[sim: text=z rate=0]]"
    raw = whole(marker + " word" * 3_000, tools=["web_search"], cache="off")
    outcome = await done(stage, await stage.run(raw))
    assert isinstance(outcome, f.StepCompleted)
    assert outcome.usage.cache_creation_5m_tokens == 0
    assert "ephemeral" not in str(await stage.calls())


async def test_thinking_stays_valid_over_turns_and_tools_end_once_one_is_used_up(
    stage: Stage,
) -> None:
    marker = "[[sim: thinking=9 search=x stop_reason=pause_turn]] [[sim: text=done rate=0]]"
    node = whole(marker, tools=["web_search", "web_fetch"], max_uses=3)
    outcome = await done(stage, await stage.run(node))
    assert isinstance(outcome, f.StepCompleted), outcome
    calls = await stage.calls()
    assert [call["tool_choice"] for call in calls] == [None, None, None, {"type": "none"}]
    assert all(call["tools"] == calls[0]["tools"] for call in calls)
    assert "signature" in str(calls[1]["messages"])
    assert outcome.usage.web_search_requests == 3
