"""Connections to Postgres, and its errors in our words."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import asyncpg

from shared.errors import Unavailable
from shared.ledger.version import DatabaseNewer, check_version
from shared.runtime.dependency import Dependency, watching
from shared.runtime.monitor import Health
from shared.runtime.process import wait_for

T = TypeVar("T")
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

SERVICE = "penstock service"
"""The name, in Postgres, of the one connection by which each service watches it."""


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


class DatabaseProbe:
    """Asks Postgres for the version of its schema, over a connection that stays."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._connection: asyncpg.Connection | None = None

    async def __call__(self) -> None:
        """Raises: Unavailable; DatabaseNewer when another version of Penstock migrated it."""
        with translated():
            try:
                if self._connection is None:
                    self._connection = await asyncpg.connect(
                        self._database_url,
                        server_settings=SERVER_SETTINGS | {"application_name": SERVICE},
                        timeout=5,
                    )
                await check_version(self._connection)
            except DatabaseNewer:
                raise
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Leaves; the next question connects anew."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


@asynccontextmanager
async def watching_database(
    database_url: str, health: Health, part: str = "database"
) -> AsyncIterator[Dependency]:
    """Postgres as a dependency, looked at for as long as the block lasts."""
    probe = DatabaseProbe(database_url)
    try:
        async with watching(Dependency(part, health), probe) as postgres:
            yield postgres
    finally:
        probe.close()


def _forget(query: "asyncio.Task[Any]") -> None:
    if not query.cancelled():
        query.exception()


async def _nothing_to_reset(connection: asyncpg.Connection) -> None:
    """Nobody here changes a session or listens: the driver's round trip on release is for them."""


class GuardedPool:
    """A pool of which queries alone are asked; they raise Unavailable once Postgres is away."""

    def __init__(self, pool: asyncpg.Pool, postgres: Dependency) -> None:
        self._pool = pool
        self._postgres = postgres

    async def execute(self, *args: Any, **options: Any) -> Any:
        return await self._outcome(self._pool.execute(*args, **options))

    async def fetch(self, *args: Any, **options: Any) -> Any:
        return await self._outcome(self._pool.fetch(*args, **options))

    async def fetchrow(self, *args: Any, **options: Any) -> Any:
        return await self._outcome(self._pool.fetchrow(*args, **options))

    async def fetchval(self, *args: Any, **options: Any) -> Any:
        return await self._outcome(self._pool.fetchval(*args, **options))

    async def in_transaction(self, work: Callable[[asyncpg.Connection], Awaitable[Any]]) -> Any:
        """What `work` answers of a connection, in one transaction."""
        return await self._outcome(in_transaction(self._pool, work))

    async def _outcome(self, query: Coroutine[Any, Any, Any]) -> Any:
        # In a task of its own: a query that is cancelled waits until the server has heard of it.
        asked = asyncio.create_task(query)
        try:
            return await self._postgres.outcome(asyncio.shield(asked))
        finally:
            if not asked.done():
                asked.cancel()
                asked.add_done_callback(_forget)


async def in_transaction(
    pool: asyncpg.Pool | GuardedPool, work: Callable[[asyncpg.Connection], Awaitable[T]]
) -> T:
    """What `work` answers of a connection of the pool, in one transaction."""
    if isinstance(pool, GuardedPool):
        answer: T = await pool.in_transaction(work)
        return answer
    async with pool.acquire() as connection, connection.transaction():
        return await work(connection)


@asynccontextmanager
async def connect(
    database_url: str,
    *,
    wait_seconds: float = 60,
    size: int = 10,
    postgres: Dependency | None = None,
) -> AsyncIterator[asyncpg.Pool]:
    """A pool of at most `size` connections to a database of the right schema.

    With `postgres`, its queries end when that is away. Raises: as `wait_for_database`.
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
        yield pool if postgres is None else GuardedPool(pool, postgres)
    finally:
        pool.terminate()
