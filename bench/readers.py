"""A client that is many readers: each on a connection of its own, from the beginning to the end.

The first reader of a run keeps what it hears and it is checked event by event; the checksum of
what the others hear must be the same. So a reader costs next to nothing, and every byte is checked.
"""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

from bench.connection import Api
from bench.faults import Faulted
from bench.talk import DELTA, Talk, delays
from shared.errors import Unavailable

WORDS = f"\nevent: {DELTA}\n".encode()
CONNECT_AT_ONCE = 50


@dataclass(frozen=True, kw_only=True)
class ReadPlan:
    """Who reads what: a reader for each of `runs`, in which a run may stand many times."""

    api: Api
    runs: Sequence[str]
    talk: Talk
    within_seconds: float


@dataclass(kw_only=True)
class ReadReport(Faulted):
    """What the readers heard; times are of the monotonic clock, which all processes share."""

    first_at: float = float("inf")
    """When the first reader had the first words."""
    ended_at: float = 0.0
    """When the last reader had the end."""
    frames: int = 0
    """Frames of words, over all readers."""
    delays: list[float] = field(default_factory=list)
    """Seconds from the writing of each chunk to its reader, where chunks tell the time."""
    checksums: dict[str, int] = field(default_factory=dict)


class Listener:
    """One reader's ear. Whoever keeps nothing knows its checksum."""

    __slots__ = ("checksum", "ended_at", "ends", "first_at", "heard_at", "run", "stream")

    def __init__(self, run: str, *, keeps: bool) -> None:
        self.run = run
        self.checksum = 0
        self.first_at = self.ended_at = 0.0
        self.stream = bytearray() if keeps else None
        self.ends = array("q")
        self.heard_at = array("d")

    def hear(self, piece: bytes) -> None:
        """The next piece."""
        self.ended_at = now = time.monotonic()
        self.checksum = crc32(piece, self.checksum)
        if not self.first_at and WORDS in piece:
            self.first_at = now
        if self.stream is not None:
            self.stream += piece
            self.ends.append(len(self.stream))
            self.heard_at.append(now)


@dataclass(frozen=True, kw_only=True)
class HoldPlan:
    """Who is connected, and until when by the monotonic clock: a reader for each of `runs`."""

    api: Api
    runs: Sequence[str]
    until: float


async def read(plan: ReadPlan) -> ReadReport:
    """Reads all runs to their end. Raises: Unavailable, when a reader gets no whole answer."""
    kept: dict[str, Listener] = {}
    listeners = []
    for run in plan.runs:
        listener = Listener(run, keeps=run not in kept)
        kept.setdefault(run, listener)
        listeners.append(listener)
    gate = asyncio.Semaphore(CONNECT_AT_ONCE)
    try:
        async with asyncio.TaskGroup() as group:
            for listener in listeners:
                group.create_task(_listen(plan, listener, gate))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return _reported(plan.talk, listeners, kept)


async def hold(plan: HoldPlan) -> None:
    """Is connected and no more, then hangs up. Raises: Unavailable."""
    connections = []
    for run in plan.runs:
        connection = await plan.api.connect()
        request = plan.api.get(f"/api/v1/runs/{run}/events")
        connection.send(request, lambda _: None, lambda _: None)
        connections.append(connection)
    await asyncio.sleep(plan.until - time.monotonic())
    for connection in connections:
        connection.close()


async def _listen(plan: ReadPlan, listener: Listener, gate: asyncio.Semaphore) -> None:
    async with gate:
        connection = await plan.api.connect()
    request = plan.api.get(f"/api/v1/runs/{listener.run}/events")
    try:
        answer = await connection.ask(request, listener.hear, within_seconds=plan.within_seconds)
        if answer.status != 200:
            answer.json(200)
    except Unavailable as error:
        raise Unavailable(f"a reader of {listener.run} lost its stream: {error}") from error
    finally:
        connection.close()


def _reported(talk: Talk, listeners: Sequence[Listener], kept: dict[str, Listener]) -> ReadReport:
    report = ReadReport(checksums={run: reader.checksum for run, reader in kept.items()})
    frames = {}
    for run, reader in kept.items():
        stream = bytes(reader.stream or b"")
        frames[run] = stream.count(WORDS)
        if fault := talk.fault_in(stream):
            report.fault(f"run {run}: {fault}")
        if talk.tells_time:
            report.delays += delays(stream, reader.ends, reader.heard_at)
    for reader in listeners:
        report.first_at = min(report.first_at, reader.first_at or float("inf"))
        report.ended_at = max(report.ended_at, reader.ended_at)
        report.frames += frames[reader.run]
        if reader.checksum != report.checksums[reader.run]:
            report.fault(f"two readers of {reader.run} were told different bytes")
    return report


def together(reports: Sequence[ReadReport]) -> ReadReport:
    """What the readers of several processes heard."""
    whole = ReadReport()
    for report in reports:
        whole.first_at = min(whole.first_at, report.first_at)
        whole.ended_at = max(whole.ended_at, report.ended_at)
        whole.frames += report.frames
        whole.delays += report.delays
        for run, checksum in report.checksums.items():
            if whole.checksums.setdefault(run, checksum) != checksum:
                whole.fault(f"two readers of {run} were told different bytes")
        for fault in report.faults:
            whole.fault(fault)
    return whole
