"""Who is at work, as their connections and the locks that projectors hold tell."""

from __future__ import annotations

from shared.ledger.facts import Source
from shared.ledger.pool import SERVICE, translated

# Any constants: the classes of the advisory locks on partitions, and on being a projector.
PARTITION, PROJECTOR = 0x70726F6A, 0x70726F6B

_HELD = (
    "select objid::bigint from pg_locks where locktype = 'advisory' and granted "
    f"and classid = {PARTITION} and objsubid = 2 "
    "and database = (select oid from pg_database where datname = current_database())"
)


_AT_WORK = (
    "select count(*) from (select pid from pg_stat_activity where application_name = $1 "
    "and datname = current_database() union select pid from pg_locks "
    f"where locktype = 'advisory' and granted and classid = {PROJECTOR} "
    "and database = (select oid from pg_database where datname = current_database())"
    ") at_work where pid <> pg_backend_pid()"
)


async def services_at_work(source: Source) -> int:
    """How many services hold connections to this database, about. Raises: Unavailable."""
    with translated():
        found: int = await source.fetchval(_AT_WORK, SERVICE)
    return found


async def followed_partitions(source: Source) -> frozenset[int]:
    """The partitions that some projector has claimed. Raises: Unavailable."""
    with translated():
        rows = await source.fetch(_HELD)
    return frozenset(row[0] for row in rows)
