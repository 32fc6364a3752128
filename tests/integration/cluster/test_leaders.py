"""Another leader: whoever hears facts live is told of the gap before the new one's first fact."""

from __future__ import annotations

from signal import SIGKILL

import pytest

from shared.log import connect
from shared.log.jetstream.leaders import CHANGED
from shared.log.port import Live, LiveFeed
from tests.cluster import NAMES, NatsCluster, leader_of, provisioned
from tests.contract.story import Story
from tests.contract.world import recorded
from tests.servers import connected


async def _leader(cluster: NatsCluster, asked: str) -> str:
    """Who leads the log, as one of the nodes knows."""
    client = await connected(cluster.nodes[asked].url)
    try:
        return await leader_of(client, "STREAM.INFO.RUNS")
    finally:
        await client.close()


async def _until(feed: LiveFeed, rest: str) -> list[str]:
    """What was heard until this fact: the rests of facts, and why there are gaps."""
    heard: list[str] = []
    while rest not in heard:
        items = await feed.next()
        heard += [item.rest if isinstance(item, Live) else item.reason for item in items]
    return heard


@pytest.mark.long
@pytest.mark.parametrize("mishap", ["killed", "frozen"])
async def test_a_new_leader_is_a_gap_before_its_first_fact(
    cluster: NatsCluster, mishap: str
) -> None:
    await provisioned(cluster)
    leader = await _leader(cluster, "n1")
    other = next(name for name in NAMES if name != leader)
    story = Story("acme", f"run-{mishap}", 0)
    here = cluster.nodes[other].url
    async with connect(here, name="test") as log, log.live("acme", story.run) as feed:
        await recorded(log, story.requested())
        assert await _until(feed, "requested") == ["requested"]
        # On a busy machine it may be another one by now: even the node that is asked.
        leader = await _leader(cluster, other)
        if mishap == "killed":
            cluster.nodes[leader].stop(SIGKILL)
        else:
            cluster.nodes[leader].freeze()
        await recorded(log, story.started())
        heard = await _until(feed, "started")
    assert await _leader(cluster, next(name for name in NAMES if name != leader)) != leader
    cluster.heal()
    assert heard[0] == (CHANGED if leader != other else "disconnected")
    assert heard[-1] == "started"


async def test_without_a_new_leader_there_is_no_gap(cluster: NatsCluster) -> None:
    await provisioned(cluster)
    story = Story("acme", "a-run-in-peace", 0)
    async with connect(cluster.urls, name="test") as log, log.live("acme", story.run) as feed:
        for fact in (story.requested(), story.started(), story.finished()):
            await log.about()
            await recorded(log, fact)
        heard = await _until(feed, "finished")
    assert heard == ["requested", "started", "finished"]
