"""The join over real servers, seeded: whatever is cut or ends meanwhile, each is told the whole.

NATS is killed, apis stop and others take their place, listeners come late, dawdle, hang up and
return, and in the end the run leaves the log. `--seeds` says how many runs there are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

import pytest

from shared.log import connect
from shared.log.provision import provision
from tests.eventually import PATIENCE_SECONDS
from tests.integration.api.troubled import Troubled
from tests.integration.api.watched import Watched
from tests.servers import NatsServer

SEEDS = 2


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each seed, so that what failed is tried again by its id."""
    metafunc.parametrize("seed", range(metafunc.config.getoption("--seeds") or SEEDS))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that so few facts reach, and answers lost with NATS that are soon given up."""
    monkeypatch.setattr("services.api.live.tape.MOST_BYTES", 3000)
    monkeypatch.setattr("shared.log.jetstream.publisher.ANSWER_SECONDS", 3.0)


async def test_readers_are_told_the_whole_whatever_befalls_the_servers(
    seed: int,
    own_nats_server: NatsServer,
    database_url: str,
    record_property: Callable[[str, object], None],
) -> None:
    await provision(own_nats_server.url, partitions=1, pools=("default", "local"))
    troubled = Troubled(own_nats_server, database_url, Random(seed))
    async with connect(own_nats_server.url, name="teller") as log:
        watched = Watched(seed, log, troubled, database_url)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), troubled.running():
                await watched.live()
        except TimeoutError:
            pytest.fail(f"not over within {PATIENCE_SECONDS} s: {watched}")
    assert not watched.wrong()
    assert troubled.befallen.keys() == {"restarts", "stops"}
    record_property("events", len(watched.stored))
    record_property("visits", sum(tale.visits for tale in watched.tales))
    for mishap, times in troubled.befallen.items():
        record_property(mishap, times)
