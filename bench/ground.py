"""What a measurement works on."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from bench.stack import OwnStack, own_stack

NO_SETTINGS: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The options, and stacks to measure.

    `seconds` is how long a load is held; `runs` how many single runs a repeat follows; `short_runs`
    how many there are to catch up with, or to leave the log; `graph` is a file to take the deepest
    graph from, which is generated otherwise.
    """

    seconds: float = 15.0
    runs: int = 300
    repeats: int = 3
    short_runs: int = 5_000
    workers: int = 2
    graph: Path | None = None

    def stack(
        self, settings: Mapping[str, str] = NO_SETTINGS
    ) -> AbstractAsyncContextManager[OwnStack]:
        """A new stack, up while the context lasts. Raises: Unavailable."""
        return own_stack(workers=self.workers, settings=settings)

    def say(self, what: str) -> None:
        """Tells whoever waits what is being done."""
        sys.stderr.write(f"  {what}\n")
        sys.stderr.flush()
