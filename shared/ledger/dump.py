"""Tables saved and restored whole, by COPY: all of our schema, as of one moment.

Binary COPY is the same from one PostgreSQL to the next, and between machines.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from shared.errors import Conflict
from shared.ledger.pool import opened, translated
from shared.ledger.version import version_of

# Any constant: who holds the advisory lock of this number keeps finished runs in the log.
KEEPING = 0x70656E74
_TABLES = """
select c.relname as name, array(
    select a.attname::text from pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    order by a.attnum
) as columns
from pg_class c where c.relnamespace = current_schema()::regnamespace
and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'alembic_version'
order by (select count(*) from pg_constraint r where r.conrelid = c.oid and r.contype = 'f'), 1"""


class DatabaseNotEmpty(Conflict):
    """What is restored would be mixed with what is there."""

    code = "not_empty"


@dataclass(frozen=True, slots=True)
class Table:
    """A table by name, with its columns in the order they are saved in."""

    name: str
    columns: tuple[str, ...]


@asynccontextmanager
async def standing_still(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that sees the database as of now, whatever happens; no run leaves the log.

    Raises: Unavailable.
    """
    with translated():
        async with opened(database_url) as connection:
            await connection.execute("select pg_advisory_lock($1)", KEEPING)
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                await connection.fetchval("select 1 from pg_class limit 1")  # the moment is now
                yield connection
            # A connection that is closed gives it back a moment later.
            await connection.execute("select pg_advisory_unlock($1)", KEEPING)


async def may_leave(connection: asyncpg.Connection) -> bool:
    """Whether runs may leave the log, until the transaction ends: nobody is saving it."""
    free: bool = await connection.fetchval("select pg_try_advisory_xact_lock_shared($1)", KEEPING)
    return free


async def tables_of(connection: asyncpg.Connection) -> list[Table]:
    """All tables, those that refer to others behind them."""
    rows = await connection.fetch(_TABLES)
    return [Table(row["name"], tuple(row["columns"])) for row in rows]


async def save_table(connection: asyncpg.Connection, table: Table, path: Path) -> None:
    """Write all of a table into a file."""
    columns = ", ".join(f'"{column}"' for column in table.columns)
    query = f'select {columns} from "{table.name}"'
    await connection.copy_from_query(query, output=path, format="binary")


async def load_table(connection: asyncpg.Connection, table: Table, path: Path) -> None:
    """Read all of a file into a table."""
    await connection.copy_to_table(
        table.name, source=path, columns=list(table.columns), format="binary"
    )


async def require_empty(database_url: str) -> None:
    """Returns if the database has no schema of ours. Raises: DatabaseNotEmpty, Unavailable."""
    async with opened(database_url) as connection:
        found = await version_of(connection)
    if found is not None:
        raise DatabaseNotEmpty(
            f"expected an empty database, got one of schema {found}: restore into a new one, which "
            "is another directory for --data, or `create database` on a server of your own"
        )
