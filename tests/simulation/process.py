"""A process of the simulation: its own way to the log, and its death.

A process that dies does nothing any more, not even what its `finally` blocks would like to do: no
call reaches the log, no ack leaves. What it had sent before is in the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from shared.log.memory import MemoryLog
from shared.log.memory.consumer import Consumer
from shared.log.memory.presence import Heard
from shared.log.memory.store import Store
from shared.log.oversight import here
from shared.log.port import AlreadyRecorded, Appended, Deliveries, Delivery, Entry
from shared.log.subjects import AttemptKey
from shared.run.facts import Lifecycle
from tests.simulation.virtual import PROCESS, VirtualLoop

Main = Callable[["Connection"], Awaitable[None]]
Hook = Callable[[str], None]


class Connection(MemoryLog):
    """The server as one process sees it, for as long as the process lives.

    `before` is told of every call before it has any effect, `behind` after: they may be its death.
    `last` is what was delivered to it last. One that `is_deaf` hears of nobody who is alive.
    """

    def __init__(self, server: MemoryLog, name: str, *, is_alone: bool = False) -> None:
        self.__dict__.update(server.__dict__)
        self.name = name
        self.is_dead = False
        self.died = asyncio.Event()
        self.is_alone = is_alone
        self.pulls: list[Pull] = []
        self.last: Delivery | None = None
        self.is_deaf = False
        self.before: Hook = lambda call: None
        self.behind: Hook = lambda call: None

    def die(self) -> None:
        """From now on nothing of this process has any effect."""
        self.is_dead = True
        self.died.set()

    def begin(self, call: str) -> None:
        """Raises: CancelledError in a dead process."""
        if not self.is_dead:
            self.before(call)
        self._check()

    def end(self, call: str) -> None:
        if not self.is_dead:
            self.behind(call)
        self._check()

    def _check(self) -> None:
        if self.is_dead:
            raise asyncio.CancelledError(f"{self.name} is dead")

    async def _reach(self, asked: str) -> Store:
        self.begin(asked)
        store = await super()._reach(asked)
        self.end(asked)
        return store

    def append(
        self, fact: Lifecycle, beside: Sequence[bytes] = ()
    ) -> Awaitable[Appended | AlreadyRecorded]:
        self.begin("append")
        answer = super().append(fact, beside)
        self.end("append")
        return answer

    async def ask_alive(self, attempt: AttemptKey) -> bool:
        return not self.is_deaf and await super().ask_alive(attempt)

    @asynccontextmanager
    async def presence(
        self,
        group: str,
        name: str,
        say: Callable[[], bytes] = here,
        news: asyncio.Event | None = None,
    ) -> AsyncIterator[Heard]:
        async with super().presence(group if not self.is_alone else name, name, say) as heard:
            yield heard

    @asynccontextmanager
    async def _pulling(self, consumer: Consumer | None, name: str) -> AsyncIterator[Deliveries]:
        async with super()._pulling(consumer, name) as inner:
            pull = Pull(inner, self)
            self.pulls.append(pull)
            try:
                yield pull
            finally:
                self.pulls.remove(pull)


class Pull:
    """Deliveries to a process."""

    def __init__(self, inner: Deliveries, connection: Connection) -> None:
        self.inner = inner
        self._connection = connection

    async def next(self) -> list[Delivery]:
        arrived = await self.inner.next()
        self._connection.begin("delivered")
        delivered: list[Delivery] = [Delivered(each, self._connection) for each in arrived]
        self._connection.last = arrived[-1] if arrived else self._connection.last
        return delivered

    def credit(self, count: int) -> None:
        if not self._connection.is_dead:
            self.inner.credit(count)

    @property
    def outstanding(self) -> int:
        return self.inner.outstanding

    def want(self, count: int) -> None:
        if not self._connection.is_dead:
            self.inner.want(count)

    async def unpin(self) -> None:
        self._connection.begin("unpin")
        await self.inner.unpin()


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery in the hands of a process."""

    inner: Delivery
    connection: Connection

    @property
    def entry(self) -> Entry:
        return self.inner.entry

    @property
    def count(self) -> int:
        return self.inner.count

    @property
    def order(self) -> int:
        return self.inner.order

    @property
    def pin(self) -> str:
        return self.inner.pin

    @property
    def beside(self) -> Sequence[bytes]:
        return self.inner.beside

    def ack(self) -> None:
        self.connection.begin("ack")
        self.inner.ack()
        self.connection.end("ack")

    def nak(self, delay_seconds: float = 0) -> None:
        self.connection.begin("nak")
        self.inner.nak(delay_seconds)

    def in_progress(self) -> None:
        self.connection.begin("in_progress")
        self.inner.in_progress()


class Process:
    """Something that runs until it dies; `failure` is what it must never die of."""

    def __init__(self, connection: Connection, main: Main, loop: VirtualLoop) -> None:
        self.connection = connection
        self._loop = loop
        context = copy_context()
        context.run(PROCESS.set, connection.name)
        self._root = context.run(loop.create_task, _live(main, connection))

    @property
    def failure(self) -> BaseException | None:
        """The error that ended it, if one did."""
        if not self._root.done() or self._root.cancelled():
            return None
        return self._root.exception()

    async def over(self, within: float) -> None:
        """Returns when it has ended or died, or after so many seconds."""
        death = asyncio.create_task(self.connection.died.wait())
        ends: set[asyncio.Task[Any]] = {self._root, death}
        await asyncio.wait(ends, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        death.cancel()

    async def kill(self) -> None:
        """SIGKILL."""
        self.connection.die()
        while tasks := self._loop.tasks_of(self.connection.name):
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def _live(main: Main, connection: Connection) -> None:
    await main(connection)
