"""The deployment of compose.yaml, started here as processes: flows through all of its parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from penstock_client import Penstock

from cli.up.port import LOOPBACK
from simulator.server import running
from tests.deployment import TOKEN, VALUES, Container, Deployment, Machine, deployment
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.servers import own_folder

LONG = "A river of words. " * 8_000
FAILS_ONCE = {
    "instructions": "Write. [[sim: status=529 times=1]] [[sim: text=left]]",
    "retry": {"max_attempts": 2, "initial_seconds": 0.2},
}
DRAWN = {
    "nodes": [
        {"id": "whole", "type": "template", "data": {"template": "{{input}}"}},
        {"id": "left", "type": "agent", "data": FAILS_ONCE},
        {"id": "right", "type": "agent", "data": {"instructions": "[[sim: sleep=4s text=right]]"}},
        {"id": "both", "type": "merge", "data": {}},
    ],
    "edges": [
        {"source": source, "target": target}
        for source, target in (("left", "both"), ("right", "both"), ("both", "whole"))
    ],
}
SLOW = {
    "nodes": [{"id": "slow", "type": "agent", "data": {"instructions": "[[sim: sleep=60s]]"}}],
    "edges": [],
}


@pytest.fixture
def folder() -> Iterator[Path]:
    with own_folder() as made:
        yield made


@asynccontextmanager
async def deployed(folder: Path, database_url: str) -> AsyncIterator[Deployment]:
    async with running() as model_url:
        values = VALUES | {"ANTHROPIC_BASE_URL": model_url, "ANTHROPIC_API_KEY": "simulated"}
        machine = Machine(folder=folder, database_url=database_url, values=values)
        with deployment(machine) as made:
            made.start("nats")
            made.migrate()
            yield made


async def test_the_services_of_compose_yaml_carry_flows_with_the_rights_they_have(
    folder: Path, empty_database_url: str
) -> None:
    async with deployed(folder, empty_database_url) as made:
        first, second = made.start("api")
        for name in ("scheduler", "agent-worker", "projector", "provisioner"):
            made.start(name)
        async with client_of(first) as posting, client_of(second) as reading:
            await judge_a_run_whose_worker_is_lost(made, posting, reading)
            made.scale("agent-worker", 1)
            await judge_a_long_text(posting, reading)
            await judge_a_cancel(posting)
        assert set(made.stop().values()) == {0}
        for container in made.containers:
            assert "Violation" not in container.said, container.said[-2000:]
            assert "permissions violation" not in container.said.lower()


def client_of(api: Container) -> Penstock:
    return Penstock(f"http://{LOOPBACK}:{api.api_port}", TOKEN)


async def judge_a_run_whose_worker_is_lost(
    made: Deployment, posting: Penstock, reading: Penstock
) -> None:
    """Two agents, one of which fails once; the worker of the other is killed."""
    run = (await posting.runs.create(flow=DRAWN, input="Rivers")).run_id
    ended = ""
    async with aclosing(reading.runs.events(run)) as events:
        async for event in events:
            data = event.data
            if (event.type, data.get("node"), data.get("execution")) == (
                "step.started",
                "right",
                1,
            ):
                worker_of(made, str(data["worker"])).process.kill()
            ended = event.type if event.type.startswith("run.") else ended
    found = await reading.runs.get(run)
    assert (ended, found.status) == ("run.completed", "completed")
    assert found.output == "left\n\nright"
    attempts = {step.node: step.attempt for step in found.steps}
    assert attempts["left"] == 2


def worker_of(made: Deployment, instance: str) -> Container:
    return next(c for c in made.containers if instance.endswith(f"-{c.process.pid}"))


async def judge_a_long_text(posting: Penstock, reading: Penstock) -> None:
    """A body too large for a fact goes through the object store, and into Postgres."""
    template = {"id": "whole", "type": "template", "data": {"template": "{{input}}"}}
    flow = {"nodes": [template], "edges": []}
    run = (await posting.runs.create(flow=flow, input=LONG, wait=30)).run_id
    assert await reading.runs.output(run, 0) == LONG

    async def listed() -> bool:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return run in [each.run_id async for each in reading.runs.list(status="completed")]

    await eventually(listed)


async def judge_a_cancel(posting: Penstock) -> None:
    """The order reaches whichever worker it is."""
    run = (await posting.runs.create(flow=SLOW, input="")).run_id

    async def is_running() -> bool:
        return [step.status for step in (await posting.runs.get(run)).steps] == ["running"]

    await eventually(is_running)
    assert (await posting.runs.cancel(run, wait=10)).status == "cancelled"
