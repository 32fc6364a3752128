"""The tape: frames passed on to all readers of a run, bounded, with the readers' alarm clock.

An encoder makes of them the bytes that one reader is sent.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from typing import Protocol

from services.api.live.frames import End, Form, Frame, chunk

MOST_BYTES = 1 << 20
CHUNK_BYTES = 1 << 18
# Readers that keep up share one; those at places of their own must not keep a copy each.
MOST_CHUNKS = 8


class Tape:
    """Every frame after `base`, up to `position`; older ones are forgotten beyond a mebibyte.

    A reader is a sequence: it wants what comes after it. One that is behind `base` has been too
    slow. A chunk is made once for all readers at the same place that want the same form. Who has
    waited longest is woken first.
    """

    def __init__(self, base: int) -> None:
        self.base = base
        self.position = base
        self.end: End | None = None
        self.broken = False
        self._sequences: list[int] = []
        self._frames: list[Frame] = []
        self._bytes = 0
        self._chunks: dict[tuple[int, Form], tuple[bytes, int]] = {}
        self._waiting: dict[asyncio.Future[None], None] = {}

    def add(self, frames: Sequence[Frame], end: End | None = None) -> None:
        """Pass these on, and the end of the run if it comes with them."""
        self._frames.extend(frames)
        self._sequences.extend(f.sequence for f in frames)
        self._bytes += sum(len(f.wire) for f in frames)
        if frames:
            self.position = frames[-1].sequence
        self.end = end or self.end
        self._trim()
        self._chunks.clear()
        self.wake()

    def break_off(self) -> None:
        """No more will come: readers are to come back elsewhere."""
        self.broken = True
        self.wake()

    def reaches(self, after: int) -> bool:
        """Whether a reader at this sequence can be served."""
        return after >= self.base

    def take(self, after: int, form: Form) -> tuple[bytes, int]:
        """The next piece for a reader at `after`, and where the reader then is."""
        if after >= self.position:
            return b"", after
        key = (after, form)
        made = self._chunks.get(key)
        if made is None:
            frames = self.cut(after)
            if len(self._chunks) == MOST_CHUNKS:
                del self._chunks[next(iter(self._chunks))]
            made = self._chunks[key] = (chunk(frames, form), frames[-1].sequence)
        return made

    def cut(self, after: int) -> Sequence[Frame]:
        """The frames of the next piece for a reader at `after`: none, or up to a quarter MiB."""
        start = stop = bisect_right(self._sequences, after)
        size = 0
        while stop < len(self._frames) and size < CHUNK_BYTES:
            size += len(self._frames[stop].wire)
            stop += 1
        return self._frames[start:stop]

    def wait(self) -> asyncio.Future[None]:
        """Done when something has changed."""
        changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[changed] = None
        changed.add_done_callback(self._waiting.pop)
        return changed

    def wake(self) -> None:
        """Let every waiting reader look again."""
        for changed in tuple(self._waiting):
            if not changed.done():
                changed.set_result(None)

    def _trim(self) -> None:
        excess = self._bytes - MOST_BYTES
        if excess <= 0:
            return
        count = freed = 0
        while freed < excess and count < len(self._frames) - 1:
            freed += len(self._frames[count].wire)
            count += 1
        if count:
            self.base = self._sequences[count - 1]
            self._bytes -= freed
            del self._frames[:count], self._sequences[:count]


class Encoder(Protocol):
    """Frames as the bytes that one reader is sent."""

    async def encode(self, frames: Sequence[Frame]) -> bytes:
        """The bytes for these, the next of the run. Raises: Unavailable."""
        ...

    async def encode_next(self, tape: Tape, after: int) -> tuple[bytes, int]:
        """The bytes for the next piece of the tape, and where the reader then is."""
        ...

    def encode_end(self, end: End) -> bytes:
        """What follows the run's last frame."""
        ...


class RawEncoder:
    """Frames as they are, in one form; pieces are made once for all readers that want it."""

    def __init__(self, form: Form) -> None:
        self._form = form

    async def encode(self, frames: Sequence[Frame]) -> bytes:
        return chunk(frames, self._form)

    async def encode_next(self, tape: Tape, after: int) -> tuple[bytes, int]:
        return tape.take(after, self._form)

    def encode_end(self, end: End) -> bytes:
        return end.wire
