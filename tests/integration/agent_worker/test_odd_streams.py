"""Streams that are not what a provider's types say: an answer, or one failed attempt by name."""

import pytest

from shared.run import facts as f
from shared.run.content import MOST_COUNT
from simulator.markers.odd import ODD
from tests.integration.agent_worker.stage import Stage, agent, chain

NONSENSE = {
    "text_count": "bad_stream",
    "null_text": "bad_stream",
    "null_delta": "bad_stream",
    "null_index": "bad_stream",
    "list_index": "bad_stream",
    "number": "bad_stream",
    "deep": "bad_stream",
    "nan": "bad_stream",
    "error": "provider_error",
}
ANSWERS = {
    "no_usage": "said",
    "huge_count": "said",
    "negative_count": "said",
    "twice": "first second",
    "unstarted": "one two",
    "cut_input": "kept",
    "halves": "a\U0001f600b",
    "lone_halves": "a\ufffdb\ufffdc\ufffd",
    "late_error": "said",
}


def test_every_odd_shape_is_tried() -> None:
    assert NONSENSE.keys() | ANSWERS.keys() == ODD.keys()


@pytest.mark.parametrize(("shape", "code"), NONSENSE.items())
async def test_nonsense_is_one_failed_attempt_of_one_call(
    stage: Stage, shape: str, code: str
) -> None:
    run = await stage.run(chain(agent("a", f"[[sim: odd={shape}]]")))
    async with stage.working():
        await run.ready("a")
        cause = await run.cause("a")
    assert (cause.code, cause.retryable) == (code, True)
    assert [fact.execution for fact in await run.facts(f.StepStarted)] == [1]
    assert len(await stage.calls()) == 1


@pytest.mark.parametrize(("shape", "text"), ANSWERS.items())
async def test_what_can_be_understood_is_an_answer_and_readers_were_told_all_of_it(
    stage: Stage, shape: str, text: str
) -> None:
    run = await stage.run(chain(agent("a", f"[[sim: odd={shape}]] [[sim: text=said]]")))
    async with stage.working():
        await run.ready("a")
        outcome = await run.outcome("a")
    assert isinstance(outcome, f.StepCompleted), outcome
    assert outcome.output == text
    assert "".join(delta.text for delta in await run.facts(f.StepDelta)) == text
    assert outcome.truncated is (shape == "cut_input")
    assert 0 <= outcome.usage.input_tokens <= MOST_COUNT
    assert shape != "huge_count" or outcome.usage.input_tokens == MOST_COUNT
    assert shape != "no_usage" or outcome.usage.total_tokens() == 0


async def test_a_turn_is_over_at_its_end_whatever_the_connection_does(stage: Stage) -> None:
    run = await stage.run(chain(agent("a", "[[sim: text=all hold]]", idle_seconds=30)))
    async with stage.working():
        await run.ready("a")
        assert await run.output("a") == "all"
    assert len(await stage.calls()) == 1


async def test_pings_are_signs_of_life_and_content_has_a_limit_of_its_own(stage: Stage) -> None:
    briefly = {"first_token_seconds": 0.5, "idle_seconds": 0.5}
    slow = "[[sim: sleep=1200ms ping=100ms text=thought]]"
    kept = await stage.run(chain(agent("a", slow, **briefly)))
    cut = await stage.run(chain(agent("a", slow, quiet_seconds=0.6, **briefly)))
    async with stage.working():
        await kept.ready("a")
        await cut.ready("a")
        assert await kept.output("a") == "thought"
        assert (await cut.cause("a")).code == "quiet_timeout"


async def test_a_redirect_is_not_followed_and_named_for_what_it_is(stage: Stage) -> None:
    marker = "[[sim: status=302 location=http://elsewhere.example/v1/messages]]"
    run = await stage.run(chain(agent("a", marker)))
    async with stage.working():
        await run.ready("a")
        cause = await run.cause("a")
    assert (cause.code, cause.retryable) == ("redirected", False)
    assert "http://elsewhere.example/v1/messages" in cause.message
