"""Bringing a database to the newest schema."""

from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.errors import Unavailable
from shared.ledger.pool import opened
from shared.ledger.version import check_version, refuse_newer, version_of

LOCK = 0x70656E73  # any constant: whoever migrates holds the advisory lock of this number


async def upgrade(database_url: str, to: str = "head") -> None:
    """Migrate the database, in one transaction; safe to repeat, and to do twice at once.

    `to` is a version that is not behind the database's. Raises: DatabaseNewer, Unavailable.
    """
    async with opened(database_url) as connection:
        refuse_newer(await version_of(connection))
    engine = create_async_engine(
        "postgresql+asyncpg://",
        poolclass=NullPool,
        async_creator=lambda: asyncpg.connect(database_url),
    )
    try:
        async with engine.begin() as transaction:
            await transaction.run_sync(_migrate, to)
    except (OSError, DBAPIError) as error:
        raise Unavailable(
            f"The migration failed and nothing was changed ({error}): repair that and run "
            "`penstock migrate` again."
        ) from error
    finally:
        await engine.dispose()


async def check(database_url: str) -> None:
    """Returns if the database is of this schema. Raises: DatabaseNewer, Unavailable."""
    async with opened(database_url) as connection:
        await check_version(connection)


def _migrate(connection: Connection, to: str) -> None:
    connection.exec_driver_sql(f"select pg_advisory_xact_lock({LOCK})")
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
