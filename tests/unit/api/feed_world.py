"""A small world in which a feed is read: runs that live, end and leave the log, by one seed.

Whenever the api waits for an answer something else happens: a fact is recorded, a partition is
copied, a fact of a finished run leaves the log, a live one is lost. Readers are cut at random and
come back by the last id they saw.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.api.history.workspace_history import Page, WorkspaceHistory
from services.api.live.hub import Hub
from shared.ledger.lifecycle import Span, Window
from shared.log.memory import Faults, MemoryLog
from shared.log.oversight import About
from shared.log.port import Appended, Entry
from shared.run import facts as f
from shared.run.facts import Lifecycle
from tests.eventually import PATIENCE_SECONDS

PARTITIONS = 3
FAULTS = Faults(live_gap=0.1)
WORKSPACES = ("default", "default", "default", "acme")


@dataclass
class Story:
    """A run: what is still to be told of it, and what was."""

    workspace: str
    run: str
    partition: int
    ahead: Iterator[Lifecycle]
    stored: list[int] = field(default_factory=list)
    end: int = 0
    gone: int = 0

    def leaving(self) -> int:
        """The next fact to leave the log: `requested` goes first, the end last."""
        order = [each for each in self.stored if each != self.end] + [self.end]
        self.gone += 1
        return order[min(self.gone, len(order)) - 1]


def story(chance: random.Random, number: int) -> Story:
    workspace = chance.choice(WORKSPACES)
    run = str(UUID(int=(number << 64) | 0x7000_8000_0000_0000_0000))
    partition = number % PARTITIONS
    return Story(workspace, run, partition, _facts(chance, workspace, run, partition))


def _facts(chance: random.Random, workspace: str, run: str, partition: int) -> Iterator[Lifecycle]:
    who = {"workspace": workspace, "run": run, "partition": partition}
    yield f.RunRequested(**who, flow="v")
    yield f.RunStarted(**who)
    for step in range(chance.randrange(3)):
        what = {**who, "step": step, "node": "n", "attempt": 1}
        yield f.StepStarted(**what, execution=1, worker="w")
        yield f.StepDue(**what, purpose="retry")
        yield f.StepCompleted(**what, execution=1, output="x")
    yield f.RunCompleted(**who)
    if chance.random() < 0.3:
        yield f.RunStopDue(**who)
    if chance.random() < 0.3:
        yield f.RunCancelRequested(**who)


class Shelf:
    """The cold tier: each partition copied up to a position."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.entries: dict[int, Entry] = {}
        self.positions = dict.fromkeys(range(PARTITIONS), 0)

    async def covered(self, about: About) -> int:
        await self._world.turn()
        return min(self.positions.values())

    async def lifecycle(self, workspace: str, window: Window, limit: int) -> Sequence[Entry]:
        await self._world.turn()
        found = [
            entry
            for sequence, entry in sorted(self.entries.items())
            if window.after < sequence <= window.up_to and entry.address.workspace == workspace
        ]
        return found[:limit]

    async def spans(self, workspace: str, runs: Collection[str]) -> Mapping[str, Span]:
        await self._world.turn()
        spans: dict[str, Span] = {}
        for sequence, entry in sorted(self.entries.items()):
            run = entry.address.run
            if run in runs and entry.rest == "requested":
                spans[run] = Span(sequence)
            if run in spans and entry.rest == "finished":
                spans[run] = Span(spans[run].first, sequence)
        return spans


class ShortPages(WorkspaceHistory):
    """Pages so short that they end anywhere."""

    async def page(self, workspace: str, *, after: int, limit: int) -> Page:
        return await super().page(workspace, after=after, limit=4)


