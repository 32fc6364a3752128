"""What a watched run is read from: the log, or whatever has the same facts under the same ids."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from shared.log.port import Entry, History, LiveFeed


class Source(Protocol):
    """The part of the log's port that readers of one run need. Each may raise Unavailable."""

    async def history(self, workspace: str, run: str) -> History:
        """All lifecycle facts of a run; empty if there is no such run."""
        ...

    async def read_on(
        self, workspace: str, run: str, *, after: int, limit: int
    ) -> tuple[Entry, ...]:
        """The next entries of a run after a sequence, deltas included; fewer than `limit` = all."""
        ...

    def live(self, workspace: str, run: str) -> AbstractAsyncContextManager[LiveFeed]:
        """Hear facts as they are stored; subscribed for certain once entered."""
        ...

    async def get_blob(self, workspace: str, run: str, sha256: str) -> bytes | None:
        """A large body of a run, or None."""
        ...
