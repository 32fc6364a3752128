"""Disturbances: connections break, the server comes back, and nothing stored is lost."""

from datetime import timedelta

from shared.log.port import (
    Deliveries,
    Delivery,
    Gap,
    Live,
    LiveFeed,
)
from tests.contract.world import World, recorded, replaying, said, stored


async def until_gap(feed: LiveFeed) -> list[Live]:
    """What was heard before the first gap."""
    heard: list[Live] = []
    while True:
        for item in await feed.next():
            if isinstance(item, Gap):
                return heard
            heard.append(item)


async def until_heard(feed: LiveFeed, rest: str) -> None:
    while True:
        for item in await feed.next():
            if isinstance(item, Live) and item.rest == rest:
                return


async def test_a_disturbed_feed_tells_of_the_gap_and_goes_on(world: World) -> None:
    story = world.story()
    async with world.log.live("acme", story.run) as feed:
        await stored(world.log, story.requested(), story.started())
        await world.disturb()
        await recorded(world.log, story.ready())
        heard = await world.within(10, until_gap(feed))
        assert [fact.rest for fact in heard] == ["requested", "started"]
        entries = await world.log.read_on("acme", story.run, after=heard[-1].sequence)
        assert [entry.rest for entry in entries] == ["step.0.1.ready.default.shared"]
        await recorded(world.log, story.finished())
        await world.within(10, until_heard(feed, "finished"))


async def until_delivered(deliveries: Deliveries, rest: str) -> Delivery:
    """The delivery of this fact; others may come again before it, and are done with."""
    while True:
        for delivery in await deliveries.next():
            delivery.ack()
            if delivery.entry.rest == rest:
                return delivery


async def test_deliveries_and_timers_go_on_after_a_disturbance(world: World) -> None:
    story = world.story(partition=1)
    async with (
        world.log.work("default") as work,
        world.log.partition(1) as partition,
        world.log.firings() as firings,
    ):
        for deliveries in (work, partition, firings):
            deliveries.credit(10)
        await stored(world.log, story.requested(), story.ready(0))
        await world.within(5, until_delivered(work, "step.0.1.ready.default.shared"))
        await world.within(5, until_delivered(partition, "requested"))
        await world.log.set_timer(story.deadline(), world.now() + timedelta(seconds=1))
        await world.disturb()
        await recorded(world.log, story.ready(1))
        await recorded(world.log, story.cancel())
        await world.within(20, until_delivered(work, "step.1.1.ready.default.shared"))
        await world.within(20, until_delivered(partition, "cancel"))
        firing = await world.within(20, until_delivered(firings, "deadline"))
    assert said(firing.entry) == story.deadline()


async def test_a_replay_goes_on_after_a_disturbance_and_loses_nothing(world: World) -> None:
    story = world.story(partition=1)
    async with replaying(world.log, 1, after=0) as batches:
        await stored(world.log, story.requested(), story.started())
        replayed = await world.within(10, anext(batches))
        await world.disturb()
        await recorded(world.log, story.ready())
        await recorded(world.log, story.completed())
        while len(replayed) < 4:
            replayed += await world.within(8, anext(batches))
    history = await world.log.history("acme", story.run)
    assert tuple(replayed) == history.entries
