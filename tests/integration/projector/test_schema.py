"""Migrating: any number of times, by any number at once, never backwards."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from services.projector import schema
from services.projector.schema import check, upgrade
from shared.errors import Unavailable
from shared.ledger.facts import position
from shared.ledger.pool import connect, opened
from shared.ledger.version import SCHEMA, DatabaseNewer
from tests.eventually import eventually

NEWER = "update alembic_version set version_num = '9999'"


async def test_many_may_migrate_an_empty_database_at_once(empty_database_url: str) -> None:
    with pytest.raises(Unavailable, match="penstock migrate"):
        await check(empty_database_url)
    await asyncio.gather(*(upgrade(empty_database_url) for _ in range(3)))
    await check(empty_database_url)
    await upgrade(empty_database_url)
    async with connect(empty_database_url) as pool:
        assert await pool.fetchval("select count(*) from runs") == 0


async def test_an_index_is_made_while_others_write(empty_database_url: str) -> None:
    async with being_indexed(empty_database_url) as migrating:
        async with opened(empty_database_url) as writer:
            await writer.execute("delete from runs")
        assert not migrating.done()
    await migrating
    await check(empty_database_url)


async def test_an_index_that_broke_off_is_made_anew_by_the_next_try(
    empty_database_url: str,
) -> None:
    async with being_indexed(empty_database_url) as migrating, opened(empty_database_url) as other:
        await other.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and query ilike 'create index%'"
        )
        with pytest.raises(Unavailable, match="goes on from there"):
            await migrating
    async with opened(empty_database_url) as connection:
        assert await connection.fetchval(IS_VALID) is False
        await upgrade(empty_database_url)
        assert await connection.fetchval(IS_VALID) is True


IS_VALID = "select indisvalid from pg_index where indexrelid = to_regclass('runs_by_parent')"


@asynccontextmanager
async def being_indexed(url: str) -> AsyncIterator[asyncio.Task[None]]:
    """A migration that makes an index, held up inside by a reader of other tables."""
    await upgrade(url, "0004")
    async with (
        opened(url) as looking,
        opened(url) as reader,
        reader.transaction(isolation="repeatable_read"),
    ):
        await reader.fetch("select * from positions")
        migrating = asyncio.create_task(upgrade(url))
        await eventually(lambda: is_underway(looking))
        yield migrating


async def is_underway(connection: asyncpg.Connection) -> bool:
    return await connection.fetchval(IS_VALID) is False


async def test_a_database_of_a_newer_version_is_refused_with_what_to_do(
    connection: asyncpg.Connection, database_url: str
) -> None:
    await connection.execute(NEWER)
    for refused in (upgrade, check, _pooled):
        with pytest.raises(DatabaseNewer, match="run the newer Penstock"):
            await refused(database_url)


async def test_postgres_away_at_the_start_is_said_with_what_to_do() -> None:
    with pytest.raises(Unavailable, match="Start Postgres, or set DATABASE_URL"):
        async with connect("postgresql://127.0.0.1:1/none", wait_seconds=0.1):
            raise AssertionError("nobody listens there")


async def test_facts_of_each_month_have_a_partition_of_their_own(
    connection: asyncpg.Connection,
) -> None:
    await connection.execute("select make_fact_partitions(14)")
    await connection.execute("select make_fact_partitions(14)")
    months = await connection.fetch(
        "select inhrelid::regclass::text as name from pg_inherits "
        "where inhparent = 'facts'::regclass and inhrelid::regclass::text <> 'facts_default'"
    )
    assert len(months) == 15
    await connection.execute(
        "insert into facts select least_run_id(now()), 1, 'w', 0, 'requested', 't', now(), ''"
    )
    held = await connection.fetchval("select tableoid::regclass::text from facts")
    assert held == await connection.fetchval(
        "select 'facts_' || to_char(now() at time zone 'utc', 'YYYY_MM')"
    )


def test_the_code_reads_the_version_that_the_last_migration_makes() -> None:
    versions = Path(schema.__file__).with_name("versions")
    last = max(path.stem for path in versions.glob("v*.py"))
    assert last == f"v{SCHEMA}"


async def _pooled(database_url: str) -> None:
    async with connect(database_url):
        raise AssertionError("a newer database was opened")


async def test_a_connection_that_is_gone_is_unavailable(database_url: str) -> None:
    async with opened(database_url) as one, opened(database_url) as two:
        await two.fetch("select pg_terminate_backend($1)", one.get_server_pid())
        with pytest.raises(Unavailable):
            await position(one, 0)
