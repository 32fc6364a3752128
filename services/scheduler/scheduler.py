"""The scheduler of one process: works the partitions that are its own, as instances come and go."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence

from services.scheduler import signals
from services.scheduler.ownership import owned_by
from services.scheduler.partition import MOST_ACTORS, Partition
from services.scheduler.runs import Runs
from shared.errors import Unavailable
from shared.log.flows import Flows
from shared.log.parked import Look, Question, announce
from shared.log.port import Entry, Log, Presence
from shared.log.subjects import Address

_LOOK_SECONDS = 0.5
GROUP = "scheduler"


class Scheduler:
    """Partitions being worked, each by a task of its own."""

    def __init__(
        self, log: Log, partitions: int, instance: str, *, most_actors: int = MOST_ACTORS
    ) -> None:
        self._log = log
        self._runs = Runs(log, Flows(log))
        self._partitions = partitions
        self._instance = instance
        self._most_actors = most_actors
        self._working: dict[int, tuple[Partition, asyncio.Task[None]]] = {}

    async def work(self, stopping: asyncio.Event) -> None:
        """Work what is ours until asked to stop, then hand it over."""
        try:
            async with (
                self._log.oversight.answer_parked("scheduler", self._tell),
                self._log.presence(GROUP, self._instance, self._says) as presence,
            ):
                while not stopping.is_set():
                    await self._change(self._own(presence))
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_SECONDS):
                            await stopping.wait()
        finally:
            await self._change(frozenset())

    async def look(self) -> None:
        """Ask the log for its partitions: more of them are worked as soon as they are there."""
        about = await self._log.about()
        if about.partitions > self._partitions:
            self._partitions = about.partitions
            signals.log.info("partitions.grown", partitions=about.partitions)

    def works(self, partition: int) -> bool:
        """The partition is one of ours at present."""
        return partition in self._working

    def partitions(self) -> frozenset[int]:
        """The partitions that are ours at present."""
        return frozenset(self._working)

    async def may_owe(self, entries: Sequence[Entry]) -> bool:
        """As `Runs.may_owe`."""
        return await self._runs.may_owe(entries)

    async def visit(self, address: Address) -> int:
        """Ask for what an idle run owes if its partition is ours; how many facts that were."""
        working = self._working.get(address.partition)
        return 0 if working is None else await working[0].visit(address)

    def _says(self) -> bytes:
        parked = [run for partition, _ in self._working.values() for run in partition.parking.runs]
        signals.PARKED_RUNS.set(len(parked))
        said = {"partitions": sorted(self._working), "parked": announce(parked)}
        return json.dumps(said).encode()

    async def _tell(self, address: Address, question: Question) -> Look | None:
        """Whether a run of our partitions is parked; None if it is another's."""
        working = self._working.get(address.partition)
        if working is None:
            return None
        look = await working[0].tell(address, question)
        return look.model_copy(update={"instance": self._instance})

    def _own(self, presence: Presence) -> frozenset[int]:
        return owned_by(self._instance, self._partitions, presence.alive())

    async def _change(self, own: frozenset[int]) -> None:
        gone = [n for n, (_, task) in self._working.items() if n not in own or task.done()]
        stopped = [self._working.pop(number)[1] for number in gone]
        for task in stopped:
            task.cancel()
        for outcome in await asyncio.gather(*stopped, return_exceptions=True):
            if isinstance(outcome, Unavailable):
                signals.log.warning("partition.lost", error=str(outcome))
            elif isinstance(outcome, Exception):
                raise outcome
        for number in own - self._working.keys():
            partition = Partition(number, self._log, self._runs, most_actors=self._most_actors)
            self._working[number] = (partition, asyncio.create_task(partition.work()))
        signals.PARTITIONS.set(len(self._working))
