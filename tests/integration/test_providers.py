"""One flow at two providers: the same facts but for their names; and another when one fails."""

from __future__ import annotations

from typing import Any

import pytest

from shared.run import facts as f
from shared.run.facts import Lifecycle
from simulator.http.quota import Quota
from tests.integration.agent_worker.conftest import stage as stage
from tests.integration.agent_worker.stage import Run, Stage, agent, chain
from tests.integration.test_provider_limits import World, ended, has, world_with

ANTHROPIC, OPENAI = "claude-haiku-5-5", "openai/gpt-4.1"
PLENTY = 100_000
CHAIN: dict[str, Any] = {
    "model": ANTHROPIC,
    "fallbacks": [OPENAI],
    "fallback_on_refusal": False,
}
ONCE: dict[str, Any] = {"max_attempts": 1}


async def told(run: Run) -> list[tuple[str, dict[str, Any]]]:
    """The lifecycle facts of a run, without what is the run's or the provider's own."""
    found = []
    for fact in await run.facts(f.RunFact):
        if isinstance(fact, Lifecycle) and not isinstance(fact, f.RunRequested):
            own = {"run", "partition", "worker", "provider", "model", "content", "usage"}
            found.append((fact.type, fact.model_dump(exclude=own)))
    return sorted(found, key=str)


async def asked(world: World, **data: Any) -> Run:
    """A run of one agent, once it is over."""
    says = data.pop("says", "text=ok rate=0")
    run = await world.stage.run(chain(agent("a", f"Say it. [[sim: {says}]]", **data)))
    await ended(run)
    return run


async def outcome(run: Run) -> tuple[str | None, str]:
    """The model that answered, and its words."""
    [done] = await run.facts(f.StepCompleted)
    assert isinstance(done.output, str)
    return done.model, done.output


async def test_the_same_flow_has_the_same_facts_at_both(nats_url: str) -> None:
    async with world_with(nats_url, Quota(PLENTY)) as world, world.working("w"):
        says = 'text="good morning" thinking=4 rate=0'
        first = await asked(world, model=ANTHROPIC, says=says)
        other = await asked(world, model=OPENAI, says=says)
        assert await outcome(first) == (ANTHROPIC, "good morning")
        assert await outcome(other) == (OPENAI, "good morning")
        assert await told(first) == await told(other)
        [turn] = await other.facts(f.StepTurn)
        assert (turn.provider, turn.model, turn.text) == ("openai", OPENAI, "good morning")
        assert turn.usage.input_tokens
        assert turn.usage.output_tokens
        for run in (first, other):
            thoughts = await run.facts(f.StepThinking)
            assert len("".join(each.text for each in thoughts).split()) == 4


@pytest.mark.parametrize(
    ("says", "more", "code"),
    [
        ("status=529", {"retry": ONCE}, "overloaded"),
        ("status=404", {}, "model_not_found"),
        ("stop_reason=refusal", {"fallback_on_refusal": True}, "refusal"),
        ("status=500", {"retry": ONCE}, "provider_error"),
    ],
)
async def test_another_model_takes_over_at_once(
    nats_url: str, says: str, more: dict[str, Any], code: str
) -> None:
    async with world_with(nats_url, Quota(PLENTY)) as world, world.working("w"):
        run = await asked(world, **{**CHAIN, **more}, says=f"{says} times=1 key=once")
        [failed] = await run.facts(f.StepFailed)
        assert (failed.error.code, failed.attempt) == (code, 1)
        model, text = await outcome(run)
        assert model == OPENAI
        assert text
        first, second = await run.facts(f.StepReady)
        assert (first.model, first.try_of_model) == (ANTHROPIC, 1)
        assert (second.model, second.try_of_model) == (OPENAI, 1)
        assert await run.facts(f.StepRetryScheduled) == []
        # The text of two models is never one.
        [turn] = [each for each in await run.facts(f.StepTurn) if each.attempt == 2]
        assert turn.text == text


async def test_a_limit_that_another_model_does_not_have_is_not_waited_for(nats_url: str) -> None:
    async with world_with(nats_url, Quota(requests=1, seconds=3600)) as world, world.working("w"):
        await asked(world, model=ANTHROPIC)
        run = await world.stage.run(chain(agent("a", "[[sim: rate=0]]", **CHAIN)))
        await has(run, f.StepRetryScheduled)
        models = [each.model for each in await run.facts(f.StepReady)]
        # Here both have the same key and so the same limit: the last of the chain waits.
        assert models == [ANTHROPIC, OPENAI]


async def test_a_refusal_ends_the_step_unless_it_is_said_otherwise(nats_url: str) -> None:
    async with world_with(nats_url, Quota(PLENTY)) as world, world.working("w"):
        run = await asked(world, **CHAIN, says="stop_reason=refusal times=1 key=once")
        assert isinstance(await ended(run), f.RunFailed)
        assert len(await run.facts(f.StepReady)) == 1


async def test_a_provider_that_a_worker_does_not_know_is_named(stage: Stage) -> None:
    run = await stage.run(chain(agent("a", "Hi", model="nobody/mine")), stored=True)
    async with stage.working():
        await run.ready("a")
        cause = await run.cause("a")
    assert (cause.code, cause.retryable) == ("unknown_provider", False)
    assert "PENSTOCK_PROVIDERS" in cause.message
    assert await stage.calls() == []
