"""A scheduler's partition: what is delivered, to whom, and how it changes hands."""

import asyncio

from shared.log.port import Deliveries, Delivery
from shared.run.facts import Lifecycle
from tests.contract.world import World, stored


def acked(deliveries: list[Delivery]) -> list[str]:
    """The runs they are of; all are done with."""
    for delivery in deliveries:
        delivery.ack()
    return [delivery.entry.address.run for delivery in deliveries]


async def test_a_partition_delivers_the_facts_that_decide_and_no_others(world: World) -> None:
    story = world.story(partition=1)
    deciding: list[Lifecycle] = [
        story.requested(),
        story.start_due(),
        story.completed(0),
        story.failed(1),
        story.decided(2),
        story.due(1, purpose="retry"),
        story.due(2, purpose="approval"),
        story.due(3, purpose="queue"),
        story.cancel(),
        story.deadline(),
        story.stop_due(),
    ]
    own: list[Lifecycle] = [
        story.started(),
        story.ready(0),
        story.step_started(0),
        story.released(0),
        story.turn(0),
        story.retry(1),
        story.waiting(2),
        story.skipped(4),
        story.stopping(),
        story.finished(),
    ]
    end = world.story(partition=1).requested()
    async with world.log.partition(1) as deliveries:
        deliveries.credit(100)
        await world.log.stream(story.delta(0))
        await stored(world.log, *own)
        sequences = await stored(world.log, *deciding, end)
        arrived = await world.arrived(deliveries, len(sequences))
    assert [delivery.entry.sequence for delivery in arrived] == sequences
    assert [delivery.order for delivery in arrived] == list(range(1, len(sequences) + 1))
    assert {delivery.count for delivery in arrived} == {1}
    (entry,) = (await world.log.select(story.address, ["cancel"], at_least=0)).entries
    assert arrived[8].entry == entry


async def test_a_partition_delivers_its_own_runs_only(world: World) -> None:
    ours = [world.story(partition=2) for _ in range(5)]
    theirs = [world.story(partition=3) for _ in range(5)]
    for mine, other in zip(ours, theirs, strict=True):
        await stored(world.log, other.requested(), mine.requested())
    async with world.log.partition(2) as second, world.log.partition(3) as third:
        second.credit(10)
        third.credit(10)
        assert acked(await world.arrived(second, 5)) == [story.run for story in ours]
        assert acked(await world.arrived(third, 5)) == [story.run for story in theirs]


async def test_what_was_stored_before_anyone_pulled_is_delivered_in_order(world: World) -> None:
    stories = [world.story() for _ in range(300)]
    await stored(world.log, *(story.requested() for story in stories))
    runs: list[str] = []
    async with world.log.partition(0) as deliveries:
        deliveries.credit(32)
        while len(runs) < len(stories):
            arrived = await world.arrived(deliveries, 1)
            runs += acked(arrived)
            deliveries.credit(len(arrived))
    assert runs == [story.run for story in stories]


async def test_a_partition_is_pinned_to_one_of_its_pullers(world: World) -> None:
    rival = await world.another()
    async with world.log.partition(0) as one, rival.partition(0) as two:
        one.credit(100)
        two.credit(100)
        stories = [world.story() for _ in range(40)]
        await stored(world.log, *(story.requested() for story in stories))
        _, arrived, idle = await first_of(world, one, two)
        while len(arrived) < 40:
            assert not idle.done()
            arrived += await world.arrived(one if idle.get_name() == "two" else two, 1)
        idle.cancel()
    assert [delivery.entry.address.run for delivery in arrived] == [s.run for s in stories]
    assert len({delivery.pin for delivery in arrived}) == 1
    assert arrived[0].pin


async def first_of(
    world: World, one: Deliveries, two: Deliveries
) -> tuple[Deliveries, list[Delivery], asyncio.Task[list[Delivery]]]:
    """Who of two got something, what, and the other's wait for its first."""
    tasks = {
        asyncio.create_task(one.next(), name="one"): one,
        asyncio.create_task(two.next(), name="two"): two,
    }
    done, pending = await world.within(5, asyncio.wait(tasks, return_when="FIRST_COMPLETED"))
    assert len(pending) == 1
    (owner,) = done
    return tasks[owner], owner.result(), pending.pop()


async def test_an_owner_hands_its_partition_over(world: World) -> None:
    rival = await world.another()
    async with rival.partition(0) as heir, rival.partition(1) as other_heir:
        async with world.log.partition(0) as owner, world.log.partition(1) as dies:
            (before,) = await owned(world, owner, 0)
            await owned(world, dies, 1)
            heir.credit(10)
            other_heir.credit(10)
            await owner.unpin()
        story, left = world.story(), world.story(partition=1)
        await stored(world.log, left.requested(), story.requested())
        waiting = asyncio.create_task(other_heir.next())
        (after,) = await world.arrived(heir, 1, within=10)
        assert acked([after]) == [story.run]
        assert not waiting.done(), "whoever only dies keeps its partition for longer"
        waiting.cancel()
    assert after.pin
    assert after.pin != before.pin


async def owned(world: World, owner: Deliveries, partition: int) -> list[Delivery]:
    """What an owner was pinned with; acked."""
    owner.credit(10)
    await stored(world.log, world.story(partition=partition).requested())
    found = await world.arrived(owner, 1)
    acked(found)
    return found


async def test_a_dead_owners_partition_is_taken_over(world: World) -> None:
    rival = await world.another()
    async with rival.partition(0) as heir:
        async with world.log.partition(0) as owner:
            owner.credit(10)
            await stored(world.log, world.story().requested())
            (before,) = await world.arrived(owner, 1)
            before.ack()
            heir.credit(10)
        stories = [world.story() for _ in range(3)]
        await stored(world.log, *(story.requested() for story in stories))
        after = await world.arrived(heir, 3, within=8)
        assert acked(after) == [story.run for story in stories]
    assert before.pin not in {delivery.pin for delivery in after}


async def test_what_is_handed_back_comes_again_and_what_is_acked_does_not(world: World) -> None:
    stories = [world.story() for _ in range(3)]
    await stored(world.log, *(story.requested() for story in stories))
    async with world.log.partition(0) as deliveries:
        deliveries.credit(10)
        first, second, third = await world.arrived(deliveries, 3)
        first.ack()
        third.ack()
        second.nak()
        (again,) = await world.arrived(deliveries, 1)
        again.ack()
        end = world.story()
        await stored(world.log, end.requested())
        (last,) = await world.arrived(deliveries, 1)
        last.ack()
    assert again.entry == second.entry
    assert (second.count, again.count) == (1, 2)
    assert (third.order, again.order, last.order) == (3, 4, 5)
    assert last.entry.address.run == end.run
