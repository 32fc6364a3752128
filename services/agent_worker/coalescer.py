"""When streamed text leaves: the first piece at once, later ones gathered a while or to a size.

Pure: the caller says what time it is. Offsets count code points, sizes UTF-8 bytes.
"""

from typing import NamedTuple

LARGEST_BYTES = 1024


class Piece(NamedTuple):
    """A stretch of a text, and where in the text it begins."""

    offset: int
    text: str


class Coalescer:
    """Gathers one text; what is taken out of it, in order, is the text.

    A piece that comes when none left within the window leaves at once, so a slow model is never
    held up; the others leave when the window since the last has passed, or at `LARGEST_BYTES`.
    """

    __slots__ = ("_held", "_size", "_window", "due_at", "offset")

    def __init__(self, window_seconds: float, offset: int = 0) -> None:
        self.offset = offset
        self.due_at = float("-inf")
        self._window = window_seconds
        self._held: list[str] = []
        self._size = 0

    def add(self, text: str, now: float) -> Piece | None:
        """The piece that leaves now, if one does."""
        if not text:
            return None
        self._held.append(text)
        self._size += len(text) if text.isascii() else len(text.encode())
        return self.take(now) if now >= self.due_at or self._size >= LARGEST_BYTES else None

    def take(self, now: float) -> Piece | None:
        """All that is held."""
        if not self._held:
            return None
        text = self._held[0] if len(self._held) == 1 else "".join(self._held)
        piece = Piece(self.offset, text)
        self._held.clear()
        self._size = 0
        self.offset += len(text)
        self.due_at = now + self._window
        return piece

    def drop(self, offset: int) -> None:
        """Forget what is held and go on at `offset`."""
        self._held.clear()
        self._size = 0
        self.offset = offset
