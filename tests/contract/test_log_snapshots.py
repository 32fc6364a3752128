"""Streams saved and restored by real servers."""

import pytest

from shared.log import connect
from shared.log.provision import provision
from shared.log.snapshots import STREAMS, NotEmpty, snapshots
from tests.contract.story import Story
from tests.contract.world import stored
from tests.servers import NatsServer

RUN = "019e0000-0000-7000-8000-000000000001"
POOLS = ("local",)


async def test_a_restored_log_goes_on_as_the_one_that_was_saved(
    own_nats_server: NatsServer, nats_url: str
) -> None:
    story = Story("acme", RUN)
    await provision(own_nats_server.url, partitions=3, pools=POOLS)
    async with connect(own_nats_server.url, name="test") as log:
        await stored(log, story.requested("x" * 60_000), story.started(), story.ready())
        await log.put_flow("version", b"flow" * 100_000)
        blob = await log.put_blob("acme", RUN, b"text" * 100_000)
        await log.claim("acme", "key", b"claimed")
        before, saved_log = await log.history("acme", RUN), await log.about()
    await copy(own_nats_server.url, nats_url)
    for _ in range(2):
        assert (await provision(nats_url, partitions=1, pools=POOLS)).partitions == 3
        async with connect(nats_url, name="test") as log:
            about = await log.about()
            assert (about.since, about.last) == (saved_log.created, saved_log.last)
            assert about.created > saved_log.created
            assert await log.history("acme", RUN) == before
            assert await log.get_flow("version") == b"flow" * 100_000
            assert await log.get_blob("acme", RUN, blob) == b"text" * 100_000
            assert await log.claim("acme", "key", b"other") == b"claimed"
    async with connect(nats_url, name="test") as log:
        (next_one,) = await stored(log, story.completed())
        assert next_one == saved_log.last + 1
        async with log.partition(0) as deliveries:
            deliveries.credit(10)
            assert (await deliveries.next())[0].entry.sequence == before.entries[0].sequence


async def test_a_stream_that_has_something_is_not_written_over(
    own_nats_server: NatsServer, nats_url: str
) -> None:
    for url in (own_nats_server.url, nats_url):
        await provision(url, partitions=1, pools=POOLS)
    async with connect(nats_url, name="test") as log:
        await stored(log, Story("acme", RUN).requested())
    with pytest.raises(NotEmpty, match="expected a NATS server without the stream RUNS"):
        await copy(own_nats_server.url, nats_url)


async def copy(source: str, target: str) -> None:
    """All that is saved of one server, restored into another."""
    async with snapshots(source) as old, snapshots(target) as new:
        for name in STREAMS:
            await new.require_empty(name)
            async with old.save(name) as (saved, chunks):
                await new.restore(saved, [chunk async for chunk in chunks])
