"""The log as the services see it: what can be asked of it, whatever keeps it.

Two adapters keep this contract, under one suite: `jetstream` (the real one) and `memory` (for
simulation). Sequences are positive, grow in the order of storing, and are the ids readers see.

    append   at most once per subject, for as long as the run is in the log
    history  every lifecycle fact of a run, in order, up to a known sequence
    read_on  everything of a run after a sequence, deltas too; `read_lifecycle`: of a workspace
    live     what is stored from now on; may lose: read on after `Gap`
    pull     deliveries of a durable consumer, until acked; replay: of a partition, without acks
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from shared.log.credentials import Credentials
from shared.log.declared import DELTA_SECONDS
from shared.log.deliveries import Deliveries as Deliveries
from shared.log.deliveries import Delivery as Delivery
from shared.log.deliveries import Entry as Entry
from shared.log.errands import Errands
from shared.log.limited import LimitedQueues
from shared.log.oversight import About, Attendance, Oversight, Say, here
from shared.log.subjects import Address, AttemptKey
from shared.log.tool_calls import ToolCalls
from shared.run.facts import Lifecycle, Stream, TimerFact


class Appended(NamedTuple):
    """The fact was stored at `sequence`."""

    sequence: int


@dataclass(frozen=True, slots=True)
class AlreadyRecorded:
    """A fact of this subject stands in the log: read it and fold that one."""


@dataclass(frozen=True, slots=True)
class History:
    """Entries in sequence order, complete up to and including `up_to`."""

    entries: tuple[Entry, ...]
    up_to: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Live facts may have been lost since the last one: read on from it."""

    reason: str


class Live(NamedTuple):
    """A stored fact as it passes by: `data` are its bytes, `sequence` its place in the log."""

    sequence: int
    workspace: str
    run: str
    rest: str
    data: bytes


class LiveFeed(Protocol):
    """Facts passing by, and gaps, from the moment it was opened."""

    async def next(self) -> list[Live | Gap]:
        """All that has arrived, at least one, in order of arrival."""
        ...


class Presence(Attendance, Protocol):
    """Who of a group is there, as far as is heard; liveness, never safety."""

    def alive(self) -> frozenset[str]:
        """The names heard of lately, one's own among them."""
        ...


