"""What the contract needs beside a log: new runs, more clients, and time that passes."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    aclosing,
    asynccontextmanager,
    suppress,
)
from datetime import UTC, datetime, timedelta
from signal import SIGKILL
from typing import TypeVar
from uuid import uuid4

from nats.aio.msg import Msg

from shared.errors import Unavailable
from shared.log import connect
from shared.log.memory import MemoryLog
from shared.log.port import AlreadyRecorded, Appended, Deliveries, Delivery, Entry, Log
from shared.log.subjects import rest_of
from shared.run.facts import Lifecycle, Stream
from shared.run.wire import decode
from tests.contract.story import Story
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.servers import NatsServer, connected, flushed

T = TypeVar("T")
Replay = AsyncIterator[list[Entry]]

PARTITIONS = 4
POOLS = ("default", "local")
_LOOP_TURNS = 1000


class World(ABC):
    """One log server with nothing in it."""

    log: Log

    @abstractmethod
    async def another(self) -> Log:
        """One more client of the same server."""

    @abstractmethod
    def now(self) -> datetime:
        """The time the log goes by."""

    @abstractmethod
    async def within(self, seconds: float, awaitable: Awaitable[T]) -> T:
        """Its result, letting no more than so much of the log's time pass. Raises: TimeoutError.

        Where time passes by itself it is this machine's: then as much as the suite has patience.
        """

    @property
    @abstractmethod
    def lateness(self) -> timedelta:
        """How late a thing may be seen here that was due at a time of the log's."""

    @abstractmethod
    async def disturb(self) -> None:
        """Break every connection to the server; what is stored stays."""

    @abstractmethod
    def serving(
        self, workspace: str, name: str, serve: Callable[[bytes], Awaitable[bytes]]
    ) -> AbstractAsyncContextManager[None]:
        """Answer the calls of a tool while the block lasts."""

    def story(self, workspace: str = "acme", partition: int = 0) -> Story:
        """A run nobody knows."""
        return Story(workspace, uuid4().hex, partition)

    async def arrived(
        self, deliveries: Deliveries, number: int, within: float = 5
    ) -> list[Delivery]:
        """So many deliveries, or more if they came together; not acked."""

        async def gather() -> list[Delivery]:
            found: list[Delivery] = []
            while len(found) < number:
                found += await deliveries.next()
            return found

        return await self.within(within, gather())


class MemoryWorld(World):
    """Time passes by moving the clock, whenever nothing else is left to do."""

    def __init__(self) -> None:
        self.memory = MemoryLog(partitions=PARTITIONS, pools=POOLS)
        self.log: Log = self.memory

    async def another(self) -> Log:
        return self.log

    def now(self) -> datetime:
        return self.memory.clock.now

    @property
    def lateness(self) -> timedelta:
        return timedelta(seconds=1)

    async def disturb(self) -> None:
        self.memory.disturb("the test says so")

    @asynccontextmanager
    async def serving(
        self, workspace: str, name: str, serve: Callable[[bytes], Awaitable[bytes]]
    ) -> AsyncIterator[None]:
        with self.memory.tools.serving(workspace, name, serve):
            yield

    async def within(self, seconds: float, awaitable: Awaitable[T]) -> T:
        clock = self.memory.clock
        task = asyncio.ensure_future(awaitable)
        until = clock.now + timedelta(seconds=seconds)
        while not await _is_done(task):
            if clock.now >= until:
                task.cancel()
                raise TimeoutError(f"not within {seconds:g} s of the log's time")
            clock.advance_to(min(until, clock.next_at or until))
        return await task


async def _is_done(task: asyncio.Future[T]) -> bool:
    """Whether it ends without the clock moving."""
    for _ in range(_LOOP_TURNS):
        if task.done():
            break
        await asyncio.sleep(0)
    return task.done()


class JetStreamWorld(World):
    """A real server, whose time passes by itself."""

    def __init__(self, server: NatsServer, log: Log, connections: AsyncExitStack) -> None:
        self.log = log
        self._server = server
        self._connections = connections

    async def another(self) -> Log:
        return await self._connections.enter_async_context(
            connect(self._server.url, name="another")
        )

    def now(self) -> datetime:
        return datetime.now(UTC)

    @property
    def lateness(self) -> timedelta:
        return timedelta(seconds=PATIENCE_SECONDS)

    async def disturb(self) -> None:
        self._server.stop(SIGKILL)
        self._server.start()

    @asynccontextmanager
    async def serving(
        self, workspace: str, name: str, serve: Callable[[bytes], Awaitable[bytes]]
    ) -> AsyncIterator[None]:
        async def answer(message: Msg) -> None:
            await message.respond(await serve(message.data))

        client = await connected(self._server.url)
        await client.subscribe(f"tools.{workspace}.{name}", cb=answer)
        await flushed(client)
        try:
            yield
        finally:
            await client.close()

    async def within(self, seconds: float, awaitable: Awaitable[T]) -> T:
        return await asyncio.wait_for(awaitable, PATIENCE_SECONDS)


async def stored(log: Log, *facts: Lifecycle) -> list[int]:
    """The sequences of these facts, appended in order; none was recorded before.

    A connection that breaks meanwhile, as a busy machine's may, has facts appended a second time,
    which are recorded then.
    """
    (before,) = await eventually(lambda: _last_sequence(log))
    answers = [log.append(fact) for fact in facts]
    outcomes = [await answer for answer in answers]
    sequences = [
        outcome.sequence
        if isinstance(outcome, Appended)
        else await log.last_sequence(fact.workspace, fact.run, rest_of(fact))
        for fact, outcome in zip(facts, outcomes, strict=True)
    ]
    assert all(sequence > before for sequence in sequences), outcomes
    return sequences


async def _last_sequence(log: Log) -> tuple[int] | None:
    """The last sequence of the log, once it answers."""
    try:
        return (await log.last_sequence(),)
    except Unavailable:
        return None


def said(entry: Entry) -> Lifecycle | Stream:
    """The fact of an entry, without its writer's clock."""
    return decode(entry.data).model_copy(update={"at": ""})


@asynccontextmanager
async def replaying(log: Log, partition: int, after: int) -> AsyncIterator[Replay]:
    """A replay that is closed at the end; as a projector does, it begins again when it was lost."""
    batches = _replayed(log, partition, after)
    try:
        yield batches
    finally:
        await batches.aclose()


async def _replayed(log: Log, partition: int, after: int) -> AsyncGenerator[list[Entry], None]:
    while True:
        batches = log.replay(partition, after=after)
        assert isinstance(batches, AsyncGenerator)
        with suppress(Unavailable):
            async with aclosing(batches):
                async for batch in batches:
                    yield batch
                    after = batch[-1].sequence


async def recorded(log: Log, fact: Lifecycle) -> None:
    """The fact stands: Unavailable means unknown, so it is appended until the answer tells."""

    async def answer() -> Appended | AlreadyRecorded | None:
        try:
            return await log.append(fact)
        except Unavailable:
            return None

    await eventually(answer)
