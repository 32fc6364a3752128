"""The queues of workspaces whose steps in flight are limited, as workers and apis know of them."""

from __future__ import annotations

from typing import Protocol


class LimitedQueues(Protocol):
    """Every call may raise Unavailable."""

    async def served(self) -> tuple[str, ...]:
        """Those that workers are to serve, by name, in order; of several servers one may be late.

        Raises: Corrupt.
        """
        ...

    def wake(self) -> None:
        """Have the provisioner look at the limits; it would anyway, in a few seconds."""
        ...
