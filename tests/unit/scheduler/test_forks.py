"""Schedulers and forks: what is kept is loaded by its hash, or the run waits for who can."""

from __future__ import annotations

import asyncio
from hashlib import sha256

import pytest

from services.scheduler.partition import Partition
from services.scheduler.runs import Runs
from shared.log.flows import Flows
from shared.run import KeptStep, body_of
from shared.run import facts as f
from shared.run.content import Blob
from tests.simulation.alone import alone, request, rests
from tests.simulation.process import Connection
from tests.simulation.virtual import passes
from tests.unit.flow.drawing import Drawn, drawing, edge, joined, node
from tests.unit.run.tale import IDENTITY
from tests.versions import lacking, tell_versions_apart

TEXT = Blob(blob="ab" * 32, size_bytes=4)
CHAIN = joined("a-b", "b-c")


@pytest.fixture(autouse=True)
def _versions(monkeypatch: pytest.MonkeyPatch) -> None:
    tell_versions_apart(monkeypatch)


def scheduler(log: Connection) -> asyncio.Task[None]:
    return asyncio.create_task(Partition(0, log, Runs(log, Flows(log))).work())


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


async def request_fork(log: Connection, raw: Drawn, *numbers: int, stored: bool = True) -> None:
    """Ask for a fork that keeps these steps; its body is in the store if it is `stored`."""
    body = body_of(KeptStep(step=n, output=TEXT, output_sha256=TEXT.blob) for n in numbers)
    if stored:
        await log.put_blob("acme", "run-1", body)
    name = {"blob": sha256(body).hexdigest(), "size_bytes": len(body)}
    await request(log, raw, version=2, forked_from="run-0", kept=name)


def test_what_a_fork_keeps_is_recorded_and_the_rest_is_ready() -> None:
    async def main(log: Connection) -> list[str]:
        task = scheduler(log)
        await request_fork(log, CHAIN, 0, 1)
        await passes(1)
        await ended(task)
        return await rests(log)

    told = alone(main)
    assert told[1:] == [
        "started",
        "step.0.1.finished",
        "step.1.1.finished",
        "step.2.1.ready.local.shared",
    ]


def test_a_fork_goes_on_at_a_scheduler_that_has_never_seen_it() -> None:
    async def main(log: Connection) -> list[str]:
        first = scheduler(log)
        await request_fork(log, CHAIN, 0)
        await passes(1)
        await ended(first)
        second = scheduler(log)
        await log.append(f.StepCompleted(**IDENTITY, step=1, node="b", attempt=1, output="x"))
        await passes(20)
        await ended(second)
        return await rests(log)

    assert alone(main)[-1] == "step.2.1.ready.local.shared"


def test_a_fork_without_the_list_of_what_it_keeps_is_parked_and_nothing_runs() -> None:
    async def main(log: Connection) -> tuple[list[str], list[str]]:
        task = scheduler(log)
        await request_fork(log, CHAIN, 0, stored=False)
        await passes(100)
        parked = await rests(log)
        body = body_of([KeptStep(step=0, output=TEXT, output_sha256=TEXT.blob)])
        await log.put_blob("acme", "run-1", body)
        await passes(70)
        await ended(task)
        return parked, await rests(log)

    parked, gone_on = alone(main)
    assert parked == ["requested"]
    assert gone_on[-1] == "step.1.1.ready.local.shared"


def test_a_timer_stands_for_what_waits_behind_a_kept_step() -> None:
    asks = [node(name, "approval", timeout_seconds=60, default="approve") for name in ("ok", "go")]
    ways = [edge("a", "ok"), edge("ok", "go", "approved")]

    async def main(log: Connection) -> bool:
        task = scheduler(log)
        await request_fork(log, drawing([node("a"), *asks], ways), 0)
        await passes(1)
        await log.append(
            f.StepDecided(**IDENTITY, step=1, node="ok", attempt=1, decision="approve")
        )
        await passes(1)
        async with log.firings() as firings:
            firings.credit(8)
            fired: set[str] = set()
            while "step.2.1.approval.due" not in fired:
                fired |= {each.entry.rest for each in await firings.next()}
        await ended(task)
        return True

    assert alone(main)


def test_a_scheduler_that_knows_no_forks_parks_them_and_runs_nothing_twice() -> None:
    async def main(log: Connection) -> tuple[list[str], list[str]]:
        with lacking("run.requested/2"):
            older = scheduler(log)
        await passes(0.01)
        newer = scheduler(log)
        await request_fork(log, CHAIN, 0, 1)
        await request(log, CHAIN, run="run-2")
        await passes(70)
        parked, beside = await rests(log), await rests(log, "run-2")
        assert beside[-1] == "step.0.1.ready.local.shared"
        await ended(older)
        await passes(70)
        gone_on = await rests(log)
        await ended(newer)
        return parked, gone_on

    parked, gone_on = alone(main)
    assert parked == ["requested"]
    assert gone_on[-1] == "step.2.1.ready.local.shared"
    assert not [rest for rest in gone_on if rest.startswith(("step.0.1.ready", "step.1.1.ready"))]
