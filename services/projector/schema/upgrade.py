"""Bringing a database to the newest schema."""

import asyncio
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.errors import Unavailable
from shared.ledger.pool import opened, translated
from shared.ledger.version import check_version, refuse_newer, version_of

LOCK = 0x70656E73  # any constant: whoever migrates holds the advisory lock of this number
_ASK_SECONDS = 0.1


async def upgrade(database_url: str, to: str = "head") -> None:
    """Migrate the database, each version by itself; safe to repeat, and to do twice at once.

    Others read and write meanwhile. `to` is a version that is not behind the database's. Raises:
    DatabaseNewer, Unavailable.
    """
    async with opened(database_url) as connection:
        await _wait_for_turn(connection)
        refuse_newer(await version_of(connection))
        await _migrate(database_url, to)


async def _wait_for_turn(connection: asyncpg.Connection) -> None:
    """Have the lock, as long as the connection is open. Raises: Unavailable.

    It is asked for time and again: an index that is made beside writers waits for every statement
    that is under way, and would wait for one that waits for the lock.
    """
    with translated():
        while True:
            if await connection.fetchval(f"select pg_try_advisory_lock({LOCK})"):
                return
            await asyncio.sleep(_ASK_SECONDS)


async def _migrate(database_url: str, to: str) -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://",
        poolclass=NullPool,
        async_creator=lambda: asyncpg.connect(database_url),
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run, to)
    except (OSError, DBAPIError, PendingRollbackError) as error:
        # Where the connection is lost, tidying up fails too, and hides why.
        reason = error.__context__ if isinstance(error, PendingRollbackError) else error
        raise Unavailable(
            f"The migration failed on its way ({reason}): repair that and run `penstock migrate` "
            "again, which goes on from there."
        ) from error
    finally:
        await engine.dispose()


async def check(database_url: str) -> None:
    """Returns if the database is of this schema. Raises: DatabaseNewer, Unavailable."""
    async with opened(database_url) as connection:
        await check_version(connection)


def _run(connection: Connection, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
