"""How far the projector is behind: what waits in the log behind its positions.

That nothing comes does not say that nothing waits: the log is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from shared.errors import Unavailable
from shared.log.oversight import Backlog
from shared.log.port import Log

# Two seconds apart. A consumer that has to skip a large part of the log begins late.
MOST_LOOKS = 5


class Lag:
    """Of the partitions that are copied from these positions on."""

    def __init__(self, source: Log) -> None:
        self._source = source
        self._empty_up_to = 0
        self._standing: dict[int, tuple[int, int]] = {}

    @property
    def stands(self) -> bool:
        """A partition had not moved at the last look, while facts waited."""
        return any(looks for _, looks in self._standing.values())

    async def look(self, positions: Mapping[int, int], last: int) -> float:
        """How long the oldest fact that is not copied has waited, in seconds; 0 if none waits.

        `last` is the log's last sequence.
        Raises: Unavailable, also when a partition stands still from look to look while facts wait.
        """
        if last == self._empty_up_to:
            self._standing = {}
            return 0
        behind = self._source.oversight.behind
        found = await asyncio.gather(*(behind(number, at) for number, at in positions.items()))
        backlogs = dict(zip(positions, found, strict=True))
        if not any(backlog.waiting for backlog in found):
            self._empty_up_to = last
        for number, backlog in backlogs.items():
            self._judge(number, positions[number], backlog)
        return max((backlog.seconds(datetime.now(UTC)) or 0 for backlog in found), default=0)

    def _judge(self, number: int, position: int, backlog: Backlog) -> None:
        before, looks = self._standing.get(number, (position, 0))
        is_standing = backlog.waiting > 0 and position == before
        looks = looks + 1 if is_standing else 0
        self._standing[number] = position, looks
        if looks >= MOST_LOOKS:
            raise Unavailable(f"partition {number} stands still at {position}, and {backlog.words}")
