"""Connections to Postgres, and its errors in our words."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg

from shared.errors import Unavailable
from shared.ledger.version import check_version
from shared.runtime.process import wait_for

HINT = "Start Postgres, or set DATABASE_URL; then run `penstock migrate`."

# Gone, going, full, or in each other's way: the same call may work later.
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InternalClientError,  # the driver, surprised by the end of the connection
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
)

# Plans are made for a handful of rows; compiling them costs more than running them.
SERVER_SETTINGS = {"jit": "off", "application_name": "penstock"}


@contextmanager
def translated() -> Iterator[None]:
    """Raises Unavailable in place of the driver's errors about a server that is away."""
    try:
        yield
    except _AWAY as error:
        raise Unavailable(f"Postgres does not answer: {error or type(error).__name__}") from error
    except asyncpg.InterfaceError as error:
        if isinstance(error, ValueError):  # an argument of the wrong type: our mistake
            raise
        raise Unavailable(f"The connection to Postgres was lost: {error}") from error


@asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """One connection, closed at the end. Raises: Unavailable."""
    with translated():
        connection = await asyncpg.connect(database_url, server_settings=SERVER_SETTINGS, timeout=5)
    try:
        yield connection
    finally:
        connection.terminate()


async def wait_for_database(database_url: str, wait_seconds: float) -> None:
    """Returns once Postgres answers and has the right schema; says what it waits for.

    Raises: Unavailable after that time, DatabaseNewer at once.
    """

    async def probe() -> None:
        async with opened(database_url) as connection:
            await check_version(connection)

    await wait_for("database", probe, seconds=wait_seconds, hint=HINT)


async def _nothing_to_reset(connection: asyncpg.Connection) -> None:
    """Nobody here changes a session or listens: the driver's round trip on release is for them."""


@asynccontextmanager
async def connect(
    database_url: str, *, wait_seconds: float = 60, size: int = 10
) -> AsyncIterator[asyncpg.Pool]:
    """A pool of at most `size` connections to a database of the right schema.

    Raises: as `wait_for_database`.
    """
    await wait_for_database(database_url, wait_seconds)
    with translated():
        pool = await asyncpg.create_pool(
            database_url,
            min_size=1,
            max_size=size,
            server_settings=SERVER_SETTINGS,
            reset=_nothing_to_reset,
        )
    try:
        yield pool
    finally:
        pool.terminate()
