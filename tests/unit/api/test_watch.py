"""A watched run over the log's twin in memory, with the faults a live feed may have."""

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.api.live.frames import Form, frame
from services.api.live.hub import Hub
from services.api.live.tape import CHUNK_BYTES, Tape
from services.api.live.watch import Watch
from shared.errors import Unavailable
from shared.log.memory import Faults, MemoryLog
from shared.log.port import History
from shared.run import facts as f
from tests.eventually import PATIENCE_SECONDS, eventually

RUN = {"workspace": "default", "run": "r", "partition": 0}
STEP = {**RUN, "step": 0, "node": "a", "attempt": 1}


@asynccontextmanager
async def watched(log: MemoryLog) -> AsyncIterator[Watch]:
    """A watch that has opened on a run just requested."""
    await log.append(f.RunRequested(**RUN, flow="v"))
    hub = Hub(log)
    watch = hub.join("default", "r")
    assert await watch.is_known()
    yield watch
    hub.leave(watch)
    await hub.close()


async def say(log: MemoryLog, count: int) -> None:
    await log.append(f.StepStarted(**STEP, execution=1, worker="w"))
    for offset in range(count):
        await log.stream(f.StepDelta(**STEP, execution=1, offset=offset, text="x"))
        await asyncio.sleep(0)


async def ended(watch: Watch) -> list[int]:
    """The ids passed on after the opening, once the end is."""
    await eventually(lambda: watch.tape.end is not None)
    body, _ = watch.tape.take((await watch.opening()).position, Form())
    return [int(line[4:]) for line in body.splitlines() if line.startswith(b"id: ")]


@pytest.mark.parametrize("seed", range(20))
async def test_facts_lost_at_a_gap_are_read_from_the_log(seed: int) -> None:
    log = MemoryLog(seed=seed, faults=Faults(live_gap=0.4))
    async with watched(log) as watch:
        await say(log, 20)
        await log.append(f.RunCompleted(**RUN))
        log.disturb("the end of the test")
        assert await ended(watch) == list(range(2, 24))


async def test_facts_lost_in_silence_are_found_by_routine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.api.live.watch.RESYNC_SECONDS", 0.05)
    log = MemoryLog(faults=Faults(live_lost=1))
    async with watched(log) as watch:
        await say(log, 3)
        await log.append(f.RunFailed(**RUN, error={"code": "x", "message": "y"}))
        assert await ended(watch) == list(range(2, 7))
        assert watch.tape.end is not None
        assert watch.tape.end.status == "failed"


class Meanwhile(MemoryLog):
    """A log in which a step begins to speak between two readings of one opening."""

    async def history(self, workspace: str, run: str, *, at_least: int = 0) -> History:
        found = await super().history(workspace, run, at_least=at_least)
        await say(self, 2)
        return found


@pytest.mark.parametrize("is_another_speaking", [True, False])
async def test_words_that_are_said_while_an_opening_is_read_are_told(
    is_another_speaking: bool,
) -> None:
    log = Meanwhile()
    await log.append(f.RunRequested(**RUN, flow="v"))
    if is_another_speaking:
        await log.append(f.StepStarted(**STEP | {"step": 1}, execution=1, worker="w"))
    hub = Hub(log)
    watch = hub.join("default", "r")
    assert await watch.is_known()
    opening = await watch.opening()
    heard = [frame.data for frame in opening.frames if frame.type == "step.delta"]
    await eventually(lambda: watch.tape.position >= 4 or heard)
    body, _ = watch.tape.take(opening.position, Form())
    assert b'"text":"x"' in body or b'"text":"xx"' in b"".join(heard)
    hub.leave(watch)
    await hub.close()


async def test_a_run_that_is_not_there_is_not_watched() -> None:
    hub = Hub(MemoryLog())
    watch = hub.join("default", "nobody")
    assert not await watch.is_known()
    hub.leave(watch)
    assert not hub.is_watched("default", "nobody")


class Silent(MemoryLog):
    """A log that answers no question about a run."""

    async def history(self, workspace: str, run: str, *, at_least: int = 0) -> History:
        await asyncio.Event().wait()
        return await super().history(workspace, run, at_least=at_least)


async def test_who_waits_for_a_run_is_sent_elsewhere_when_the_service_stops() -> None:
    hub = Hub(Silent())
    watch = hub.join("default", "r")
    waiting = asyncio.create_task(watch.is_known())
    await asyncio.sleep(0)
    await hub.close()
    with pytest.raises(Unavailable):
        async with asyncio.timeout(PATIENCE_SECONDS):
            await waiting
    hub.leave(watch)


async def test_readers_at_many_places_do_not_keep_a_copy_of_the_tape_each() -> None:
    tape = Tape(0)
    tape.add([frame(n, b'{"type":"step.delta","text":"%s"}' % (b"x" * 900)) for n in range(1, 901)])
    gc.collect()
    tracemalloc.start()
    for after in range(600):
        tape.take(after, Form())
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 10 * CHUNK_BYTES
