"""Live facts, and the law by which they join a history."""

import asyncio

from shared.log.port import Entry, Gap, Live, LiveFeed, Log
from tests.contract.story import Story
from tests.contract.world import World, stored


async def heard(world: World, feed: LiveFeed, number: int) -> list[Live]:
    """So many live facts; a gap is none of them."""

    async def gather() -> list[Live]:
        found: list[Live] = []
        while len(found) < number:
            found += [item for item in await feed.next() if isinstance(item, Live)]
        return found

    return await world.within(5, gather())


async def test_a_workspace_hears_its_own_facts_and_no_others(world: World) -> None:
    mine, stranger = world.story("acme"), world.story("acme-2")
    async with world.log.live("acme") as feed:
        await stored(world.log, stranger.requested())
        (first,) = await stored(world.log, mine.requested())
        await world.log.stream(stranger.delta(0))
        second = await world.log.stream(mine.delta(0))
        facts = await heard(world, feed, 2)
    assert [fact.sequence for fact in facts] == [first, second]
    assert {fact.workspace for fact in facts} == {"acme"}


async def test_a_feed_hears_one_run_or_one_kind_of_fact(world: World) -> None:
    story, other = world.story(), world.story()
    async with (
        world.log.live("acme", story.run) as of_run,
        world.log.live("acme", rest="step.>") as of_steps,
        world.log.live("*", rest="finished") as of_ends,
    ):
        await stored(world.log, other.requested(), other.ready(), other.finished())
        await world.log.stream(story.delta(0))
        await stored(world.log, story.ready(), story.completed(), story.finished())
        runs = [fact.rest for fact in await heard(world, of_run, 4)]
        steps = [fact.run for fact in await heard(world, of_steps, 3)]
        ends = [fact.run for fact in await heard(world, of_ends, 2)]
    assert runs == [
        "delta.0.1.1",
        "step.0.1.ready.default.shared",
        "step.0.1.finished",
        "finished",
    ]
    assert steps == [other.run, story.run, story.run]
    assert ends == [other.run, story.run]


async def test_a_live_fact_is_the_stored_one_with_its_sequence(world: World) -> None:
    story = world.story()
    async with world.log.live("acme", story.run) as feed:
        await stored(world.log, story.requested("words"))
        await world.log.stream(story.delta(0, text="🙂"))
        facts = await heard(world, feed, 2)
    entries = await world.log.read_on("acme", story.run, after=0)
    assert facts == [Live(e.sequence, "acme", story.run, e.rest, e.data) for e in entries]


async def test_a_refused_append_is_not_heard(world: World) -> None:
    story = world.story()
    async with world.log.live("acme") as feed:
        (first,) = await stored(world.log, story.requested("first"))
        await world.log.append(story.requested("second"))
        (last,) = await stored(world.log, story.started())
        facts = await heard(world, feed, 2)
    assert [fact.sequence for fact in facts] == [first, last]


async def test_history_and_then_live_are_the_whole_run_exactly(world: World) -> None:
    story, writer = world.story(), await world.another()
    writing = asyncio.create_task(tell(writer, story))
    readers = [asyncio.create_task(follow(world, story, turns=10 * n)) for n in range(8)]
    seen = [await world.within(20, reader) for reader in readers]
    await writing
    whole = await world.log.read_on("acme", story.run, after=0, limit=5000)
    for sequences in seen:
        assert sequences == [entry.sequence for entry in whole]


async def test_a_listener_who_leaves_at_once_disturbs_nobody(world: World) -> None:
    story = world.story("acme")

    async def listen() -> None:
        async with world.log.live("acme", story.run) as feed:
            await feed.next()

    async with world.log.live("acme", story.run) as feed:
        for turns in range(30):
            leaving = asyncio.create_task(listen())
            for _ in range(turns):
                await asyncio.sleep(0)
            leaving.cancel()
        (sequence,) = await world.within(5, stored(world.log, story.requested()))
        assert [fact.sequence for fact in await heard(world, feed, 1)] == [sequence]


async def tell(log: Log, story: Story) -> None:
    """A run of many facts, stored a few at a time."""
    await stored(log, story.requested())
    for step in range(80):
        deltas = [log.stream(story.delta(offset, step=step)) for offset in range(3)]
        await stored(log, story.ready(step), story.completed(step))
        for delta in deltas:
            await delta
    await stored(log, story.finished())


async def follow(world: World, story: Story, turns: int) -> list[int]:
    """The sequences a reader sees who comes after so many turns of the loop."""
    for _ in range(turns):
        await asyncio.sleep(0)
    async with world.log.live("acme", story.run) as feed:
        past = await world.log.read_on("acme", story.run, after=0, limit=5000)
        seen: list[Entry | Live] = list(past)
        while not seen or seen[-1].rest != "finished":
            last = seen[-1].sequence if seen else 0
            for item in await feed.next():
                assert not isinstance(item, Gap), item
                if item.sequence > last:
                    seen.append(item)
    return [item.sequence for item in seen]
