"""Claims: which projector copies which partition, kept as advisory locks of its connection.

Only to spare double work; what makes it right is the position. Each projector alive takes its
fair share, and what a dead one held is free once its connection is gone.
"""

from __future__ import annotations

import asyncpg

from shared.ledger.following import PARTITION, PROJECTOR

_OTHERS = (
    "select count(*) from pg_locks where locktype = 'advisory' and granted "
    f"and classid = {PROJECTOR} and pid <> pg_backend_pid() "
    "and database = (select oid from pg_database where datname = current_database())"
)


class Claims:
    """The partitions this connection may copy. Ends with the connection."""

    def __init__(self, connection: asyncpg.Connection, partitions: int) -> None:
        self._connection = connection
        self._partitions = partitions
        self.held: frozenset[int] = frozenset()

    async def settle(self, partitions: int = 0) -> bool:
        """Take or give back partitions, up to a fair share; whether that changed anything.

        There are so many of them now, if more than before.
        """
        self._partitions = max(self._partitions, partitions)
        ask = self._connection.fetchval
        await ask(f"select pg_try_advisory_lock_shared({PROJECTOR}, pg_backend_pid())")
        others: int = await ask(_OTHERS)
        share = -(-self._partitions // (others + 1))
        held = sorted(self.held)
        for extra in held[share:]:
            await ask(f"select pg_advisory_unlock({PARTITION}, $1)", extra)
        kept = held[:share]
        for free in sorted(set(range(self._partitions)) - set(held)):
            if len(kept) >= share:
                break
            if await ask(f"select pg_try_advisory_lock({PARTITION}, $1)", free):
                kept.append(free)
        before, self.held = self.held, frozenset(kept)
        return before != self.held
