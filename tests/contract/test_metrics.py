"""What the adapter to JetStream counts: how long appends take, and connections that came back."""

import asyncio
from datetime import UTC, datetime, timedelta

from shared.log import connect
from shared.log.provision import provision
from tests.contract.story import Story
from tests.eventually import eventually
from tests.metered import metric
from tests.servers import NatsServer


def timed(kind: str) -> float:
    return metric("penstock_append_seconds_count", kind=kind)


async def test_every_append_is_timed_by_its_kind_also_one_that_was_refused(nats_url: str) -> None:
    await provision(nats_url, partitions=8, pools=("default", "local"))
    before = {kind: timed(kind) for kind in ("fact", "delta", "timer", "claim")}
    story = Story("acme", "019e0000-0000-7000-8000-00000000000a")
    async with connect(nats_url, name="test") as log:
        await log.append(story.started())
        await log.append(story.started())
        await log.stream(story.delta(0))
        await log.set_timer(story.deadline(), datetime.now(UTC) + timedelta(days=1))
        await log.claim("acme", "key", b"value")
    counted = {kind: timed(kind) - was for kind, was in before.items()}
    assert counted == {"fact": 2, "delta": 1, "timer": 1, "claim": 1}


async def test_a_connection_that_comes_back_is_counted(own_nats_server: NatsServer) -> None:
    await provision(own_nats_server.url, partitions=1, pools=("default",))
    before = metric("penstock_nats_reconnects_total")
    async with connect(own_nats_server.url, name="test"):
        assert metric("penstock_nats_reconnects_total") == before
        await asyncio.to_thread(own_nats_server.stop)
        await asyncio.to_thread(own_nats_server.start)
        await eventually(lambda: metric("penstock_nats_reconnects_total") == before + 1)
