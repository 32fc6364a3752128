"""The worker as a process: started from its environment, stopped by a signal."""

import asyncio
import signal

import pytest

from shared.errors import Unavailable
from shared.log import connect
from shared.log.provision import provision
from shared.log.queues import queues_of
from shared.run import facts as f
from simulator.server import running
from tests.cost import Stopwatch, elapsed_cost
from tests.eventually import eventually
from tests.frozen import freeze
from tests.integration.agent_worker.processes import process
from tests.integration.agent_worker.stage import POOLS, Stage, agent, chain
from tests.logged import logged
from tests.servers import NatsServer

STEPS = 12


@pytest.mark.parametrize(("drain", "outcome"), [("20", "completed"), ("0", "released")])
async def test_a_worker_asked_to_end_drains_and_exits_with_zero(
    stage: Stage, nats_url: str, drain: str, outcome: str
) -> None:
    run = await stage.run(chain(agent("a", "[[sim: words=12 rate=20/s]]")))
    async with process(nats_url, stage.model_url, PENSTOCK_DRAIN_SECONDS=drain) as worker:
        await run.ready("a")
        await eventually(lambda: run.facts(f.StepDelta))
        worker.send_signal(signal.SIGTERM)
        await logged(worker, "service.stopped")
        assert await worker.wait() == 0
    types = [entry.recorded().fact.type for entry in await run.entries()]
    assert f"step.{outcome}" in types


async def test_a_killed_worker_s_step_runs_elsewhere_within_eight_seconds(
    stage: Stage, nats_url: str
) -> None:
    marker = "[[sim: forever rate=50/s times=1 key=k]] [[sim: text=done rate=0]]"
    run = await stage.run(chain(agent("a", marker)))
    async with process(nats_url, stage.model_url, PENSTOCK_INSTANCE="first"):
        await run.ready("a")
        await eventually(lambda: run.facts(f.StepDelta))
    since_it_was_killed = Stopwatch()
    async with stage.working(stage.equipment(worker="second")):
        assert await run.output("a") == "done"
        resumed_after = since_it_was_killed.elapsed()
        undisturbed = await elapsed_cost(lambda: one_step(stage))
    # Eight seconds where a step takes no time. They are kept by the server, which waits for five
    # of them; what a machine takes for the rest is measured by what it takes for another step.
    assert resumed_after < 8 + 20 * undisturbed
    assert [fact.worker for fact in await run.facts(f.StepStarted)] == ["first", "second"]


async def test_a_frozen_worker_s_steps_run_elsewhere_within_eight_seconds(
    stage: Stage, nats_url: str
) -> None:
    runs = [await stage.run(chain(agent("a", "[[sim: text=done rate=0]]"))) for _ in range(STEPS)]
    async with process(nats_url, stage.model_url, PENSTOCK_INSTANCE="frozen") as frozen:
        await logged(frozen, "service.started")
        first = await stage.run(chain(agent("a", "[[sim: text=done rate=0]]")))
        await first.ready("a")
        await first.outcome("a")
        async with stage.working(stage.equipment(worker="awake")):
            # Now both have asked for steps.
            freeze(frozen.pid)
            since_they_were_ready = Stopwatch()
            for run in runs:
                await run.ready("a")
            for run in runs:
                assert await run.output("a") == "done"
            moved_after = since_they_were_ready.elapsed()
            undisturbed = await elapsed_cost(lambda: one_step(stage))
        frozen.send_signal(signal.SIGCONT)
        await one_step(stage)  # behind all that it was given
    # As above: the server waits for five of the eight seconds, once.
    assert moved_after < 8 + 20 * undisturbed
    for run in runs:
        assert [fact.worker for fact in await run.facts(f.StepStarted)] == ["awake"]
        assert len(await run.entries("finished")) == 1


async def one_step(stage: Stage) -> None:
    """A run of one step, from its being ready to its output."""
    run = await stage.run(chain(agent("a", "[[sim: text=done rate=0]]")))
    await run.ready("a")
    assert await run.output("a") == "done"


async def test_lanes_that_are_added_are_served_without_a_restart(
    stage: Stage, nats_url: str
) -> None:
    queues = queues_of(3)
    runs = [await stage.run(chain(agent("a", "[[sim: text=done rate=0]]"))) for _ in queues]
    async with process(nats_url, stage.model_url) as worker:
        await logged(worker, "service.started")
        await one_step(stage)
        await provision(nats_url, partitions=1, pools=POOLS, lanes=3)
        for run, queue in zip(runs, queues, strict=True):
            await run.ready("a", queue=queue)
        assert [await run.output("a") for run in runs] == ["done"] * len(queues)


async def test_a_pool_without_a_queue_is_a_clear_failure(stage: Stage, nats_url: str) -> None:
    async with process(nats_url, stage.model_url, PENSTOCK_POOLS="default,nowhere") as worker:
        failed = await logged(worker, "service.failed")
        assert "penstock migrate" in str(failed["error"])
        assert await worker.wait() == 1


async def test_a_step_survives_the_log_s_server_dying_and_coming_back(
    own_nats_server: NatsServer,
) -> None:
    await provision(own_nats_server.url, partitions=1, pools=POOLS)
    async with running() as url, connect(own_nats_server.url, name="tested") as store:
        stage = Stage(store, url)
        run = await stage.run(chain(agent("a", "[[sim: words=40 rate=40/s]]")))
        async with stage.working(drain_seconds=20):
            await run.ready("a")
            await eventually(lambda: run.facts(f.StepDelta))
            await asyncio.to_thread(own_nats_server.stop, signal.SIGKILL)
            await asyncio.to_thread(own_nats_server.start)

            async def finished() -> f.StepCompleted | None:
                try:
                    found = await run.facts(f.StepCompleted)
                except Unavailable:
                    return None
                return found[0] if found else None

            outcome = await eventually(finished)
        text = ""
        for delta in await run.facts(f.StepDelta):
            # Behind words that were lost with the server nothing fits, until they are repaired.
            if delta.execution == outcome.execution and delta.offset <= len(text):
                text = text[: delta.offset] + delta.text
        assert text == outcome.output
        await stage.close()
