"""Deletion: a run leaves the log, and its subjects are free again."""

from shared.log.port import Appended
from tests.contract.world import World, said, stored


async def test_deleted_entries_are_gone_from_every_reading(world: World) -> None:
    story = world.story()
    first, second, third = await stored(
        world.log, story.requested(), story.ready(), story.completed()
    )
    delta = await world.log.stream(story.delta(0))
    await world.log.delete([second, delta])
    history = await world.log.history("acme", story.run)
    assert [entry.sequence for entry in history.entries] == [first, third]
    found = await world.log.select(story.address, ["step.>"], at_least=third)
    assert [entry.sequence for entry in found.entries] == [third]
    entries = await world.log.read_on("acme", story.run, after=0)
    assert [entry.sequence for entry in entries] == [first, third]
    assert await world.log.last_sequence("acme", story.run) == third


async def test_deleting_again_or_what_never_was_is_no_error(world: World) -> None:
    story, other = world.story(), world.story()
    sequences = await stored(world.log, story.requested(), story.finished())
    await stored(world.log, other.requested())
    await world.log.delete(sequences)
    await world.log.delete([*sequences, sequences[-1] + 1000])
    await world.log.delete([])
    assert (await world.log.history("acme", story.run)).entries == ()
    assert await world.log.last_sequence("acme", story.run) == 0
    assert len((await world.log.history("acme", other.run)).entries) == 1


async def test_a_deleted_facts_subject_is_free_again(world: World) -> None:
    story = world.story()
    (first,) = await stored(world.log, story.requested("first"))
    await world.log.delete([first])
    again = await world.log.append(story.requested("second"))
    assert isinstance(again, Appended)
    assert again.sequence > first
    (entry,) = (await world.log.history("acme", story.run)).entries
    assert said(entry) == story.requested("second")


async def test_many_entries_are_deleted_at_once(world: World) -> None:
    story = world.story()
    sequences = await stored(world.log, *(story.ready(step) for step in range(400)))
    await world.log.delete(sequences[:-1])
    history = await world.log.history("acme", story.run)
    assert [entry.sequence for entry in history.entries] == sequences[-1:]


async def test_a_run_is_there_for_as_long_as_its_request_is(world: World) -> None:
    story = world.story()
    assert not await world.log.has_run("acme", story.run)
    first, *others = await stored(world.log, story.requested(), story.ready(), story.finished())
    assert await world.log.has_run("acme", story.run)
    assert not await world.log.has_run("emca", story.run)
    await world.log.delete(others)
    assert await world.log.has_run("acme", story.run)
    await world.log.delete([first])
    assert not await world.log.has_run("acme", story.run)


async def test_the_last_sequence_given_is_told_though_its_entry_is_gone(world: World) -> None:
    story = world.story()
    first, last = await stored(world.log, story.requested(), story.finished())
    await world.log.delete([last])
    assert (await world.log.about()).last == last > first
