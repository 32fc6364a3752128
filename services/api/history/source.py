"""What runs and feeds are read from: the log, or what has the same facts under the same ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from services.api.history.workspace_history import Page
from shared.ledger.lifecycle import Span
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


class WorkspaceHistory(Protocol):
    """What the readers of a whole workspace need. Each may raise Unavailable."""

    def live(self, workspace: str) -> AbstractAsyncContextManager[LiveFeed]:
        """Hear lifecycle facts as they are stored; subscribed for certain once entered."""
        ...

    async def end(self) -> int:
        """The last sequence the log has given."""
        ...

    async def page(self, workspace: str, *, after: int, limit: int) -> Page:
        """What follows a sequence, whether its run lives, is over, or has left the log."""
        ...

    async def spans(self, workspace: str, runs: Collection[str]) -> Mapping[str, Span]:
        """Where the facts of these runs count; those never requested are left out."""
        ...
