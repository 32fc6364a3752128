"""Runs that are wanted only as long as they are read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from services.api.live.abandoned_runs import AbandonedRuns
from services.api.live.hub import Hub
from services.api.live.watch import Watch
from shared.log.memory import MemoryLog
from shared.log.subjects import rest_of
from shared.run import facts as f
from tests.eventually import eventually

GONE_SECONDS = 0.05
IDS = {"workspace": "acme", "run": "r", "partition": 0}


class Api:
    """One replica of the api: its hub, and what it does about readers who leave."""

    def __init__(self, log: MemoryLog) -> None:
        self.log = log
        self.hub = Hub(log)
        self.departures = AbandonedRuns(log, self.hub, GONE_SECONDS)
        self.hub.when_left = self.departures.left

    async def joined(self) -> Watch:
        """Somebody reads the run, or waits for it."""
        watch = self.hub.join("acme", "r")
        assert await watch.is_known()
        return watch

    async def read(self) -> Watch:
        """Somebody reads the run."""
        watch = await self.joined()
        watch.was_read = True
        return watch

    async def decided(self) -> None:
        """Returns when nothing is to follow any more from a reader's leaving."""
        await eventually(lambda: not self.departures.undecided)

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[None]:
        """Others can ask it."""
        async with self.log.answer_read(self.departures.is_read):
            yield
            self.departures.close()
            await self.hub.close()


async def requested(on_disconnect: Literal["continue", "cancel"] = "cancel") -> MemoryLog:
    log = MemoryLog()
    await log.append(f.RunRequested(**IDS, flow="x", on_disconnect=on_disconnect))
    return log


async def cancel_of(log: MemoryLog) -> f.RunCancelRequested | None:
    for entry in (await log.history("acme", "r")).entries:
        fact = entry.recorded().fact
        if isinstance(fact, f.RunCancelRequested):
            return fact
    return None


async def test_a_run_is_cancelled_when_its_last_reader_has_left() -> None:
    log = await requested()
    api = Api(log)
    async with api.answering():
        first, second = await api.read(), await api.read()
        api.hub.leave(first)
        await api.decided()
        assert await cancel_of(log) is None
        api.hub.leave(second)
        wish = await eventually(lambda: cancel_of(log))
        assert wish.reason is not None
        assert "last reader left" in wish.reason


async def test_a_run_that_goes_on_without_readers_is_left_alone() -> None:
    log = await requested("continue")
    api = Api(log)
    async with api.answering():
        api.hub.leave(await api.read())
        await api.decided()
        assert await cancel_of(log) is None


async def test_a_run_that_was_only_waited_for_never_had_a_reader() -> None:
    log = await requested()
    api = Api(log)
    async with api.answering():
        api.hub.leave(await api.joined())
        await api.decided()
        assert await cancel_of(log) is None


async def test_a_reader_who_comes_back_in_time_keeps_the_run() -> None:
    log = await requested()
    api = Api(log)
    async with api.answering():
        api.hub.leave(await api.read())
        back = await api.read()
        await api.decided()
        assert await cancel_of(log) is None
        api.hub.leave(back)
        await eventually(lambda: cancel_of(log))


async def test_who_waits_for_a_run_its_readers_left_keeps_it_until_they_leave_too() -> None:
    log = await requested()
    api = Api(log)
    async with api.answering():
        api.hub.leave(await api.read())
        waiting = await api.joined()
        await api.decided()
        assert await cancel_of(log) is None
        api.hub.leave(waiting)
        await eventually(lambda: cancel_of(log))


async def test_a_reader_at_another_api_keeps_the_run_and_the_last_to_lose_one_cancels() -> None:
    log = await requested()
    one, other = Api(log), Api(log)
    async with one.answering(), other.answering():
        moved = await other.read()
        one.hub.leave(await one.read())
        await one.decided()
        assert await cancel_of(log) is None
        other.hub.leave(moved)
        await eventually(lambda: cancel_of(log))


async def test_a_service_that_stops_cancels_nothing() -> None:
    log = await requested()
    api = Api(log)
    async with api.answering():
        api.hub.leave(await api.read())
        reading = await api.read()
        api.departures.close()
        await api.hub.close()
        api.hub.leave(reading)
        await api.decided()
        assert await cancel_of(log) is None


async def test_a_run_that_has_ended_is_not_cancelled() -> None:
    log = await requested()
    api = Api(log)
    async with api.answering():
        watch = await api.read()
        await log.append(f.RunCompleted(**IDS))
        await eventually(lambda: watch.tape.end)
        api.hub.leave(watch)
        await api.decided()
        assert [rest_of(e.recorded().fact) for e in (await log.history("acme", "r")).entries] == [
            "requested",
            "finished",
        ]
