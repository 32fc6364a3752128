"""What whoever looks after a Penstock may ask of its log: what waits, and who is there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from shared.log.parked import Look, Question, Service
from shared.log.subjects import Address

LEAST_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits to be taken, since when, and how much is in hand.

    `oldest` is the server's time of the first that waits, None if nothing does or it is not known.
    """

    waiting: int
    in_progress: int = 0
    oldest: datetime | None = None

    @property
    def words(self) -> str:
        """How many facts wait, as one says it."""
        return "1 fact waits" if self.waiting == 1 else f"{self.waiting} facts wait"

    def seconds(self, now: datetime) -> float | None:
        """How long the oldest has waited; None if nothing waits, or it is not known.

        Never 0, though `now` is another clock's: what waits is behind.
        """
        if self.oldest is None:
            return None
        return max(round((now - self.oldest).total_seconds(), 3), LEAST_SECONDS)


@dataclass(frozen=True, slots=True)
class About:
    """Which log this is: when its stream was created (server's time), how many partitions, lanes.

    `last` is the highest sequence it has given; `limit_bytes` is None without a limit; `lanes` is 0
    in a log made before there were any.
    `restored_since` is when the log began that this one was restored from, None for any other.
    """

    created: datetime
    partitions: int
    last: int = 0
    entries: int = 0
    size_bytes: int = 0
    limit_bytes: int | None = None
    server: str = ""
    restored_since: datetime | None = None
    lanes: int = 0

    @property
    def since(self) -> datetime:
        """When its oldest facts may be of: those of before are another log's, which was lost."""
        return self.restored_since or self.created

    @property
    def fullness(self) -> float:
        """The part of the size limit that is taken, 0 to 1; 0 without a limit."""
        return self.size_bytes / self.limit_bytes if self.limit_bytes else 0.0


@dataclass(frozen=True, slots=True)
class Store:
    """A stream or a bucket: what it holds and may hold, in bytes; None is without a limit."""

    name: str
    size_bytes: int
    limit_bytes: int | None

    @property
    def fullness(self) -> float:
        """The part of the limit that is taken, 0 to 1; 0 without a limit."""
        return self.size_bytes / self.limit_bytes if self.limit_bytes else 0.0


Say: TypeAlias = Callable[[], bytes]


Tell: TypeAlias = Callable[[Address, Question], Awaitable[Look | None]]


def here() -> bytes:
    """What a member with nothing to say of itself says."""
    return b"here"


class Attendance(Protocol):
    """Who of a group is there, as far as is heard."""

    def said(self) -> Mapping[str, bytes]:
        """What each member heard of lately says of itself, by name."""
        ...

    def seconds_ago(self, name: str) -> float:
        """How long ago such a member said so."""
        ...


class Oversight(Protocol):
    """Every call may raise Unavailable."""

    async def queue(self, pool: str, queue: str = "shared") -> Backlog | None:
        """The ready steps of a queue; None if there is no such queue."""
        ...

    async def partition(self, number: int) -> Backlog | None:
        """The facts a partition's scheduler has yet to react to, without their age."""
        ...

    async def behind(self, partition: int, after: int) -> Backlog:
        """The lifecycle entries of a partition behind a sequence."""
        ...

    async def stores(self) -> tuple[Store, ...]:
        """Every stream and every bucket, those left out that the server did not tell of."""
        ...

    async def has_room(self) -> bool:
        """The server takes a write now, as a small one that replaces itself shows.

        False if it refuses for want of room: its own, or the disk's.
        """
        ...

    def attendance(self, group: str) -> AbstractAsyncContextManager[Attendance]:
        """Hear of a group's members, without being one."""
        ...

    async def ask_parked(
        self, service: Service, address: Address, question: Question
    ) -> Look | None:
        """Whether that service has parked a run (`say`), after another look at it (`look`).

        None if nobody answers within five seconds: none of its instances works the partition.
        """
        ...

    def answer_parked(self, service: Service, tell: Tell) -> AbstractAsyncContextManager[None]:
        """Answer such questions; where `tell` gives None, another instance is to answer."""
        ...
