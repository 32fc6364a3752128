"""Everything at once: schedulers, workers, callers and people over one log, and what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Any

from services.scheduler.firing import fire
from services.scheduler.partition import MOST_ACTORS
from services.scheduler.scheduler import Scheduler
from shared.errors import Unavailable
from shared.flow import content
from shared.log.memory import Clock, Faults, MemoryLog
from shared.log.queues import queues_of
from shared.log.subjects import partition_of
from shared.run import Recorded, body_of
from shared.run import facts as f
from shared.run.content import Blob
from tests.simulation.process import Connection, Main, Process
from tests.simulation.script import Script, at_attempt
from tests.simulation.virtual import VirtualLoop, passes
from tests.simulation.worker import LANES, Worker
from tests.unit.flow.drawing import Drawn, flow_of
from tests.unit.run.tale import ForkOf

PARTITIONS = 2
LONGEST_SECONDS = 4 * 3600
RESTART_SECONDS = 0.5
NO_FAULTS = Faults()
Inspect = Callable[[str, Connection], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a simulation is made of; `dies_every` and `repins_every` are mean seconds, 0: never.

    With more than one scheduler and `are_rivals`, each believes that it is alone. Runs in `forks`
    have something from another run.
    """

    seed: int
    flows: Mapping[str, Drawn]
    script: Script
    faults: Faults = NO_FAULTS
    schedulers: int = 1
    workers: int = 2
    are_rivals: bool = False
    most_actors: int = MOST_ACTORS
    dies_every: float = 0
    repins_every: float = 0
    inspect: Inspect | None = None
    forks: Mapping[str, ForkOf] = field(default_factory=dict)


@dataclass
class Told:
    """The log of a simulation, by run, and what services died of though nobody killed them."""

    histories: dict[str, list[Recorded]] = field(default_factory=dict)
    failures: list[BaseException] = field(default_factory=list)


def simulate(plan: Plan) -> Told:
    """What the log says when every run has ended, or after hours without."""
    clock = Clock()
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        return runner.run(_City(plan, clock).live())


class _City:
    def __init__(self, plan: Plan, clock: Clock) -> None:
        self.plan = plan
        self.told = Told({run: [] for run in plan.flows})
        self._log = MemoryLog(
            partitions=PARTITIONS, lanes=LANES, clock=clock, seed=plan.seed, faults=plan.faults
        )
        self._chance = Random(plan.seed)
        self._left = set(plan.flows)
        self._over = asyncio.Event()
        self._running: dict[str, Process] = {}
        self._starts = 0

    async def live(self) -> Told:
        async with self._tasks() as start:
            for number in range(PARTITIONS):
                start(self._watch(number))
            for n in range(self.plan.schedulers):
                start(self._keep(f"scheduler-{n}", self._scheduler(f"scheduler-{n}")))
            for n in range(self.plan.workers):
                start(self._keep(f"worker-{n}", Worker(self.plan.script).main))
            if self.plan.repins_every:
                start(self._repin())
            for run, raw in self.plan.flows.items():
                start(self._request(run, raw))
            try:
                async with asyncio.timeout(LONGEST_SECONDS):
                    await self._over.wait()
            except TimeoutError:
                pass
            for process in list(self._running.values()):
                await process.kill()
        return self.told

    @asynccontextmanager
    async def _tasks(self) -> AsyncIterator[Callable[..., None]]:
        tasks: list[asyncio.Task[None]] = []
        try:
            yield lambda work: tasks.append(asyncio.create_task(work))
        finally:
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, Exception):
                    self.told.failures.append(outcome)

    # Services

    def _scheduler(self, name: str) -> Main:
        async def main(log: Connection) -> None:
            scheduler = Scheduler(log, PARTITIONS, name, most_actors=self.plan.most_actors)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(fire(log))
                await scheduler.work(asyncio.Event())

        return main

    async def _keep(self, name: str, main: Main) -> None:
        """Start it, kill it now and then, start it again."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        while True:
            self._starts += 1
            connection = Connection(
                self._log, f"{name}.{self._starts}", is_alone=self.plan.are_rivals
            )
            if self.plan.inspect is not None:
                self.plan.inspect(name, connection)
            process = self._running[name] = Process(connection, main, loop)
            every = self.plan.dies_every
            await process.over(self._chance.expovariate(1 / every) if every else LONGEST_SECONDS)
            await process.kill()
            if process.failure is not None and not _is_absence(process.failure):
                self.told.failures.append(process.failure)
            await passes(RESTART_SECONDS)

    async def _repin(self) -> None:
        """Take a partition away from its owner, who does not hear of it."""
        while True:
            await passes(self._chance.expovariate(1 / self.plan.repins_every))
            processes = [self._running[name] for name in sorted(self._running)]
            pulls = [pull for process in processes for pull in process.connection.pulls]
            for pull in self._chance.sample(pulls, len(pulls) // 2):
                await pull.inner.unpin()

    # Callers and people

    async def _request(self, run: str, raw: Drawn) -> None:
        flow = flow_of(raw)
        await insist(lambda: self._log.put_flow(flow.version, content(raw)))
        await passes(self._chance.uniform(0, 3))
        at = {"workspace": "acme", "run": run, "partition": partition_of(run, PARTITIONS)}
        more = await self._fork(run)
        queue = self._chance.choice(queues_of(LANES))
        asked = f.RunRequested(**at, flow=flow.version, input="words", queue=queue, **more)
        await self._record(asked)
        cancel_after = self.plan.script.cancel_after(run)
        if cancel_after is not None:
            await passes(cancel_after)
            await self._record(f.RunCancelRequested(**at))

    async def _fork(self, run: str) -> dict[str, Any]:
        """What the request of a fork says besides, its bodies stored; nothing of another run."""
        if run not in self.plan.forks:
            return {}
        fork = self.plan.forks[run]
        body = body_of(fork.kept.values())
        await insist(lambda: self._log.put_blob("acme", run, body))
        name = Blob(blob=sha256(body).hexdigest(), size_bytes=len(body))
        return {**fork.fields, "kept": name}

    async def _watch(self, partition: int) -> None:
        """Write down what is recorded, and answer what is asked."""
        async with self._tasks() as start:
            async for entries in self._log.replay(partition, after=0):
                for entry in entries:
                    recorded = entry.recorded()
                    self.told.histories[entry.address.run].append(recorded)
                    if isinstance(recorded.fact, f.StepWaiting):
                        start(self._decide(recorded.fact))
                    if entry.rest == "finished":
                        self._left.discard(entry.address.run)
                if not self._left:
                    self._over.set()

    async def _decide(self, asked: f.StepWaiting) -> None:
        seconds, decision = self.plan.script.decision(asked)
        await passes(seconds)
        if asked.run in self._left:
            await self._record(f.StepDecided(**at_attempt(asked), decision=decision))

    async def _record(self, fact: f.Lifecycle) -> None:
        await insist(lambda: self._log.append(fact))


async def insist(call: Callable[[], Awaitable[object]]) -> None:
    """Make the call until the log answers."""
    while True:
        try:
            await call()
        except Unavailable:
            await passes(0.1)
        else:
            return


def _is_absence(error: BaseException) -> bool:
    """Nothing but that the log did not answer: a supervisor starts the service again."""
    if isinstance(error, BaseExceptionGroup):
        return all(_is_absence(each) for each in error.exceptions)
    return isinstance(error, Unavailable)
