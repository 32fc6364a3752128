"""The port on JetStream, put together: see `shared.log.port` for what each call promises."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache

from shared.log import declared
from shared.log.jetstream import question
from shared.log.jetstream.beside import with_beside
from shared.log.jetstream.bodies import Bodies
from shared.log.jetstream.claims import claim
from shared.log.jetstream.connection import Connection, NatsUnavailable, connection
from shared.log.jetstream.credentials import Credentials
from shared.log.jetstream.deletion import Deletion
from shared.log.jetstream.direct import Direct
from shared.log.jetstream.errands import Errands
from shared.log.jetstream.gathering import Gathering
from shared.log.jetstream.history import Reading
from shared.log.jetstream.leaders import Leaders
from shared.log.jetstream.lean import header_of
from shared.log.jetstream.limited import LimitedQueues
from shared.log.jetstream.live import Feed, live
from shared.log.jetstream.oversight import Oversight
from shared.log.jetstream.presence import Heard, announced, presence
from shared.log.jetstream.publisher import Publisher
from shared.log.jetstream.pull import Pull, PullFrom, partition_source, pulling
from shared.log.jetstream.replay import replay
from shared.log.jetstream.tool_calls import ToolCalls
from shared.log.oversight import About, here
from shared.log.port import AlreadyRecorded, Appended, Entry, History
from shared.log.subjects import (
    EVERY_ALIVE,
    EVERY_READERS,
    REQUESTED,
    Address,
    AttemptKey,
    due_of,
    live_filter,
    readers_of,
    split_alive,
    split_readers,
    stored_filter,
    subject_of,
    timer_of,
)
from shared.run.facts import Lifecycle, Stream, TimerFact
from shared.run.wire import encode

_ONCE = {"Nats-Expected-Last-Subject-Sequence": "0"}
_FACT = header_of(_ONCE)
_PURGE = f"$JS.API.STREAM.PURGE.{declared.TIMERS}"


@lru_cache(maxsize=256)
def _kept(seconds: int) -> bytes:
    return header_of({"Nats-TTL": str(seconds)})


class JetStreamLog:
    """One service's view of the log. Made by `connect`."""

    def __init__(self, opened: Connection) -> None:
        self._connection = opened
        self._publisher = Publisher(opened)
        self._leaders = Leaders(opened)
        self._direct = Direct(opened, self._publisher, self._leaders)
        self.oversight = Oversight(opened, self._direct)
        self.credentials = Credentials(opened, self._publisher)
        self.limited = LimitedQueues(opened, self._publisher)
        self.tools = ToolCalls(opened)
        self.errands = Errands(opened)
        self._reading = Reading(self._direct)
        self._gathering = Gathering(self._reading.select)
        self._deletion = Deletion(opened, self._publisher)
        self._blobs = Bodies(opened, declared.BLOBS)
        self._flows = Bodies(opened, declared.FLOWS)

    async def start(self) -> None:
        """Subscribe to all answers."""
        await self._publisher.start()
        await self._direct.start()
        await self._deletion.start()

    async def stop(self) -> None:
        """Stop publishing; what is unanswered is unknown."""
        await self._publisher.stop()

    async def about(self) -> About:
        return await self._direct.about()

    def append(
        self, fact: Lifecycle, beside: Sequence[bytes] = ()
    ) -> Awaitable[Appended | AlreadyRecorded]:
        header = with_beside(_FACT, beside) if beside else _FACT
        return self._publisher.append(subject_of(fact), encode(fact, _now()), header)

    def stream(self, fact: Stream, seconds: int = declared.DELTA_SECONDS) -> Awaitable[int]:
        return self._publisher.store(subject_of(fact), encode(fact, _now()), _kept(seconds))

    async def history(self, workspace: str, run: str, *, at_least: int = 0) -> History:
        return await self._reading.history(workspace, run, at_least)

    async def select(self, address: Address, rests: Sequence[str], *, at_least: int) -> History:
        at_least = at_least or await self._direct.leaders_last(address.subject(">"))
        if not at_least:
            return History((), 0)
        filters = [address.subject(rest) for rest in rests]
        return await self._gathering.select(filters, at_least)

    async def read_on(
        self, workspace: str, run: str, *, after: int, limit: int = 1000
    ) -> tuple[Entry, ...]:
        return await self._reading.read_on(stored_filter(workspace, run), after, limit)

    async def read_lifecycle(
        self, workspace: str, *, after: int, up_to: int, limit: int
    ) -> tuple[Entry, ...]:
        return await self._reading.lifecycle(workspace, after, up_to, limit)

    async def last_sequence(self, workspace: str = "*", run: str = "*", rest: str = ">") -> int:
        if (workspace, run, rest) == ("*", "*", ">"):
            return await self._direct.stream_last()
        return await self._direct.leaders_last(stored_filter(workspace, run, rest))

    async def has_run(self, workspace: str, run: str) -> bool:
        return bool(await self.last_sequence(workspace, run, REQUESTED))

    def live(
        self, workspace: str, run: str = "*", rest: str | tuple[str, ...] = ">"
    ) -> AbstractAsyncContextManager[Feed]:
        rests = (rest,) if isinstance(rest, str) else rest
        filters = [live_filter(workspace, run, each) for each in rests]
        return live(self._connection, self._leaders, filters)

    def partition(self, number: int) -> AbstractAsyncContextManager[Pull]:
        return self._pulling(partition_source(number))

    def work(self, pool: str, queue: str = "shared") -> AbstractAsyncContextManager[Pull]:
        return self._pulling(PullFrom(declared.RUNS, declared.work_consumer(pool, queue)))

    def firings(self) -> AbstractAsyncContextManager[Pull]:
        return self._pulling(PullFrom(declared.TIMERS, declared.FIRINGS))

    def _pulling(self, source: PullFrom) -> AbstractAsyncContextManager[Pull]:
        return pulling(self._connection, self._publisher, source)

    async def ask_alive(self, attempt: AttemptKey) -> bool:
        try:
            return await question.ask(self._connection, attempt.alive_subject)
        except NatsUnavailable:
            return False  # should somebody be at it, the log takes one outcome

    def answer_alive(
        self, executing: Callable[[AttemptKey], bool]
    ) -> AbstractAsyncContextManager[None]:
        return question.answering(
            self._connection, EVERY_ALIVE, lambda subject: executing(split_alive(subject))
        )

    async def ask_read(self, workspace: str, run: str) -> bool:
        return await question.ask(self._connection, readers_of(workspace, run))

    def answer_read(self, reading: Callable[[str, str], bool]) -> AbstractAsyncContextManager[None]:
        return question.answering(
            self._connection, EVERY_READERS, lambda subject: reading(*split_readers(subject))
        )

    def presence(
        self,
        group: str,
        name: str,
        say: Callable[[], bytes] = here,
        news: asyncio.Event | None = None,
    ) -> AbstractAsyncContextManager[Heard]:
        return presence(self._connection, group, name, say, news)

    def announced(
        self, group: str, name: str, say: Callable[[], bytes]
    ) -> AbstractAsyncContextManager[None]:
        return announced(self._connection, group, name, say)

    def replay(self, partition: int, *, after: int) -> AsyncIterator[list[Entry]]:
        return replay(self._connection, self._publisher, partition, after)

    async def set_timer(self, fact: TimerFact, fires_at: datetime) -> None:
        lines = {
            **_ONCE,
            "Nats-Schedule": f"@at {_rfc3339(fires_at)}",
            "Nats-Schedule-Target": due_of(fact),
            "Nats-Schedule-TTL": "24h",
            "Nats-TTL": "never",
        }
        header = header_of(lines)
        await self._publisher.append(timer_of(fact), encode(fact, _now()), header, "timer")

    async def cancel_timer(self, fact: TimerFact) -> None:
        answer = await self._connection.request(_PURGE, {"filter": timer_of(fact)})
        if "error" in answer:
            raise NatsUnavailable(f"NATS did not cancel a timer: {answer['error']}")

    async def put_blob(self, workspace: str, run: str, body: bytes) -> str:
        # Beside the loop: of 64 MiB it takes a fraction of a second.
        sha256 = await asyncio.to_thread(lambda: hashlib.sha256(body).hexdigest())
        await self._blobs.put(f"{workspace}/{run}/{sha256}", body)
        return sha256

    async def get_blob(self, workspace: str, run: str, sha256: str) -> bytes | None:
        return await self._blobs.get(f"{workspace}/{run}/{sha256}")

    async def put_flow(self, version: str, body: bytes) -> None:
        await self._flows.put_once(version, body)

    async def get_flow(self, version: str) -> bytes | None:
        return await self._flows.get(version)

    async def claim(self, workspace: str, key: str, value: bytes) -> bytes:
        return await claim(self._connection, self._publisher, workspace, key, value)

    async def delete(self, sequences: Sequence[int]) -> None:
        await self._deletion.delete(sequences)

    async def delete_blobs(self, workspace: str, run: str, names: Sequence[str]) -> None:
        for name in names:
            await self._blobs.delete(f"{workspace}/{run}/{name}")


@asynccontextmanager
async def connect(url: str, *, name: str) -> AsyncIterator[JetStreamLog]:
    """The log at a NATS server, for a service called `name`. Raises: Unavailable."""
    async with connection(url, name) as opened:
        log = JetStreamLog(opened)
        await log.start()
        try:
            yield log
        finally:
            await log.stop()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def _rfc3339(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
