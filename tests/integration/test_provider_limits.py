"""A provider's limit: learned from what it says, told to other workers, waited for by nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from services.agent_worker.kinds.kind import Equipment
from services.agent_worker.providers.anthropic.allowance import LONGEST_RESET_SECONDS
from services.scheduler.firing import fire
from services.scheduler.scheduler import Scheduler
from shared.log import connect
from shared.log.provision import provision
from shared.run import facts as f
from shared.run.content import Limits
from shared.run.retry import LONGEST_LIMIT_SECONDS
from simulator.http.quota import Quota
from simulator.server import running
from tests.eventually import eventually
from tests.integration.agent_worker.stage import POOLS, Run, Stage, agent, chain

WORKERS = 4


@dataclass
class World:
    """A provider with a limit, a scheduler, and workers, each with a connection of its own."""

    stage: Stage
    quota: Quota
    nats_url: str

    @asynccontextmanager
    async def working(self, *names: str, slots: int = 16) -> AsyncIterator[list[Equipment]]:
        """Workers of these names at work; what each of them has."""
        async with AsyncExitStack() as stack:
            found = []
            for name in names:
                store = await stack.enter_async_context(connect(self.nats_url, name=name))
                equipment = self.stage.equipment(store, name)
                await stack.enter_async_context(self.stage.working(equipment, slots=slots))
                found.append(equipment)
            yield found

    async def run(self, limits: Limits | None = None, **data: object) -> Run:
        """A run of one agent."""
        flow = chain(agent("a", "Say it. [[sim: text=ok rate=0]]", **data))
        return await self.stage.run(flow, limits=limits)


@asynccontextmanager
async def world_with(nats_url: str, quota: Quota) -> AsyncIterator[World]:
    await provision(nats_url, partitions=1, pools=POOLS)
    async with running(quota=quota) as url, connect(nats_url, name="tested") as store:
        stage, stopping = Stage(store, url), asyncio.Event()
        scheduler = Scheduler(store, 1, "tested")
        tasks = [asyncio.create_task(each) for each in (scheduler.work(stopping), fire(store))]
        try:
            yield World(stage, quota, nats_url)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await stage.close()


async def ended(run: Run) -> f.RunEnded:
    """How the run ended, once it has."""

    async def end() -> f.RunEnded | None:
        facts = await run.facts(f.RunFact)
        return next((each for each in facts if isinstance(each, f.RunEnded)), None)

    return await eventually(end, every=0.2)


async def has(run: Run, kind: type[f.RunFact]) -> None:
    """Returns once such a fact is recorded."""
    await eventually(lambda: run.facts(kind))


@pytest.mark.long
async def test_many_wait_for_a_limit_together_and_few_ask_in_vain(nats_url: str) -> None:
    async with (
        world_with(nats_url, Quota(requests=5)) as world,
        world.working(*(f"worker-{n}" for n in range(WORKERS))),
    ):
        # Each has one attempt, which being handed back does not take.
        runs = [await world.run(retry={"max_attempts": 1}) for _ in range(40)]
        ends = [await ended(run) for run in runs]
        failures = [each for run in runs for each in await run.facts(f.StepFailed)]
    assert {type(end) for end in ends} == {f.RunCompleted}
    assert not [each for each in failures if each.counted]
    # Without what is learned every one of them was refused by the provider.
    assert world.quota.refused * 2 < len(failures)


async def test_a_limit_that_one_worker_learned_keeps_another_from_asking(nats_url: str) -> None:
    quota = Quota(requests=1, seconds=3600)
    async with world_with(nats_url, quota) as world, AsyncExitStack() as later:
        async with world.working("first"):
            await has(await world.run(), f.RunCompleted)
            [second] = await later.enter_async_context(world.working("second"))
            provider = second.providers.of("anthropic").with_key("simulated")
            await eventually(lambda: provider.refused_seconds(second.default_model) > 0)
        run = await world.run()
        await has(run, f.StepRetryScheduled)
        assert (quota.taken, quota.refused) == (1, 0)
        assert await run.facts(f.StepStarted) == []
        [told] = await run.facts(f.StepRetryScheduled)
        # All the provider says of itself is believed for minutes, and one call then asks again.
        assert LONGEST_RESET_SECONDS - 60 < told.delay_seconds < LONGEST_RESET_SECONDS + 1


async def test_what_waits_for_a_limit_holds_no_slot(nats_url: str) -> None:
    quota = Quota(requests=1, seconds=3600)
    async with world_with(nats_url, quota) as world, world.working("only", slots=1):
        await has(await world.run(), f.RunCompleted)
        waiting = [await world.run() for _ in range(3)]
        for run in waiting:
            await has(run, f.StepRetryScheduled)
        # The limit is of one model: the provider is asked for another, and refuses that.
        other = await world.run(model="claude-opus-5-5")
        await has(other, f.StepStarted)


async def test_a_storm_of_refusals_ends_by_the_run_s_deadline(nats_url: str) -> None:
    quota = Quota(requests=0)
    async with world_with(nats_url, quota) as world, world.working("one", "two"):
        limits = Limits(deadline_seconds=5)
        runs = [await world.run(limits, retry={"max_attempts": 1}) for _ in range(20)]
        for run in runs:
            end = await ended(run)
            assert isinstance(end, f.RunFailed)
            assert end.error.code == "deadline_exceeded"
        failures = [each for run in runs for each in await run.facts(f.StepFailed)]
    assert not [each for each in failures if each.counted]


@pytest.mark.parametrize(
    "headers",
    [
        {"retry-after": "1e300"},
        {"retry-after": "-5", "retry-after-ms": "nan"},
        {"retry-after": "x" * 10_000},
        {"anthropic-ratelimit-requests-reset": "9999-12-31T23:59:59Z"},
        {"anthropic-ratelimit-requests-remaining": "-1"},
    ],
)
async def test_a_provider_that_lies_is_waited_for_an_hour_at_most(
    nats_url: str, headers: dict[str, str]
) -> None:
    quota = Quota(requests=1, seconds=3600, headers=headers)
    async with world_with(nats_url, quota) as world, world.working("only"):
        await has(await world.run(), f.RunCompleted)
        run = await world.run()
        await has(run, f.StepRetryScheduled)
        [told, *_] = await run.facts(f.StepRetryScheduled)
        assert 0 <= told.delay_seconds <= LONGEST_LIMIT_SECONDS + 1
