"""A plan: an answer as the bytes of its stream, ready to be sent in time."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The frames of one stream in order, and those that its silences and failures send.

    opening    what comes before the first chunk
    chunks     one delta each, with the frames that must come before it
    ending     what closes the content
    settling   why the answer stops, and what it used
    stopping   the last frame
    """

    opening: bytes
    chunks: tuple[bytes, ...]
    ending: bytes
    settling: bytes
    stopping: bytes
    endless: bytes
    ping: bytes
    broken: bytes
    error: bytes

    @property
    def frames(self) -> Iterator[bytes]:
        """All frames of the answer in order."""
        yield self.opening
        yield from self.chunks
        yield self.ending
        yield self.settling
        yield self.stopping
