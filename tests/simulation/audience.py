"""A run and those who watch it: apis, listeners, a projector, and what goes wrong between them.

The apis are real down to the bytes of their answers; the log is the twin in memory, Postgres a
shelf. NATS goes away and comes back, apis die or stop in good order, listeners come, dawdle, hang
up and return, and in the end the run leaves the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from shared.errors import Unavailable
from shared.log.declared import DELTA_SECONDS
from shared.log.memory import Clock, Faults, MemoryLog
from shared.log.port import Entry
from shared.run.facts import Lifecycle, Stream
from tests.simulation.listener import Listener, Tale
from tests.simulation.process import Process
from tests.simulation.replica import RUN, Remote, Replica
from tests.simulation.shelf import Shelf
from tests.simulation.telling import Telling
from tests.simulation.verdict import objections
from tests.simulation.virtual import VirtualLoop, passes
from tests.simulation.wire import Wire

APIS = 2
LISTENERS = 5
# Silences of an hour add up: to nine in what some seeds tell.
LONGEST_SECONDS = 24 * 3600
RESTART_SECONDS = 0.5
NO_FAULTS = Faults()
AWAY = Faults(unavailable=1, unanswered=1, live_lost=1)
LASTING = frozenset({"run.requested", "run.started", "step.completed", "run.completed"})


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What befalls an audience; the `every` are mean seconds between mishaps, 0: never."""

    seed: int
    faults: Faults = NO_FAULTS
    restarts_every: float = 0
    apis_end_every: float = 0
    lags_seconds: float = 0
    leaves_after: float | None = None
    falls_silent: float = 0
    """The chance that a fact is followed by more than an hour of silence."""


@dataclass
class Found:
    """What was told to whom, and what must not be: failures, and things left behind."""

    stored: list[Entry] = field(default_factory=list)
    tales: list[Tale] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def attended(plan: Plan) -> Found:
    """What came of it; the same whenever the same is planned."""
    clock = Clock()
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        return runner.run(_Audience(plan, clock).attend())


def watch(plan: Plan) -> list[str]:
    """Everything that was wrong with what the listeners of one run were told."""
    found = attended(plan)
    wrong = [
        f"listener {n}: {w}" for n, t in enumerate(found.tales) for w in objections(found.stored, t)
    ]
    return [*found.failures, *wrong]


class Remembering(MemoryLog):
    """The log, and everything that was ever stored in it."""

    def __init__(self, clock: Clock, plan: Plan) -> None:
        super().__init__(partitions=1, clock=clock, seed=plan.seed, faults=plan.faults)
        self.stored: list[Entry] = []

    def _put(
        self,
        fact: Lifecycle | Stream,
        beside: Sequence[bytes] = (),
        seconds: int = DELTA_SECONDS,
    ) -> Entry:
        entry = super()._put(fact, beside, seconds)
        self.stored.append(entry)
        return entry


