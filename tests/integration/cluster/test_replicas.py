"""Several servers in NATS_URL, and as many copies of everything as PENSTOCK_REPLICAS asks for."""

from __future__ import annotations

import asyncio

import pytest

from cli.up.port import LOOPBACK, free_port
from shared.log import connect
from shared.log.port import Appended, Log
from shared.log.provision import provision
from shared.log.replication import ReplicasRefused
from tests.cluster import NatsCluster, ask, copies_of
from tests.contract.story import Story
from tests.eventually import eventually
from tests.servers import NatsServer, connected

POOLS = ("default", "local")
DURABLE = ("RUNS.scheduler-0", "RUNS.scheduler-1", "RUNS.work-default-shared", "TIMERS.firings")


async def _copies(cluster: NatsCluster, names: list[str]) -> dict[str, list[bool]]:
    client = await connected(cluster.nodes["n1"].url)
    try:
        return {name: await copies_of(client, name) for name in names}
    finally:
        await client.close()


async def _everything(cluster: NatsCluster) -> list[str]:
    """All streams that the account has, and our durable consumers."""
    client = await connected(cluster.nodes["n1"].url)
    found = await eventually(lambda: ask(client, "STREAM.NAMES"))
    await client.close()
    streams = [f"STREAM.INFO.{name}" for name in found["streams"]]
    return [*streams, *(f"CONSUMER.INFO.{name}" for name in DURABLE)]


async def _append_until(stopping: asyncio.Event, log: Log) -> list[Story]:
    """Runs appended one after the other, each recorded."""
    written: list[Story] = []
    while not stopping.is_set():
        story = Story("acme", f"run-{len(written)}", 0)
        assert isinstance(await log.append(story.requested()), Appended)
        written.append(story)
    return written


async def test_replicas_are_added_and_taken_away_while_facts_are_written(
    cluster: NatsCluster,
) -> None:
    made = await provision(cluster.urls, partitions=2, pools=POOLS)
    assert made.replicated == ()
    names = await _everything(cluster)
    assert set(map(len, (await _copies(cluster, names)).values())) == {1}
    stopping = asyncio.Event()
    async with connect(cluster.urls, name="test") as log:
        writing = asyncio.create_task(_append_until(stopping, log))
        grown = await provision(cluster.urls, partitions=2, pools=POOLS, replicas=3)
        assert len(grown.replicated) == len(names) - len(DURABLE)
        assert await _copies(cluster, names) == dict.fromkeys(names, [True] * 3)
        again = await provision(cluster.urls, partitions=2, pools=POOLS)
        assert again.replicated == ()
        assert set(map(len, (await _copies(cluster, names)).values())) == {3}
        await provision(cluster.urls, partitions=2, pools=POOLS, replicas=1)
        assert await _copies(cluster, names) == {name: [True] for name in names}
        stopping.set()
        for story in await writing:
            assert len((await log.history("acme", story.run)).entries) == 1


async def test_one_server_is_told_that_it_cannot_keep_three_copies(nats_url: str) -> None:
    with pytest.raises(ReplicasRefused, match=r"expected 3 servers .* PENSTOCK_REPLICAS"):
        await provision(nats_url, partitions=1, pools=POOLS, replicas=3)
    assert (await provision(nats_url, partitions=1, pools=POOLS, replicas=1)).replicated == ()


async def test_of_several_servers_one_that_answers_is_enough(own_nats_server: NatsServer) -> None:
    nobody = f"nats://{LOOPBACK}:{free_port()}"
    urls = f"{nobody},{own_nats_server.url}"
    await provision(urls, partitions=1, pools=POOLS)
    async with connect(urls, name="test") as log:
        assert (await log.about()).partitions == 1
