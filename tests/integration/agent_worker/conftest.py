"""The stage of a worker's tests."""

from collections.abc import AsyncIterator

import pytest

from shared.log import connect
from shared.log.provision import provision
from simulator.server import running
from tests.integration.agent_worker.stage import POOLS, Stage


@pytest.fixture
async def stage(nats_url: str) -> AsyncIterator[Stage]:
    """A provisioned log and a simulated model, with nobody at work."""
    await provision(nats_url, partitions=1, pools=POOLS)
    async with running() as url, connect(nats_url, name="tested") as store:
        stage = Stage(store, url)
        yield stage
        await stage.close()
