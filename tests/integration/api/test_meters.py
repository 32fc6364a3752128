"""What waits, who is there and what lives, as the api's metrics tell it."""

import asyncio
from signal import SIGKILL, SIGQUIT

import pytest

from shared.log import Log
from shared.log.provision import provision
from tests.eventually import eventually
from tests.integration.api.conftest import started
from tests.integration.api.story import Service, Story
from tests.metered import is_told, metric
from tests.servers import NatsServer, PostgresServer


async def test_what_waits_and_who_works_is_told(service: Service, log: Log) -> None:
    run = await service.run()
    await Story(log, run).begin()
    async with (
        log.announced("agent-worker", "w-1", lambda: b'{"pools":{"local":{"slots":16,"used":2}}}'),
        log.presence("scheduler", "s-1", lambda: b'{"partitions":[0]}'),
    ):

        def is_seen() -> bool:
            assert metric("penstock_queue_waiting_steps", pool="local") == 1
            assert metric("penstock_queue_oldest_seconds", pool="local") > 0
            assert metric("penstock_pool_workers", pool="local") == 1
            assert metric("penstock_pool_workers", pool="default") == 0
            assert metric("penstock_pool_slots", pool="local") == 16
            assert metric("penstock_pool_slots_used", pool="local") == 2
            assert metric("penstock_partition_owned", partition="0") == 1
            assert is_told("penstock_partition_owned", partition="1")
            assert metric("penstock_partition_owned", partition="1") == 0
            for name, facts in (("scheduler", 1), ("projector", 3)):
                name = f"penstock_{name}_lag_facts"
                assert sum(metric(name, partition=each) for each in "01") == facts
            return max(metric("penstock_projector_lag_seconds", partition=n) for n in "01") > 0

        await eventually(is_seen)


async def test_requests_are_timed_unless_they_ask_to_wait(service: Service) -> None:
    run = await service.run()
    before = metric("penstock_http_request_seconds_count")
    await service.http.get(f"/api/v1/runs/{run}")
    await service.http.post(f"/api/v1/runs/{run}/cancel?wait=0")
    assert metric("penstock_http_request_seconds_count") == before + 1


@pytest.mark.long
async def test_runs_that_live_are_counted_by_status(projected: Service) -> None:
    await projected.run()
    await projected.run()
    await eventually(lambda: metric("penstock_runs_living", status="pending") == 2)


async def test_without_postgres_the_log_is_still_told_of(
    nats_url: str, own_postgres_server: PostgresServer
) -> None:
    await provision(nats_url, partitions=2, pools=("default", "local"))
    async with started(nats_url, await own_postgres_server.clone()):
        await eventually(lambda: is_told("penstock_projector_lag_facts", partition="0"))
        await asyncio.to_thread(own_postgres_server.stop, SIGQUIT)
        await eventually(lambda: not is_told("penstock_projector_lag_facts", partition="0"))
        for name in ("penstock_scheduler_lag_facts", "penstock_partition_owned"):
            assert is_told(name, partition="0")
        await own_postgres_server.restart()
        await eventually(lambda: is_told("penstock_projector_lag_facts", partition="0"))


@pytest.mark.long
async def test_what_is_not_known_is_not_told(
    own_nats_server: NatsServer, database_url: str
) -> None:
    await provision(own_nats_server.url, partitions=2, pools=("default", "local"))
    async with started(own_nats_server.url, database_url):
        await eventually(lambda: is_told("penstock_queue_waiting_steps", pool="local"))
        await asyncio.to_thread(own_nats_server.stop, SIGKILL)
        await eventually(lambda: not is_told("penstock_queue_waiting_steps", pool="local"))
        await eventually(lambda: not is_told("penstock_partition_owned", partition="0"))
        await asyncio.to_thread(own_nats_server.start)
        await eventually(lambda: is_told("penstock_queue_waiting_steps", pool="local"))