class World:
    """All there is, moved by one source of chance. `counting` is what a reader must be told."""

    def __init__(self, seed: int, runs: int = 20) -> None:
        self.chance = random.Random(seed)
        self.log = MemoryLog(partitions=PARTITIONS, seed=seed, faults=FAULTS)
        self.shelf = Shelf(self)
        self.hub = Hub(self.log)
        self.chronicle = ShortPages(self.log, self.shelf)
        self.stories = [story(self.chance, number) for number in range(runs)]
        self.under_way = list(self.stories)
        self.counting: list[int] = []
        self._telling = asyncio.Lock()

    async def turn(self) -> None:
        """Something happens, or nothing does; whoever waits for it may be cancelled meanwhile."""
        for _ in range(self.chance.randrange(1, 5)):
            await asyncio.sleep(0)
            await asyncio.shield(asyncio.ensure_future(self._something()))

    async def _something(self) -> None:
        match self.chance.randrange(7):
            case 0 | 1:
                async with self._telling:
                    await self._tell()
            case 2 | 3:
                await self._copy(self.chance.randrange(PARTITIONS))
            case 4 | 5:
                await self._forget()
            case _:
                return

    async def _tell(self) -> None:
        if not self.under_way:
            return
        told = self.chance.choice(self.under_way[:6])
        fact = next(told.ahead, None)
        if fact is None:
            self.under_way.remove(told)
            return
        outcome = await self.log.append(fact)
        assert isinstance(outcome, Appended)
        sequence = outcome.sequence
        told.stored.append(sequence)
        if told.workspace == "default" and not told.end:
            self.counting.append(sequence)
        if isinstance(fact, f.RunCompleted):
            told.end = sequence

    async def _copy(self, partition: int) -> None:
        last = (await self.log.about()).last
        after = self.shelf.positions[partition]
        up_to = self.chance.randint(after, last)
        found = {
            entry.sequence: entry
            for workspace in sorted(set(WORKSPACES))
            for entry in await self.log.read_lifecycle(
                workspace, after=after, up_to=up_to, limit=10_000
            )
            if entry.address.partition == partition
        }
        self.shelf.entries.update(found)
        position = max(found, default=after)
        self.shelf.positions[partition] = max(self.shelf.positions[partition], position)

    async def _forget(self) -> None:
        """Deletes one more fact of a run that is over and copied."""
        copied = [t for t in self.stories if t.end and self.shelf.entries.keys() >= {*t.stored}]
        if copied:
            sequence = self.chance.choice(copied).leaving()
            await self.log.delete([sequence])

    async def reader(self, seen: list[int], after: int) -> None:
        """Reads until it is cut, at the latest when nothing comes."""
        feed = self.hub.join_feed(self.chronicle, "default")
        try:
            await feed.is_known()
            async for stretch in feed.backlog(after):
                seen += [frame.sequence for frame in stretch.frames]
                after = stretch.position
                if self.chance.random() < 0.2:
                    return
            for _ in range(50):
                frames = feed.tape.cut(after)
                seen += [frame.sequence for frame in frames]
                after = frames[-1].sequence if frames else after
                if frames and self.chance.random() < 0.2:
                    return
                await self.turn()
        finally:
            self.hub.leave(feed)

    async def keep_reading(self, seen: list[int]) -> None:
        """Comes back after every cut, until all that counts was seen."""
        while self.under_way or not seen or seen[-1] < self.counting[-1]:
            for _ in range(self.chance.randrange(40)):
                await self.turn()
            await self.reader(seen, seen[-1] if seen else 0)


async def lived(seed: int, readers: int = 2) -> tuple[list[int], list[list[int]]]:
    """What counted in this world, and what each reader saw."""
    world = World(seed)
    seen: list[list[int]] = [[] for _ in range(readers)]
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*(world.keep_reading(each) for each in seen))
    await world.hub.close()
    return world.counting, seen


async def _many(seeds: int) -> None:
    for seed in range(seeds):
        counting, seen = await lived(seed)
        assert all(each == counting for each in seen), (seed, counting, seen)
    sys.stdout.write(f"{seeds} worlds: every reader saw the whole, once, in order\n")


if __name__ == "__main__":
    asyncio.run(_many(int(sys.argv[1])))
