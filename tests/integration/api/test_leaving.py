"""Runs while they leave the log: every reader, at every moment, is told the same."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from penstock_client.sse import Frame

from services.api.history.run_history import RunHistory
from services.api.live.frames import Form
from services.api.live.hub import Hub
from services.projector.projector import Projector
from shared.ledger.pool import connect as connect_ledger
from shared.log import Log
from shared.log.memory import Faults, MemoryLog
from shared.run import facts as f
from shared.runtime.monitor import Health
from tests.eventually import eventually
from tests.integration.api.conftest import started
from tests.integration.api.story import Service, Story
from tests.integration.api.test_events import STREAM, read
from tests.integration.api.test_past import is_listed

ID = "019e0000-0000-7000-8000-000000000001"
RUN = {"workspace": "default", "run": ID, "partition": 0}
STEP = {**RUN, "step": 0, "node": "a", "attempt": 1}


@pytest.fixture
async def replica(projected: Service, nats_url: str, database_url: str) -> AsyncIterator[Service]:
    """Another api, which has recorded none of the runs."""
    async with started(nats_url, database_url) as running:
        yield running


async def leaving(log: Log, run: str) -> AsyncIterator[bool]:
    """Deletes a run's entries one by one in the forgetter's order, its deltas last of all.

    Says each time whether the deltas are still kept.
    """
    entries = await log.read_on("default", run, after=0)
    deltas = [entry.sequence for entry in entries if entry.rest.startswith("delta.")]
    for entry in entries:
        if entry.sequence not in deltas:
            await log.delete([entry.sequence])
            yield True
    await log.delete(deltas)
    yield False


def without_deltas(frames: list[Frame]) -> list[Frame]:
    return [frame for frame in frames if frame.event != "step.delta"]


async def test_a_reader_resumes_at_every_event_before_during_and_after(
    projected: Service, replica: Service, log: Log
) -> None:
    run = await projected.run()
    await Story(log, run).whole(("about ", "hot ", "tea"))
    whole, fresh = await read(replica, run, "?after=0"), await read(replica, run)
    view = (await replica.http.get(f"/api/v1/runs/{run}")).json()
    await eventually(lambda: is_listed(projected, run, "completed"))
    async for keeps_deltas in leaving(log, run):
        expected = whole if keeps_deltas else without_deltas(whole)
        for index, frame in enumerate(whole[:-2]):
            rest = [each for each in whole[index + 1 :] if each in expected]
            assert await read(replica, run, f"?after={frame.id}") == rest
        assert await read(replica, run) == fresh
        again = (await replica.http.get(f"/api/v1/runs/{run}")).json()
        assert {**again, "events_url": ""} == {**view, "events_url": ""}
    past = await replica.http.get(f"/api/v1/runs/{run}/events?after={whole[-1].id}", headers=STREAM)
    assert past.status_code == 204


async def test_readers_of_runs_that_leave_meanwhile_miss_nothing(
    projected: Service, replica: Service, log: Log
) -> None:
    runs = [await projected.run() for _ in range(8)]
    for run in runs:
        await Story(log, run).whole()
    whole = {run: await read(replica, run, "?after=0") for run in runs}

    async def all_are_listed() -> bool:
        return all([await is_listed(projected, run, "completed") for run in runs])

    await eventually(all_are_listed)
    gone = asyncio.Event()

    async def keep_reading(run: str) -> int:
        times = 0
        while not gone.is_set() or not times:
            found = await read(replica, run, f"?after={whole[run][times % 3].id}")
            assert without_deltas(found) == without_deltas(whole[run][times % 3 + 1 :])
            times += 1
        return times

    async def forget() -> None:
        for run in runs:
            async for _ in leaving(log, run):
                pass
        gone.set()

    async with asyncio.TaskGroup() as group:
        for run in runs:
            group.create_task(keep_reading(run))
        group.create_task(forget())


async def test_a_watch_that_heard_nothing_of_the_end_finds_it_where_the_run_went(
    database_url: str,
) -> None:
    log = MemoryLog(partitions=1, faults=Faults(live_lost=1))
    projecting = asyncio.create_task(Projector(log, database_url, Health()).run())
    async with connect_ledger(database_url) as pool:
        records = RunHistory(log, pool)
        hub = Hub(records)
        await log.append(f.RunRequested(**RUN, flow="v"))
        watch = hub.join("default", ID)
        assert await watch.is_known()
        await log.append(f.StepStarted(**STEP, execution=1, worker="w"))
        await log.append(f.StepCompleted(**STEP, execution=1, output="x"))
        await log.append(f.RunCompleted(**RUN))
        await eventually(lambda: records.past("default", ID))
        await log.delete([1, 2, 3, 4])
        log.disturb("the test says so")
        await eventually(lambda: watch.tape.end is not None)
        body, _ = watch.tape.take(1, Form())
        assert [line for line in body.splitlines() if line.startswith(b"id: ")] == [
            b"id: 2",
            b"id: 3",
            b"id: 4",
        ]
        hub.leave(watch)
        await hub.close()
    projecting.cancel()
    await asyncio.wait({projecting})
