"""Fixtures for every tier: real servers, and an environment without the caller's settings."""

import gc
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cache

import httpcore2
import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.servers import NatsServer, PostgresServer, own_folder

# A machine that is busy with other tests is slow, not wrong.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")
# Whether any example fails, the same ones each time; nobody reads the smallest.
settings.register_profile(
    "mutants",
    settings.get_profile("shared"),
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)

# What a command would take from whoever runs the tests: addresses, keys, the width of a terminal.
CALLERS = ("ANTHROPIC_", "OPENAI_", "PENSTOCK_", "PG", "NATS_URL", "DATABASE_URL", "COLUMNS")

for name in [name for name in os.environ if name.startswith(CALLERS)]:
    del os.environ[name]

# What a shell starts in the background ignores Ctrl-C, and so would every command that is sent it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Each client would read all certificates of the system, which takes as long as a short test.
httpcore2.default_ssl_context = cache(httpcore2.default_ssl_context)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seeds", type=int, help="how many seeds a test of the simulation tries")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that wait long begin first: at the end, nobody waits for one of them alone."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """Thousands of tests stay to the end: a collector that looks at them finds nothing."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def nats_server() -> Iterator[NatsServer]:
    """The nats-server of this test process. A test that stops it starts it again."""
    with own_folder() as folder:
        server = NatsServer(folder)
        server.start()
        yield server
        server.stop()


@pytest.fixture
async def nats_url(nats_server: NatsServer) -> str:
    """A NATS server with JetStream and nothing in it."""
    await nats_server.wipe()
    return nats_server.url


@pytest.fixture
def own_nats_server() -> Iterator[NatsServer]:
    """A nats-server for one test alone: to kill, to freeze, to restart."""
    with own_folder() as folder:
        server = NatsServer(folder)
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The PostgreSQL of this test process."""
    with _running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def own_postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL for the tests of one module alone: to kill, to freeze, to restart."""
    with _running_postgres() as server:
        yield server


@contextmanager
def _running_postgres() -> Iterator[PostgresServer]:
    with own_folder() as folder:
        server = PostgresServer(folder / "postgres")
        server.start()
        yield server
        server.stop()


@pytest.fixture
async def database_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """A database of one's own with the newest schema."""
    url = await postgres_server.clone()
    yield url
    await postgres_server.drop(url)


@pytest.fixture
async def empty_database_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """A database of one's own without any schema."""
    url = await postgres_server.empty()
    yield url
    await postgres_server.drop(url)
