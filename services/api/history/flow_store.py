"""Where flow versions are: in the log's store from the start, in Postgres with their runs' facts.

They never change, so either will do: Postgres is asked first, since it has those of finished runs
whatever became of the log, and a run that lives is read without it where it is away.
"""

from __future__ import annotations

import asyncpg

from shared.errors import Unavailable
from shared.ledger.facts import flow_of
from shared.log.port import Log


class FlowStore:
    """Stores in the log, reads both."""

    def __init__(self, log: Log, pool: asyncpg.Pool) -> None:
        self._log = log
        self._pool = pool

    async def put_flow(self, version: str, body: bytes) -> None:
        """See that the log has it. Raises: Unavailable."""
        await self._log.put_flow(version, body)

    async def get_flow(self, version: str) -> bytes | None:
        """A flow version's bytes, or None if it is nowhere. Raises: Unavailable."""
        try:
            kept = await flow_of(self._pool, version)
        except Unavailable:
            kept = None
        return kept or await self._log.get_flow(version)
