"""The lifecycle of a whole workspace: what was stored of it between two sequences."""

import asyncio

from shared.log.port import Entry, Log
from shared.log.subjects import LIFECYCLE
from tests.contract.story import Story
from tests.contract.test_log_live import heard
from tests.contract.world import World, stored


def sequences(entries: tuple[Entry, ...]) -> list[int]:
    return [entry.sequence for entry in entries]


async def told(world: World) -> list[int]:
    """The sequences of two runs of `acme` that mix with each other, a stranger's, and words."""
    one, two = world.story("acme", 0), world.story("acme", 3)
    stranger, log = world.story("acme-2", 0), world.log
    mine = await stored(log, one.requested(), two.requested(), one.started())
    await stored(log, stranger.requested(), stranger.started())
    await log.stream(one.delta(0))
    mine += await stored(log, two.ready(), one.ready(), one.due(), one.start_due())
    await log.stream(two.delta(0))
    mine += await stored(log, one.completed(), one.finished(), two.cancel())
    await stored(log, stranger.finished())
    return mine


async def test_a_workspace_is_read_in_order_without_words_and_strangers(world: World) -> None:
    mine = await told(world)
    last = await world.log.last_sequence()
    whole = await world.log.read_lifecycle("acme", after=0, up_to=last, limit=100)
    assert sequences(whole) == mine
    assert {entry.address.partition for entry in whole} == {0, 3}


async def test_it_is_read_in_pages_of_any_size_from_and_to_any_sequence(world: World) -> None:
    mine = await told(world)
    for limit in (1, 2, 5):
        after, found = 0, list[int]()
        while page := await world.log.read_lifecycle("acme", after=after, up_to=99, limit=limit):
            found += sequences(page)
            after = found[-1]
        assert found == mine
    for first, last in ((0, mine[4]), (mine[2], mine[-1] - 1), (mine[-1], 99)):
        part = await world.log.read_lifecycle("acme", after=first, up_to=last, limit=100)
        assert sequences(part) == [each for each in mine if first < each <= last]


async def test_what_is_read_while_it_is_written_has_no_hole(world: World) -> None:
    writer = await world.another()
    writing = asyncio.create_task(write(writer, [world.story("acme", n % 4) for n in range(40)]))
    log, found = world.log, list[int]()
    while not writing.done():
        last = await log.last_sequence()
        after = found[-1] if found else 0
        found += sequences(await log.read_lifecycle("acme", after=after, up_to=last, limit=1000))
    await writing
    last, after = await log.last_sequence(), found[-1] if found else 0
    found += sequences(await log.read_lifecycle("acme", after=after, up_to=last, limit=1000))
    assert found == sequences(await log.read_lifecycle("acme", after=0, up_to=last, limit=1000))
    assert len(found) == 40 * 4


async def write(log: Log, stories: list[Story]) -> None:
    async def one(story: Story) -> None:
        await stored(log, story.requested())
        await stored(log, story.ready())
        await stored(log, story.due(), story.finished())

    await asyncio.gather(*(one(story) for story in stories))


async def test_a_feed_of_the_lifecycle_hears_no_words(world: World) -> None:
    async with world.log.live("acme", rest=LIFECYCLE) as feed:
        mine = await told(world)
        assert [fact.sequence for fact in await heard(world, feed, len(mine))] == mine
