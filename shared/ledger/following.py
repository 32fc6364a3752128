"""Which partitions a projector follows, as the locks that projectors hold tell."""

from __future__ import annotations

from shared.ledger.facts import Source
from shared.ledger.pool import translated

# Any constants: the classes of the advisory locks on partitions, and on being a projector.
PARTITION, PROJECTOR = 0x70726F6A, 0x70726F6B

_HELD = (
    "select objid::bigint from pg_locks where locktype = 'advisory' and granted "
    f"and classid = {PARTITION} and objsubid = 2 "
    "and database = (select oid from pg_database where datname = current_database())"
)


async def followed_partitions(source: Source) -> frozenset[int]:
    """The partitions that some projector has claimed. Raises: Unavailable."""
    with translated():
        rows = await source.fetch(_HELD)
    return frozenset(row[0] for row in rows)
