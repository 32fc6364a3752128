"""The port kept in memory. See the package for what drives it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from itertools import islice, product

from shared.errors import Unavailable
from shared.log import declared, subjects
from shared.log.filters import pattern_of
from shared.log.memory.arrivals import Arrivals
from shared.log.memory.bodies import Bodies
from shared.log.memory.clock import Clock
from shared.log.memory.consumer import Consumer, Terms
from shared.log.memory.errands import Errands
from shared.log.memory.faults import Chance, Faults
from shared.log.memory.feed import Feed
from shared.log.memory.limited import LimitedQueues
from shared.log.memory.line import Line, unanswered
from shared.log.memory.oversight import Oversight
from shared.log.memory.presence import Company, Heard
from shared.log.memory.store import Store
from shared.log.memory.timers import Timers
from shared.log.memory.tool_calls import ToolCalls
from shared.log.oversight import About, here
from shared.log.port import AlreadyRecorded, Appended, Deliveries, Entry, Gap, History, Live
from shared.log.queues import queues_of
from shared.log.subjects import Address, AnyFact, AttemptKey, address_of, rest_of
from shared.run.facts import Lifecycle, Stream, TimerFact
from shared.run.wire import encode

_PARTITION = Terms(declared.OWNED_ACK_SECONDS, pin_seconds=declared.PIN_SECONDS)
_WORK = _FIRINGS = Terms(declared.ACK_SECONDS)
_DECIDING = pattern_of(*subjects.DECIDING)
_REPLAYED_AT_ONCE = 500


class MemoryLog(Bodies):
    """The log, see the port; `clock` moves its time, `disturb` its live feeds."""

    def __init__(
        self,
        *,
        partitions: int = 8,
        pools: Iterable[str] = ("default", "local"),
        lanes: int = 1,
        clock: Clock | None = None,
        seed: int = 0,
        faults: Faults | None = None,
    ) -> None:
        super().__init__()
        self.clock = clock or Clock()
        self._chance = Chance(seed, faults or Faults())
        self._line = Line(self.clock, self._chance)
        self._store = Store()
        self._company = Company()
        self._created = self.clock.now
        self._feeds: list[Feed] = []
        self._tails: list[tuple[int, Arrivals[Entry]]] = []
        self._partitions = {n: self._consumer(_PARTITION) for n in range(partitions)}
        self._lanes = lanes
        self._work = {name: self._consumer(_WORK) for name in product(pools, queues_of(lanes))}
        self.oversight = Oversight(self._store, self._company, self._partitions, self._work)
        self.limited, self.errands, self.tools = LimitedQueues(), Errands(), ToolCalls(self.clock)
        self._firings = Consumer(self.clock, self._chance, _FIRINGS)
        self._timers = Timers(self.clock, self._chance, self._firings)

    def _consumer(self, terms: Terms) -> Consumer:
        return Consumer(self.clock, self._chance, terms, self._store)

    async def about(self) -> About:
        await self._reach("about")
        partitions, last = len(self._partitions), self._store.last
        return About(created=self._created, partitions=partitions, lanes=self._lanes, last=last)

    # Writing

    def append(
        self, fact: Lifecycle, beside: Sequence[bytes] = ()
    ) -> Awaitable[Appended | AlreadyRecorded]:
        fate = self._chance.append_fate()
        if fate == "answered":
            return self._line.answered(self._record(fact, beside))
        if fate == "stored":
            self._record(fact, beside)
        if fate == "late":
            self.clock.after(self._chance.delay_seconds(), lambda: self._record(fact, beside))
        return self._line.answered(unanswered("append"))

    def stream(self, fact: Stream, seconds: int = declared.DELTA_SECONDS) -> Awaitable[int]:
        if self._chance.happens(self._chance.faults.unavailable):
            return self._line.answered(unanswered("stream"))
        return self._line.answered(self._put(fact, seconds=seconds).sequence)

    def _record(self, fact: Lifecycle, beside: Sequence[bytes]) -> Appended | AlreadyRecorded:
        if self._store.is_recorded(address_of(fact).subject(rest_of(fact))):
            return AlreadyRecorded()
        return Appended(self._put(fact, beside).sequence)

    def _put(
        self,
        fact: AnyFact,
        beside: Sequence[bytes] = (),
        seconds: int = declared.DELTA_SECONDS,
    ) -> Entry:
        now, life = self.clock.now, timedelta(seconds=seconds)
        entry = self._store.put(address_of(fact), rest_of(fact), self._encoded(fact), now, life)
        for feed in self._feeds:
            feed.pass_by(entry)
        if not subjects.is_delta(entry.rest):
            self._hand_out(entry, beside)
        return entry

    def _hand_out(self, entry: Entry, beside: Sequence[bytes]) -> None:
        partition = entry.address.partition
        for number, tail in self._tails:
            if number == partition:
                tail.send(entry)
        if partition in self._partitions and _DECIDING.fullmatch(entry.rest):
            self._partitions[partition].offer(entry, beside)
        queue = subjects.queue_of(entry.rest)
        if queue in self._work:
            self._work[queue].offer(entry, beside)

    def _encoded(self, fact: AnyFact) -> bytes:
        at = self.clock.now.isoformat(timespec="microseconds").replace("+00:00", "Z")
        return encode(fact, at)

    async def _reach(self, asked: str) -> Store:
        """The store as it stands when the request gets there. Raises: Unavailable."""
        await self._line.reach(asked)
        self._store.expire(self.clock.now)
        return self._store

    # Reading

    async def history(self, workspace: str, run: str, *, at_least: int = 0) -> History:
        store = await self._reach("history")
        _check_reached(store, at_least)
        entries = (
            entry for entry in store.of_run(workspace, run) if not subjects.is_delta(entry.rest)
        )
        return History(entries=tuple(entries), up_to=store.last)

    async def select(self, address: Address, rests: Sequence[str], *, at_least: int) -> History:
        store = await self._reach("select")
        _check_reached(store, at_least)
        return History(entries=store.latest(address, rests), up_to=store.last)

    async def read_on(
        self, workspace: str, run: str, *, after: int, limit: int = 1000
    ) -> tuple[Entry, ...]:
        store = await self._reach("read_on")
        entries = [entry for entry in store.of_run(workspace, run) if entry.sequence > after]
        return tuple(entries[:limit])

    async def read_lifecycle(
        self, workspace: str, *, after: int, up_to: int, limit: int
    ) -> tuple[Entry, ...]:
        store = await self._reach("read_lifecycle")
        return tuple(islice(store.lifecycle_of(workspace, after, up_to), limit))

    async def last_sequence(self, workspace: str = "*", run: str = "*", rest: str = ">") -> int:
        store = await self._reach("last_sequence")
        if (workspace, run, rest) == ("*", "*", ">"):
            return store.last
        return store.last_of(subjects.stored_filter(workspace, run, rest))

    async def has_run(self, workspace: str, run: str) -> bool:
        store = await self._reach("has_run")
        return any(entry.rest == subjects.REQUESTED for entry in store.of_run(workspace, run))

    # Listening

    @asynccontextmanager
    async def live(
        self, workspace: str, run: str = "*", rest: str | tuple[str, ...] = ">"
    ) -> AsyncIterator[Feed]:
        await self._reach("live")
        arrivals: Arrivals[Live | Gap] = Arrivals(self.clock, self._chance)
        rests = (rest,) if isinstance(rest, str) else rest
        wanted = pattern_of(*(subjects.live_filter(workspace, run, each) for each in rests))
        feed = Feed(wanted, arrivals, self._chance)
        self._feeds.append(feed)
        try:
            yield feed
        finally:
            self._feeds.remove(feed)

    def suffer(self, faults: Faults) -> None:
        """From now on these are what goes wrong."""
        self._chance.faults = faults

    def disturb(self, reason: str) -> None:
        """Tell every live feed that facts may have been lost, as a cut connection does."""
        for feed in self._feeds:
            feed.disturb(reason)

    def listening(self) -> Sequence[Feed]:
        """The live feeds that are open."""
        return tuple(self._feeds)

    def partition(self, number: int) -> AbstractAsyncContextManager[Deliveries]:
        return self._pulling(self._partitions.get(number), f"partition {number}")

    def work(self, pool: str, queue: str = "shared") -> AbstractAsyncContextManager[Deliveries]:
        return self._pulling(self._work.get((pool, queue)), f"queue {pool}.{queue}")

    def firings(self) -> AbstractAsyncContextManager[Deliveries]:
        return self._pulling(self._firings, "firings")

    @asynccontextmanager
    async def _pulling(self, consumer: Consumer | None, name: str) -> AsyncIterator[Deliveries]:
        await self._reach(name)
        if consumer is None:
            raise Unavailable(f"expected a consumer of {name}, found none; declare it")
        with consumer.pulled() as puller:
            yield puller

    async def replay(self, partition: int, *, after: int) -> AsyncIterator[list[Entry]]:
        arrivals: Arrivals[Entry] = Arrivals(self.clock, self._chance)
        tail = (partition, arrivals)
        self._tails.append(tail)
        try:
            past = self._store.of_partition(partition, after)
            for start in range(0, len(past), _REPLAYED_AT_ONCE):
                yield past[start : start + _REPLAYED_AT_ONCE]
            while True:
                if entries := [e for e in await arrivals.take() if e.sequence > after]:
                    yield entries
        finally:
            self._tails.remove(tail)

    # Company

    async def ask_alive(self, attempt: AttemptKey) -> bool:
        await self._reach("ask_alive")
        return self._company.workers(attempt)

    @asynccontextmanager
    async def answer_alive(self, executing: Callable[[AttemptKey], bool]) -> AsyncIterator[None]:
        await self._reach("answer_alive")
        with self._company.workers.answering(executing):
            yield

    async def ask_read(self, workspace: str, run: str) -> bool:
        await self._reach("ask_read")
        return self._company.readers((workspace, run))

    @asynccontextmanager
    async def answer_read(self, reading: Callable[[str, str], bool]) -> AsyncIterator[None]:
        await self._reach("answer_read")
        with self._company.readers.answering(lambda about: reading(*about)):
            yield

    @asynccontextmanager
    async def presence(
        self,
        group: str,
        name: str,
        say: Callable[[], bytes] = here,
        news: asyncio.Event | None = None,
    ) -> AsyncIterator[Heard]:
        await self._reach("presence")
        with self._company.member(group, name, say) as heard:
            yield heard

    @asynccontextmanager
    async def announced(
        self, group: str, name: str, say: Callable[[], bytes]
    ) -> AsyncIterator[None]:
        await self._reach("announced")
        with self._company.member(group, name, say):
            yield

    # Timers, deletion

    async def set_timer(self, fact: TimerFact, fires_at: datetime) -> None:
        await self._reach("set_timer")
        self._timers.set(fact, self._encoded(fact), fires_at)

    async def cancel_timer(self, fact: TimerFact) -> None:
        await self._reach("cancel_timer")
        self._timers.cancel(fact)

    async def delete(self, sequences: Sequence[int]) -> None:
        store = await self._reach("delete")
        for sequence in sequences:
            store.delete(sequence)


def _check_reached(store: Store, at_least: int) -> None:
    if store.last < at_least:
        raise Unavailable(
            f"expected the log to have reached sequence {at_least}, it is at {store.last}; "
            "ask for a sequence that was given"
        )