class Log(Protocol):
    """See the module. Every call may raise Unavailable; nothing else, unless said."""

    @property
    def oversight(self) -> Oversight:
        """What may be asked by whoever looks after it all."""
        ...

    @property
    def credentials(self) -> Credentials:
        """The sealed keys and secrets of workspaces."""
        ...

    @property
    def limited(self) -> LimitedQueues:
        """The queues of workspaces whose steps in flight are limited."""
        ...

    @property
    def tools(self) -> ToolCalls:
        """Calls of tools that programs of users answer."""
        ...

    @property
    def errands(self) -> Errands:
        """What one service has another do at once."""
        ...

    async def about(self) -> About:
        """The log's own description, asked of the server: partitions may have grown."""
        ...

    def append(
        self, fact: Lifecycle, beside: Sequence[bytes] = ()
    ) -> Awaitable[Appended | AlreadyRecorded]:
        """Store the fact unless its subject is taken; sent in call order, answered later.

        `beside` are stored facts, as bytes, that whoever it is delivered to would have to read.
        It leaves at the call, not at the await. Unavailable means unknown: append again.
        """
        ...

    def stream(self, fact: Stream, seconds: int = DELTA_SECONDS) -> Awaitable[int]:
        """Store a delta, kept so long; its sequence. Sent in call order, answered later."""
        ...

    async def history(self, workspace: str, run: str, *, at_least: int = 0) -> History:
        """All lifecycle facts of a run, whosever it is if `workspace` is `*`; empty if not there.

        Fresh: `up_to` is at least `at_least`, and at least the leader's last of the run.
        """
        ...

    async def select(self, address: Address, rests: Sequence[str], *, at_least: int) -> History:
        """The run's facts whose rest matches one of `rests` (subject filters), one per subject.

        As fresh as `at_least`; if that is 0, as the leader's last of the run.
        """
        ...

    async def read_on(
        self, workspace: str, run: str, *, after: int, limit: int = 1000
    ) -> tuple[Entry, ...]:
        """The next entries of a run after a sequence, deltas included; fewer than `limit` = all.

        All are those the leader has when it is asked. Whosever it is if `workspace` is `*`.
        """
        ...

    async def read_lifecycle(
        self, workspace: str, *, after: int, up_to: int, limit: int
    ) -> tuple[Entry, ...]:
        """The next lifecycle entries of a workspace, up to a sequence that the leader has given.

        In sequence order; fewer than `limit` are all of them, as the leader knows it.
        """
        ...

    async def last_sequence(self, workspace: str = "*", run: str = "*", rest: str = ">") -> int:
        """The leader's last sequence of a run's facts, or of the whole log; 0 if there is none."""
        ...

    async def has_run(self, workspace: str, run: str) -> bool:
        """Whether the leader has the run's `requested`.

        That is deleted first: what was read of a run before is whole if the run is still there.
        """
        ...

    def live(
        self, workspace: str, run: str = "*", rest: str | tuple[str, ...] = ">"
    ) -> AbstractAsyncContextManager[LiveFeed]:
        """Hear facts as they are stored; subscribed for certain once entered.

        `rest` is a filter, or several that no subject matches two of.
        """
        ...

    def partition(self, number: int) -> AbstractAsyncContextManager[Deliveries]:
        """What a scheduler of this partition must react to; pinned to one puller at a time."""
        ...

    def work(self, pool: str, queue: str = "shared") -> AbstractAsyncContextManager[Deliveries]:
        """The ready steps of a queue, shared by all workers; redelivered 5 s after silence."""
        ...

    async def ask_alive(self, attempt: AttemptKey) -> bool:
        """Some worker says, within 300 ms, that it is executing this attempt."""
        ...

    def answer_alive(
        self, executing: Callable[[AttemptKey], bool]
    ) -> AbstractAsyncContextManager[None]:
        """Answer such questions, for the attempts of which `executing` says yes."""

    async def ask_read(self, workspace: str, run: str) -> bool:
        """Some api says, within 300 ms, that somebody reads the run, or did a moment ago."""
        ...

    def answer_read(self, reading: Callable[[str, str], bool]) -> AbstractAsyncContextManager[None]:
        """Answer such questions, for the runs of which `reading` says yes."""

    def presence(
        self, group: str, name: str, say: Say = here, news: asyncio.Event | None = None
    ) -> AbstractAsyncContextManager[Presence]:
        """Be `name` of `group`, heard by the others with what it says, while the block lasts.

        It says so every second, and soon after `news` is set.
        """

    def announced(self, group: str, name: str, say: Say) -> AbstractAsyncContextManager[None]:
        """The same without hearing the others."""

    def firings(self) -> AbstractAsyncContextManager[Deliveries]:
        """Timers that fired (entries of what is to be appended), shared by all schedulers."""
        ...

    def replay(self, partition: int, *, after: int) -> AsyncIterator[list[Entry]]:
        """Lifecycle entries of a partition after a sequence, then as they come, without end.

        One at a time: where another begins, the first ends. Raises: Unavailable, begin again.
        """
        ...

    async def set_timer(self, fact: TimerFact, fires_at: datetime) -> None:
        """Make the fact come to pass at that time; setting it again changes nothing."""
        ...

    async def cancel_timer(self, fact: TimerFact) -> None:
        """Purge the timer; one that fired, or never was, is no error."""
        ...

    async def put_blob(self, workspace: str, run: str, body: bytes) -> str:
        """Store a large body; its sha256, in hex. Raises: StoreFull."""
        ...

    async def get_blob(self, workspace: str, run: str, sha256: str) -> bytes | None:
        """A large body, or None."""
        ...

    async def put_flow(self, version: str, body: bytes) -> None:
        """Store a flow version under its content hash; idempotent. Raises: StoreFull."""
        ...

    async def get_flow(self, version: str) -> bytes | None:
        """A flow version's bytes, or None."""
        ...

    async def claim(self, workspace: str, key: str, value: bytes) -> bytes:
        """The value that stands under a key for a day: this one, or the one that was first."""
        ...

    async def delete(self, sequences: Sequence[int]) -> None:
        """Delete entries by sequence, in any order; those already gone are no error."""
        ...

    async def delete_blobs(self, workspace: str, run: str, names: Sequence[str]) -> None:
        """Delete large bodies of a run by their sha256; those already gone are no error."""
        ...