class _Audience:
    def __init__(self, plan: Plan, clock: Clock) -> None:
        self.plan = plan
        self.found = Found()
        self._clock = clock
        self._chance = Random(plan.seed)
        self._log = Remembering(clock, plan)
        self.shelf = Shelf(self._lag)
        self._telling = Telling(self._log, RUN, self._chance, self._pause)
        self._replicas: list[Replica] = []
        self._pace = self._chance.choice((0.0, 0.02, 0.3))

    async def attend(self) -> Found:
        async with self._tasks() as start:
            for n in range(APIS):
                start(self._keep(f"api-{n}"))
            start(self._project())
            if self.plan.restarts_every:
                start(self._restart())
            telling = start(self._telling.tell())
            readings = [start(self._listen()) for _ in range(LISTENERS)]
            if self.plan.leaves_after is not None:
                start(self._leave(self.plan.leaves_after))
            try:
                async with asyncio.timeout(LONGEST_SECONDS):
                    await asyncio.gather(telling, *readings)
            except TimeoutError:
                pass
            await passes(1)
            self._look_behind()
        self.found.stored = self._log.stored
        return self.found

    @asynccontextmanager
    async def _tasks(self) -> AsyncIterator[Callable[..., asyncio.Task[None]]]:
        tasks: list[asyncio.Task[None]] = []

        def start(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
            tasks.append(asyncio.create_task(work))
            return tasks[-1]

        try:
            yield start
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                await asyncio.wait({task})
                self.ended(task)

    def ended(self, task: asyncio.Task[None]) -> None:
        """Note what a task failed of."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self.found.failures.append(repr(error))

    def _look_behind(self) -> None:
        """Nobody reads any more: nothing may be left of those who did."""
        for replica in self._replicas:
            if replica.hub.is_watched("default", RUN):
                self.found.failures.append("a run is watched that nobody reads")
        if left := len(self._log.listening()):
            self.found.failures.append(f"{left} subscriptions were left behind")

    # Services

    async def _keep(self, name: str) -> None:
        """Start an api, end it one way or the other, start it again."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        for life in range(1_000_000):
            connection = Remote(self._log, f"{name}.{life}")
            connection.lag = self._lag
            replica = Replica(connection, self.shelf.pool, self.ended)
            process = Process(connection, replica.main, loop)
            self._replicas.append(replica)
            await process.over(self._mishap(self.plan.apis_end_every))
            self._replicas.remove(replica)
            if self._chance.random() < 0.5:
                replica.stop()
                await process.over(4)
            await process.kill()
            replica.drop()
            if process.failure is not None:
                self.found.failures.append(repr(process.failure))
            await passes(RESTART_SECONDS)

    async def _project(self) -> None:
        async for entries in self._log.replay(0, after=0):
            await passes(self._chance.uniform(0, 2 * self._pace))
            self.shelf.entries += entries

    async def _restart(self) -> None:
        """NATS goes away and comes back; whoever was connected hears of both."""
        while True:
            await passes(self._mishap(self.plan.restarts_every))
            self._log.suffer(AWAY)
            self._log.disturb("disconnected")
            await passes(self._chance.choice((0.1, 3)))
            self._log.suffer(self.plan.faults)
            if self._chance.random() < 0.5:
                await passes(0.2)
            self._log.disturb("reconnected")

    async def _leave(self, after: float) -> None:
        """The run leaves the log as the forgetter has it: its request first, its end last."""
        while not (self._telling.is_over and self.shelf.is_finished):
            await passes(0.1)
        await passes(after)
        sequences = {entry.rest: entry.sequence for entry in self.shelf.entries}
        first, last = sequences.pop("requested"), sequences.pop("finished")
        rest = list(sequences.values())
        self._chance.shuffle(rest)
        for sequence in (first, *rest, last):
            await self._delete(sequence)

    async def _delete(self, sequence: int) -> None:
        while True:
            try:
                await self._log.delete([sequence])
            except Unavailable:
                await passes(0.1)
            else:
                await passes(self._chance.choice((0, 0.05)))
                return

    # Listeners

    async def _listen(self) -> None:
        await passes(self._chance.choice((0.001, self._chance.uniform(0, 60 * self._pace), 30)))
        while not (last := self._now()[1]):
            await passes(0.1)
        start = self._chance.choice((None, None, self._chance.randint(0, last)))
        tale = Tale(start, self._chance.choice((None, None, None, LASTING)))
        self.found.tales.append(tale)
        await Listener(tale, self._chance, self._now).listen(self)

    async def ask(self, query: str, last_event_id: str) -> Wire | None:
        """See `Door`: any api that is up."""
        if not self._replicas:
            return None
        return await self._chance.choice(self._replicas).ask(query, last_event_id)

    def _now(self) -> tuple[datetime, int]:
        stored = self._log.stored
        return self._clock.now, stored[-1].sequence if stored else 0

    # Time

    def _mishap(self, every: float) -> float:
        return self._chance.expovariate(1 / every) if every else LONGEST_SECONDS

    async def _lag(self) -> None:
        if self.plan.lags_seconds:
            await passes(self._chance.uniform(0, self.plan.lags_seconds))

    async def _pause(self) -> None:
        if self._chance.random() < self.plan.falls_silent:
            await passes(self._chance.uniform(3000, 4000))
        elif self._pace:
            await passes(self._chance.expovariate(1 / self._pace))
