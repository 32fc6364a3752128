"""What the api says of a projector that cannot stay, and of a Postgres of another schema."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest

from shared.ledger.pool import opened
from shared.ledger.version import SCHEMA
from shared.log.provision import provision
from tests.eventually import eventually
from tests.integration.api.conftest import started
from tests.integration.api.story import Service
from tests.integration.projector.test_service import service as projector

ANOTHER_LOG = (
    "insert into positions (partition, seq, stream_created) values (0, 0, now() - interval '1 day')"
)


@pytest.fixture
async def postgres(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    async with opened(database_url) as connection:
        yield connection


@pytest.fixture
async def api(nats_url: str, database_url: str) -> AsyncIterator[Service]:
    """An api, without a projector."""
    await provision(nats_url, partitions=1, pools=("default", "local"))
    async with started(nats_url, database_url) as running:
        yield running


def reason_of(api: Service, part: str) -> Callable[[], Awaitable[str | None]]:
    async def ask() -> str | None:
        reasons: dict[str, str] = (await api.http.get("/health/ready")).json()["reasons"]
        return reasons.get(part)

    return ask


def without(reason: Callable[[], Awaitable[str | None]]) -> Callable[[], Awaitable[bool]]:
    async def is_gone() -> bool:
        return await reason() is None

    return is_gone


@asynccontextmanager
async def restarted(nats_url: str, database_url: str) -> AsyncIterator[list[int]]:
    """A projector that is started whenever it has ended; with what it ended each time."""
    ended: list[int] = []

    async def supervise() -> None:
        while True:
            async with projector(nats_url, database_url) as process:
                ended.append(await process.wait())

    task = asyncio.create_task(supervise())
    yield ended
    task.cancel()
    await asyncio.wait({task})


async def test_a_projector_that_ends_whenever_it_begins_is_told(
    api: Service, nats_url: str, database_url: str, postgres: asyncpg.Connection
) -> None:
    await postgres.execute(ANOTHER_LOG)
    reason = reason_of(api, "projector")
    async with restarted(nats_url, database_url) as ended:
        await eventually(lambda: len(ended) >= 2)
        assert set(ended) == {1}
        told = await eventually(reason)
        assert told == "no projector follows partition 0"
        seen = len(ended)
        await eventually(lambda: len(ended) >= seen + 2)
        assert await reason() == told
        assert (await api.http.get("/health/serving")).status_code == 200
        await postgres.execute("delete from positions")
        await eventually(without(reason))


@pytest.mark.parametrize(
    ("schema", "words"), [("9999", "run the newer Penstock"), ("0001", "run `penstock migrate`")]
)
async def test_a_database_of_another_schema_is_told_until_it_fits(
    api: Service, postgres: asyncpg.Connection, schema: str, words: str
) -> None:
    await postgres.execute("update alembic_version set version_num = $1", schema)
    reason = reason_of(api, "database")
    assert words in (await eventually(reason) or "")
    await postgres.execute("update alembic_version set version_num = $1", SCHEMA)
    await eventually(without(reason))


async def test_a_projector_that_refuses_a_database_is_told_by_the_api(
    api: Service, nats_url: str, database_url: str, postgres: asyncpg.Connection
) -> None:
    await postgres.execute("update alembic_version set version_num = '9999'")
    async with projector(nats_url, database_url) as refusing:
        assert await refusing.wait() == 1
    assert await eventually(reason_of(api, "projector")) == "no projector follows partition 0"
