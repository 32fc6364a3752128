"""Timers: a fact comes to pass at its time, and not before, and not if it was cancelled."""

from datetime import timedelta

from shared.log.port import Deliveries, Delivery
from shared.run.facts import TimerFact
from tests.contract.world import World, said, stored


async def fired(world: World, deliveries: Deliveries, facts: int) -> list[Delivery]:
    """The first firing of so many different facts; every delivery is acked."""
    found: dict[tuple[str, str], Delivery] = {}
    while len(found) < facts:
        for delivery in await world.arrived(deliveries, 1, within=10):
            delivery.ack()
            deliveries.credit(1)
            found.setdefault((delivery.entry.address.run, delivery.entry.rest), delivery)
    return list(found.values())


async def set_after(world: World, seconds: float, *facts: TimerFact) -> None:
    for fact in facts:
        await world.log.set_timer(fact, world.now() + timedelta(seconds=seconds))


async def test_a_timer_fires_the_fact_to_be_and_never_early(world: World) -> None:
    story = world.story(partition=3)
    fires_at = world.now() + timedelta(seconds=0.6)
    async with world.log.firings() as firings:
        firings.credit(10)
        await world.log.set_timer(story.due(2, 1), fires_at)
        (firing,) = await fired(world, firings, 1)
        assert world.now() >= fires_at
    assert fires_at <= firing.entry.time <= fires_at + world.lateness
    assert firing.entry.address == story.address
    assert firing.entry.rest == "step.2.1.retry.due"
    assert said(firing.entry) == story.due(2, 1)
    assert (await world.log.history("acme", story.run)).entries == ()


async def test_timers_of_one_run_fire_in_the_order_of_their_times(world: World) -> None:
    story = world.story()
    async with world.log.firings() as firings:
        firings.credit(10)
        await set_after(world, 1.4, story.stop_due())
        await set_after(world, 0.2, story.start_due())
        await set_after(world, 0.8, story.deadline())
        due = await fired(world, firings, 3)
    assert [d.entry.rest for d in due] == ["start.due", "deadline", "stopping.due"]


async def test_setting_a_timer_again_changes_nothing(world: World) -> None:
    story = world.story()
    begun = world.now()
    async with world.log.firings() as firings:
        firings.credit(10)
        await set_after(world, 0.5, story.deadline())
        await set_after(world, 0.5, story.deadline())
        await set_after(world, 30, story.deadline())
        (firing,) = await fired(world, firings, 1)
    assert 0.5 <= (firing.entry.time - begun).total_seconds() < 30
    assert said(firing.entry) == story.deadline()


async def test_a_cancelled_timer_never_fires(world: World) -> None:
    story, sentinel = world.story(), world.story()
    async with world.log.firings() as firings:
        firings.credit(10)
        await set_after(world, 0.4, story.deadline(), story.stop_due())
        await set_after(world, 1.2, sentinel.deadline())
        await world.log.cancel_timer(story.deadline())
        due = await fired(world, firings, 2)
    assert [d.entry.rest for d in due] == ["stopping.due", "deadline"]
    assert due[1].entry.address.run == sentinel.run


async def test_cancelling_what_never_was_or_has_fired_is_no_error(world: World) -> None:
    story = world.story()
    await world.log.cancel_timer(story.deadline())
    async with world.log.firings() as firings:
        firings.credit(10)
        await set_after(world, 0, story.deadline())
        await fired(world, firings, 1)
        await world.log.cancel_timer(story.deadline())
        await set_after(world, 0, story.stop_due())
        assert len(await fired(world, firings, 1)) == 1


async def test_a_cancelled_timer_can_be_set_again(world: World) -> None:
    story = world.story()
    async with world.log.firings() as firings:
        firings.credit(10)
        await set_after(world, 60, story.deadline())
        await world.log.cancel_timer(story.deadline())
        await set_after(world, 0.2, story.deadline())
        (firing,) = await fired(world, firings, 1)
    assert firing.entry.address.run == story.run


async def test_a_time_that_is_past_fires_at_once(world: World) -> None:
    story = world.story()
    async with world.log.firings() as firings:
        firings.credit(10)
        await set_after(world, -86_400, story.start_due())
        (firing,) = await fired(world, firings, 1)
    assert said(firing.entry) == story.start_due()


async def test_firings_are_shared_by_all_schedulers(world: World) -> None:
    stories = [world.story(partition=n % 4) for n in range(20)]
    other = await world.another()
    async with world.log.firings() as one, other.firings() as two:
        one.credit(10)
        two.credit(10)
        await set_after(world, 0, *(story.deadline() for story in stories))
        here, there = await world.arrived(one, 10), await world.arrived(two, 10)
    runs = [delivery.entry.address.run for delivery in (*here, *there)]
    assert sorted(runs) == sorted(story.run for story in stories)


async def test_a_firing_handed_back_comes_again_until_it_is_acked(world: World) -> None:
    story = world.story()
    async with world.log.firings() as firings:
        firings.credit(10)
        await set_after(world, 0, story.deadline())
        (first,) = await world.arrived(firings, 1)
        first.nak()
        (again,) = await world.arrived(firings, 1)
        await stored(world.log, story.deadline())
        again.ack()
    assert again.entry == first.entry
    assert again.count == 2
