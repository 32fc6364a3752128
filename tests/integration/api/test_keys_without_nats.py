"""A key that is set or deleted while NATS is away: kept, told so, and given to workers later."""

from __future__ import annotations

import signal

from shared.errors import Unavailable
from shared.log import Log, connect
from shared.log.provision import provision
from tests.eventually import eventually
from tests.integration.api.conftest import PARTITIONS, started
from tests.integration.api.keyed import GOOD, KEY, OTHER, is_published, published, put, rows
from tests.integration.api.story import Service
from tests.servers import NatsServer

UNTESTED = f"{KEY}?test=false"


async def test_a_change_without_nats_is_kept_and_reaches_workers_when_it_is_back(
    own_nats_server: NatsServer, database_url: str
) -> None:
    server = own_nats_server
    await provision(server.url, partitions=PARTITIONS, pools=("default", "local"))
    async with (
        started(server.url, database_url) as service,
        connect(server.url, name="test") as log,
    ):
        await put(service, OTHER, UNTESTED)
        server.stop(signal.SIGKILL)
        answer = await put(service, GOOD, UNTESTED)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.json()["detail"].startswith("The change is kept, and workers go on with")
        assert "retry-after" in answer.headers
        (row,) = await rows(database_url)
        assert row["published"] < row["revision"]
        assert (await service.http.get(KEY)).json()["key"] == "...0001"
        server.start()
        await eventually(lambda: is_known(log, database_url))
        assert await published(log) == GOOD
        await delete_without_nats(service, server, log)


async def delete_without_nats(service: Service, server: NatsServer, log: Log) -> None:
    server.stop(signal.SIGKILL)
    answer = await service.http.delete(KEY)
    assert answer.status_code == 503
    assert (await service.http.get(KEY)).status_code == 404
    server.start()

    async def is_gone() -> bool:
        try:
            return await published(log) is None
        except Unavailable:
            return False  # it has only just been started

    await eventually(is_gone)


async def is_known(log: Log, database_url: str) -> bool:
    """Workers have what the row says."""
    try:
        return await is_published(log, database_url)
    except Unavailable:
        return False  # it has only just been started
