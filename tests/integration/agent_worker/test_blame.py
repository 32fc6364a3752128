"""Who is to blame for lost workers: only deaths count, and a suspect is tried alone."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.agent_worker.kinds import KINDS
from services.agent_worker.kinds.kind import Assignment, Equipment
from services.agent_worker.outcome import Output
from shared.errors import Unavailable
from shared.log.port import Live
from shared.run import facts as f
from tests.eventually import eventually
from tests.integration.agent_worker.processes import process
from tests.integration.agent_worker.stage import Run, Stage, agent, chain, template

NEIGHBOURS = [f"n{number}" for number in range(60)]
TWICE = "times=2 key="
LARGE = "x" * 70_000


def beside_a_killer() -> dict[str, object]:
    """Steps that take long twice, a moment the third time; and one that never ends."""
    marker = f"[[sim: forever rate=1/s {TWICE}{{0}}]] [[sim: sleep=200ms text=ok rate=0]]"
    neighbours = [agent(node, marker.format(node)) for node in NEIGHBOURS]
    return {"nodes": [agent("killer", "[[sim: forever rate=1/s]]"), *neighbours], "edges": []}


async def executions(run: Run, node: str) -> list[f.StepStarted]:
    return [fact for fact in await run.facts(f.StepStarted) if fact.node == node]


@asynccontextmanager
async def killed_by(stage: Stage, run: Run, nats_url: str, execution: int) -> AsyncIterator[None]:
    """A worker that is killed at the moment it has begun this execution of the killer."""
    name = f"worker-{execution}"
    number = run.flow.step_of("killer").number
    rest = f"step.{number}.1.{execution}.started"
    async with (
        stage.store.live(run.address.workspace, run.address.run, rest) as begun,
        process(nats_url, stage.model_url, PENSTOCK_INSTANCE=name),
    ):
        yield
        while not any(isinstance(item, Live) for item in await begun.next()):
            pass


@pytest.mark.long
async def test_a_step_that_kills_its_workers_is_named_and_its_neighbours_complete(
    stage: Stage, nats_url: str
) -> None:
    run = await stage.run(beside_a_killer())
    for node in NEIGHBOURS:
        await run.ready(node)

    async def all_asked(times: int) -> bool:
        # Not only begun: the model counts how often it was asked.
        asked = [call for call in await stage.calls() if TWICE in json.dumps(call)]
        return len(asked) >= times * len(NEIGHBOURS)

    async with killed_by(stage, run, nats_url, 1):
        await eventually(lambda: all_asked(1))
        await run.ready("killer")
    async with killed_by(stage, run, nats_url, 2):
        await eventually(lambda: all_asked(2))
    async with killed_by(stage, run, nats_url, 3):
        pass
    async with stage.working(slots=64):
        outcomes = [await run.outcome(node) for node in NEIGHBOURS]
        cause = await run.cause("killer")
    assert {outcome.type for outcome in outcomes} == {"step.completed"}
    assert cause.code == "poison"
    assert "3 executions" in cause.message
    for name in ("worker-1", "worker-2", "worker-3"):
        assert name in cause.message
    assert [fact.alone for fact in await executions(run, "killer")] == [False, False, True]


async def test_a_step_whose_output_no_store_takes_is_handed_back_and_no_worker_is_lost(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, refusals = stage.store.put_blob, iter(range(4))

    async def refused(workspace: str, run: str, body: bytes) -> str:
        if next(refusals, None) is not None:
            raise Unavailable("the store is full")
        return await put(workspace, run, body)

    run = await stage.run(chain(template("a", LARGE)))
    monkeypatch.setattr(stage.store, "put_blob", refused)
    async with stage.working():
        await run.ready("a")
        outcome = await run.outcome("a")
    assert isinstance(outcome, f.StepCompleted)
    assert outcome.execution == 5
    assert [fact.execution for fact in await run.facts(f.StepReleased)] == [1, 2, 3, 4]
    assert [fact.alone for fact in await run.facts(f.StepStarted)] == [False] * 5


async def test_a_step_that_ends_for_no_signal_is_recorded_as_handed_back(stage: Stage) -> None:
    async def deaf(assignment: Assignment, equipment: Equipment) -> Output:
        await asyncio.Event().wait()
        return Output(text="never")

    run = await stage.run(chain(agent("a", "Hi")))
    async with stage.working(kinds={**KINDS, "agent": deaf}):
        await run.ready("a")
        await eventually(lambda: run.facts(f.StepStarted))
    assert len(await run.facts(f.StepReleased)) == 1


async def test_an_unexpected_error_fails_the_attempt_and_blames_no_worker(stage: Stage) -> None:
    async def broken(assignment: Assignment, equipment: Equipment) -> Output:
        raise ZeroDivisionError("of no use to anybody")

    run = await stage.run(chain(agent("a", "Hi")))
    async with stage.working(stage.equipment(worker="w1"), kinds={**KINDS, "agent": broken}):
        await run.ready("a")
        cause = await run.cause("a")
    assert (cause.code, cause.retryable) == ("worker_error", True)
    assert cause.message == "an unexpected error in the worker w1: ZeroDivisionError"
