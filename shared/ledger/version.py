"""Which version of the database this code reads and writes."""

import asyncpg

from shared.errors import Rejected, Unavailable

SCHEMA = "0021"
"""The last migration; versions are numbers of four digits, so they compare as text."""


class DatabaseNewer(Rejected):
    """The database was migrated by a later version of Penstock."""

    code = "database_newer"


async def version_of(connection: asyncpg.Connection) -> str | None:
    """The version the database was migrated to, or None if it never was."""
    if await connection.fetchval("select to_regclass('alembic_version')") is None:
        return None
    found: str | None = await connection.fetchval("select version_num from alembic_version")
    return found


def refuse_newer(found: str | None) -> None:
    """Raises: DatabaseNewer."""
    if found is not None and found > SCHEMA:
        raise DatabaseNewer(
            f"The database has schema {found}, this Penstock knows up to {SCHEMA}: run the newer "
            "Penstock that migrated it, or set DATABASE_URL to another database."
        )


async def check_version(connection: asyncpg.Connection) -> None:
    """Returns if the database fits this code.

    Raises: DatabaseNewer; Unavailable while it has yet to be migrated.
    """
    found = await version_of(connection)
    refuse_newer(found)
    if found != SCHEMA:
        raise Unavailable(
            f"expected a database of schema {SCHEMA}, found {found or 'an empty one'}: "
            "run `penstock migrate`"
        )
