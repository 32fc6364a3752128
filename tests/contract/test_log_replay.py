"""Replay: every lifecycle entry of a partition after a position, then as they come."""

from tests.contract.world import Replay, World, replaying, stored


async def replayed(world: World, batches: Replay, number: int) -> list[int]:
    """The sequences of so many entries."""
    found: list[int] = []
    while len(found) < number:
        batch = await world.within(10, anext(batches))
        assert batch
        found += [entry.sequence for entry in batch]
    return found


async def test_a_replay_is_everything_but_deltas_in_order_and_goes_on_live(world: World) -> None:
    story, elsewhere = world.story(partition=1), world.story(partition=2)
    sequences = await stored(world.log, story.requested(), story.started(), story.ready())
    await world.log.stream(story.delta(0))
    await stored(world.log, elsewhere.requested())
    sequences += await stored(world.log, story.step_started(), story.turn(), story.completed())
    sequences += await stored(world.log, story.due(), story.skipped(3), story.stop_due())
    async with replaying(world.log, 1, after=0) as batches:
        assert await replayed(world, batches, len(sequences)) == sequences
        await world.log.stream(story.delta(1))
        await stored(world.log, elsewhere.finished())
        live = await stored(world.log, story.finished())
        assert await replayed(world, batches, 1) == live
        live = await stored(world.log, *(story.ready(step, attempt=2) for step in range(50)))
        assert await replayed(world, batches, 50) == live


async def test_a_replay_begins_behind_its_position(world: World) -> None:
    story = world.story(partition=1)
    sequences = await stored(world.log, *(story.ready(step) for step in range(20)))
    for position in (0, sequences[0], sequences[12]):
        expected = [sequence for sequence in sequences if sequence > position]
        async with replaying(world.log, 1, after=position) as batches:
            assert await replayed(world, batches, len(expected)) == expected
    async with replaying(world.log, 1, after=sequences[-1]) as batches:
        last = await stored(world.log, story.finished())
        assert await replayed(world, batches, 1) == last


async def test_a_long_replay_loses_nothing_while_more_is_stored(world: World) -> None:
    stories = [world.story(partition=n) for n in (0, 1)]
    sequences = await stored(world.log, *(stories[1].ready(step) for step in range(6000)))
    async with replaying(world.log, 1, after=0) as batches:
        seen = await replayed(world, batches, 1)
        more = [stories[step % 2].completed(step) for step in range(1000)]
        later = await stored(world.log, *more)
        sequences += [s for fact, s in zip(more, later, strict=True) if fact.partition == 1]
        seen += await replayed(world, batches, len(sequences) - len(seen))
    assert seen == sequences


async def test_a_replay_that_begins_elsewhere_misses_nothing_of_what_the_first_had(
    world: World,
) -> None:
    story, other = world.story(partition=1), await world.another()
    sequences = await stored(world.log, *(story.ready(step) for step in range(30)))
    async with replaying(world.log, 1, 0) as one:
        assert await replayed(world, one, 30) == sequences
    async with replaying(other, 1, sequences[9]) as two:
        assert await replayed(world, two, 20) == sequences[10:]


async def test_a_replay_passes_over_what_was_deleted(world: World) -> None:
    story = world.story(partition=1)
    sequences = await stored(world.log, *(story.ready(step) for step in range(10)))
    await world.log.delete(sequences[2:5])
    kept = sequences[:2] + sequences[5:]
    async with replaying(world.log, 1, after=0) as batches:
        assert await replayed(world, batches, len(kept)) == kept
