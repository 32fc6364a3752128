"""NATS and Postgres die and freeze: what ready says, how calls answer, and that all heals."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.log.provision import provision
from shared.runtime.dependency import ANSWER_SECONDS
from tests.cost import Stopwatch
from tests.eventually import eventually
from tests.integration.api.conftest import started
from tests.integration.api.silences import CALLS, TROUBLES, Scene, Trouble, projecting, scene
from tests.servers import NatsServer, PostgresServer


@pytest.fixture
async def whole(
    own_nats_server: NatsServer, own_postgres_server: PostgresServer
) -> AsyncIterator[Scene]:
    async with scene(own_nats_server, own_postgres_server) as made:
        yield made


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)
async def test_what_needs_it_is_refused_soon_and_the_rest_goes_on(
    whole: Scene, trouble: Trouble
) -> None:
    await trouble.begin(whole)
    passing = Stopwatch()
    answers = await asyncio.gather(*(whole.ask(asked) for asked in CALLS))
    assert passing.elapsed() < 5 * ANSWER_SECONDS
    for asked, answer in zip(CALLS, answers, strict=True):
        assert answer.status_code == asked.status_without(trouble.part), asked
        assert (answer.headers.get("retry-after") == "2") == (answer.status_code == 503), asked
    reasons = await eventually(whole.reasons)
    assert trouble.part in reasons
    assert (await whole.service.http.get("/health/serving")).json()["status"] == "serving"
    await trouble.mend(whole)
    await eventually(whole.is_well)
    for asked in CALLS:
        assert (await whole.ask(asked)).status_code == asked.status_without("nothing"), asked


async def test_a_projector_that_is_not_there_is_told(
    own_nats_server: NatsServer, own_postgres_server: PostgresServer
) -> None:
    nats, database_url = own_nats_server, await own_postgres_server.clone()
    await provision(nats.url, partitions=2, pools=("default", "local"))
    async with started(nats.url, database_url) as service:
        lonely = Scene(nats, own_postgres_server, service, await service.run())
        reasons = await eventually(lonely.reasons)
        assert reasons["projector"].startswith("no projector follows partition 0")
        assert (await service.http.get("/health/serving")).status_code == 200
        async with projecting(nats.url, database_url):
            await eventually(lonely.is_well)
