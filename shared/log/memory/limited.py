"""The queues of limited workspaces, as the log's twin in memory has them: none."""

from __future__ import annotations


class LimitedQueues:
    """See `shared.log.limited`."""

    async def served(self) -> tuple[str, ...]:
        return ()

    def wake(self) -> None:
        pass
