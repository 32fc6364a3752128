"""What follows a failure of an agent that may ask several models: retries and fallbacks as laws."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.run import facts as f
from shared.run.content import Cause
from shared.run.fallback import FALLBACK_CODES
from shared.run.wire import decode, encode
from tests.unit.flow.drawing import agent, drawing
from tests.unit.run.tale import BROKEN, BUSY, LIMITED, Tale

FIRST, SECOND, THIRD = "claude-haiku-5-5", "openai/gpt-4.1", "vllm/meta/llama"
REFUSED = Cause(code="refusal", message="no")
UNKNOWN = Cause(code="model_not_found", message="there is none")


def tale_of(*fallbacks: str, tries: int = 2, **data: Any) -> Tale:
    """An agent that is ready."""
    node = agent("a", model=FIRST, fallbacks=list(fallbacks), retry={"max_attempts": tries}, **data)
    tale = Tale(drawing([node]))
    tale.settle()
    return tale


def ready(tale: Tale) -> tuple[str | None, int]:
    """The model that the latest attempt asks, and the how-manieth try of it this is."""
    attempt = tale.state.step(0).attempt
    fact = tale.said(f.StepReady, f"step.0.{attempt}.ready.default.shared")
    return fact.model, fact.tries


def test_an_agent_without_fallbacks_has_the_facts_it_always_had() -> None:
    tale = tale_of()
    fact = tale.said(f.StepReady, "step.0.1.ready.default.shared")
    assert (fact.version, fact.model, fact.try_of_model) == (1, None, None)
    assert tale.fail("a", UNKNOWN) == ["stopping", "finished"]


@pytest.mark.parametrize(
    ("error", "is_on_refusal", "follows"),
    [
        (BUSY, False, "retry"),
        (LIMITED, False, "retry"),
        (UNKNOWN, False, "fallback"),
        (REFUSED, False, "end"),
        (REFUSED, True, "fallback"),
        (BROKEN, True, "end"),
        (Cause(code="authentication", message="no"), True, "end"),
        (Cause(code="step_timeout", message="slow", retryable=True), True, "retry"),
        (Cause(code="unknown_provider", message="no"), False, "fallback"),
    ],
)
def test_what_follows_the_first_failure_of_the_first_model(
    error: Cause, is_on_refusal: bool, follows: str
) -> None:
    tale = tale_of(SECOND, fallback_on_refusal=is_on_refusal)
    told = tale.fail("a", error)
    expected = {
        "retry": ["step.0.1.retry"],
        "fallback": ["step.0.2.ready.default.shared"],
        "end": ["stopping", "finished"],
    }
    assert told == expected[follows]


@pytest.mark.parametrize("code", sorted(FALLBACK_CODES))
@pytest.mark.parametrize("is_retryable", [True, False])
def test_each_code_of_a_model_that_is_not_to_be_had_leads_to_the_next_once_tries_are_used_up(
    code: str, is_retryable: bool
) -> None:
    tale = tale_of(SECOND, tries=2)
    error = Cause(code=code, message="x", retryable=is_retryable)
    if is_retryable:
        assert tale.fail("a", error) == ["step.0.1.retry"]
        tale.due("a", "retry")
        assert ready(tale) == (FIRST, 2)
    tale.fail("a", error)
    assert ready(tale) == (SECOND, 1)


def test_tries_are_counted_for_each_model_by_itself() -> None:
    tale = tale_of(SECOND, THIRD, tries=2)
    asked = [ready(tale)]
    while not tale.state.ended:
        told = tale.fail("a", BUSY)
        if told == [f"step.0.{tale.state.step(0).attempt}.retry"]:
            tale.due("a", "retry")
        if not tale.state.ended:
            asked.append(ready(tale))
    assert asked == [(model, n) for model in (FIRST, SECOND, THIRD) for n in (1, 2)]
    assert tale.state.failures == 1


def test_a_limit_whose_end_is_told_is_not_waited_for_where_another_model_may_be_asked() -> None:
    tale = tale_of(SECOND)
    tale.hand_back("a")
    assert ready(tale) == (SECOND, 1)
    # The last of a chain waits, however often.
    for _ in range(3):
        attempt = tale.state.step(0).attempt
        assert tale.hand_back("a") == [f"step.0.{attempt}.retry"]
        tale.due("a", "retry")
        assert ready(tale) == (SECOND, 1)
    tale.fail("a", BUSY)
    tale.due("a", "retry")
    assert ready(tale) == (SECOND, 2)
    assert tale.fail("a", BUSY) == ["stopping", "finished"]


def test_a_model_that_took_over_may_answer() -> None:
    tale = tale_of(SECOND)
    tale.fail("a", UNKNOWN)
    assert tale.complete("a") == ["finished"]
    assert isinstance(tale.state.ended, f.RunCompleted)


def test_a_run_that_stops_asks_no_other_model() -> None:
    tale = tale_of(SECOND)
    tale.start("a")
    tale.cancel()
    assert tale.fail("a", UNKNOWN) == ["finished"]


@given(
    st.lists(
        st.sampled_from([BUSY, LIMITED, UNKNOWN, REFUSED, BROKEN, "limit", "release"]), max_size=30
    ),
    st.integers(0, 3),
    st.integers(1, 4),
    st.booleans(),
)
def test_a_chain_only_goes_forward_and_ends(
    errors: list[Any], fallbacks: int, tries: int, on_refusal: bool
) -> None:
    chain = [FIRST, SECOND, THIRD, "openai/gpt-5"][: fallbacks + 1]
    tale = tale_of(*chain[1:], tries=tries, fallback_on_refusal=on_refusal)
    seen: list[tuple[str | None, int]] = [ready(tale)]
    for error in errors:
        attempt = tale.state.step(0).attempt
        if error == "release":
            tale.start("a")
            tale.release("a")
            continue
        told = tale.hand_back("a") if error == "limit" else tale.fail("a", error)
        if told == [f"step.0.{attempt}.retry"]:
            tale.due("a", "retry")
        if tale.state.ended:
            break
        seen.append(ready(tale))
    if fallbacks:
        places = [chain.index(str(model)) for model, _ in seen]
        assert places == sorted(places)
        assert all(count <= tries for _, count in seen)
        assert len(set(seen)) <= len(chain) * tries
    else:
        assert {model for model, _ in seen} == {None}


def test_who_does_not_know_of_chains_does_not_know_the_fact() -> None:
    tale = tale_of(SECOND)
    fact = tale.said(f.StepReady, "step.0.1.ready.default.shared")
    data = encode(fact, "")
    assert decode(data) == fact
    assert b'"version":2' in data
    assert b'"try":1' in data
    with pytest.raises(ValidationError):
        f.StepReady(**tale.at("a"), kind="agent", pool="p", model=FIRST, try_of_model=1)
    with pytest.raises(ValidationError):
        f.StepReady(**tale.at("a"), kind="agent", pool="p", version=2)
