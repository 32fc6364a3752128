import json

import pytest

from services.agent_worker.model.turn import Turn, outcome_of, turn_of
from services.agent_worker.outcome import Failure, Output
from services.agent_worker.providers.anthropic.usage import usage_after, usage_at_start
from shared.errors import Corrupt
from shared.flow.defaults import MOST_TURNS
from shared.run.content import Usage
from shared.run.facts import StepTurn


def said(text: str, stop_reason: str | None = "end_turn", detail: str | None = None) -> Turn:
    blocks = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": text}]
    return Turn(
        text=text,
        content=json.dumps(blocks),
        model="m",
        stop_reason=stop_reason,
        stop_detail=detail,
        usage=Usage(output_tokens=2),
    )


@pytest.mark.parametrize(
    ("stop_reason", "truncated"),
    [
        ("end_turn", False),
        ("stop_sequence", False),
        ("max_tokens", True),
        ("model_context_window_exceeded", True),
    ],
)
def test_an_answer_that_ends_is_the_text_of_all_turns(stop_reason: str, truncated: bool) -> None:
    outcome = outcome_of([said("a", "pause_turn"), said("b", stop_reason)])
    assert outcome == Output(
        text="ab",
        usage=Usage(output_tokens=4),
        model="m",
        stop_reason=stop_reason,
        truncated=truncated,
    )


@pytest.mark.parametrize(
    ("stop_reason", "code"),
    [
        ("refusal", "refusal"),
        ("tool_use", "unexpected_tool_use"),
        ("boredom", "unknown_stop_reason"),
        (None, "unknown_stop_reason"),
    ],
)
def test_any_other_reason_to_stop_is_a_failure_for_good(stop_reason: str | None, code: str) -> None:
    outcome = outcome_of([said("a", stop_reason)])
    assert isinstance(outcome, Failure)
    assert (outcome.cause.code, outcome.cause.retryable) == (code, False)
    assert outcome.usage == Usage(output_tokens=2)


def test_a_refusal_says_why() -> None:
    outcome = outcome_of([said("", "refusal", "cyber")])
    assert isinstance(outcome, Failure)
    assert outcome.cause.message == "the model refused to answer: cyber"


def test_the_model_is_asked_while_it_pauses_but_not_for_ever() -> None:
    assert outcome_of([]) is None
    assert outcome_of([said("a", "pause_turn")] * (MOST_TURNS - 1)) is None
    outcome = outcome_of([said("a", "pause_turn")] * MOST_TURNS)
    assert isinstance(outcome, Failure)
    assert outcome.cause.code == "too_many_turns"


def test_a_turn_is_read_back_as_it_was() -> None:
    turn = said('"\n\u2028\ufffd"')
    fact = StepTurn(
        workspace="w",
        run="r",
        partition=0,
        step=0,
        node="n",
        attempt=1,
        turn=1,
        execution=1,
        model="m",
        content=turn.content,
        stop_reason=turn.stop_reason,
        usage=turn.usage,
    )
    back = turn_of(fact, None, turn.content)
    assert back.text == '"\n\u2028\ufffd"'
    assert (back.model, back.stop_reason, back.usage) == (turn.model, "end_turn", turn.usage)
    with pytest.raises(Corrupt):
        turn_of(fact, None, "{")


def test_counts_at_the_end_take_the_place_of_those_at_the_start() -> None:
    start = {
        "input_tokens": 10,
        "output_tokens": 1,
        "cache_read_input_tokens": 3,
        "cache_creation_input_tokens": 9,
        "cache_creation": {"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 4},
    }
    begun = usage_at_start(start)
    assert begun == Usage(
        input_tokens=10,
        output_tokens=1,
        cache_read_tokens=3,
        cache_creation_5m_tokens=5,
        cache_creation_1h_tokens=4,
    )
    end = {
        "output_tokens": 20,
        "input_tokens": 30,
        "cache_creation_input_tokens": 12,
        "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 1},
        "output_tokens_details": {"thinking_tokens": 7},
    }
    assert usage_after(begun, end) == Usage(
        input_tokens=30,
        output_tokens=20,
        thinking_tokens=7,
        cache_read_tokens=3,
        cache_creation_5m_tokens=8,
        cache_creation_1h_tokens=4,
        web_search_requests=2,
        web_fetch_requests=1,
    )


def test_counts_that_are_left_out_stay() -> None:
    begun = Usage(input_tokens=5, cache_creation_5m_tokens=2, cache_creation_1h_tokens=1)
    after = usage_after(begun, {"output_tokens": 4})
    assert after == begun.model_copy(update={"output_tokens": 4})
