"""Reading: histories, selections, reading on from a cursor, last sequences."""

import asyncio

from shared.log.port import Entry
from tests.contract.world import World, stored


def rests(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.rest for entry in entries]


async def test_a_history_is_every_lifecycle_fact_in_order_and_no_delta(world: World) -> None:
    story = world.story()
    sequences = await stored(world.log, story.requested(), story.started(), story.ready())
    await world.log.stream(story.delta(0))
    sequences += await stored(world.log, story.completed(), story.due(), story.finished())
    history = await world.log.history(story.workspace, story.run)
    assert [entry.sequence for entry in history.entries] == sequences
    assert rests(history.entries) == [
        "requested",
        "started",
        "step.0.1.ready.default.shared",
        "step.0.1.finished",
        "step.0.1.retry.due",
        "finished",
    ]
    assert history.up_to >= sequences[-1]


async def test_a_history_is_as_fresh_as_it_has_to_be(world: World) -> None:
    story, writer = world.story(), await world.another()
    for step in range(30):
        (sequence,) = await stored(writer, story.ready(step=step))
        history = await world.log.history(story.workspace, story.run, at_least=sequence)
        assert history.up_to >= sequence
        assert history.entries[-1].sequence == sequence


async def test_an_unknown_run_has_an_empty_history(world: World) -> None:
    story = world.story()
    assert (await world.log.history(story.workspace, story.run)).entries == ()
    (sequence,) = await stored(world.log, world.story().requested())
    history = await world.log.history(story.workspace, story.run, at_least=sequence)
    assert history.entries == ()
    assert history.up_to >= sequence
    assert await world.log.read_on(story.workspace, story.run, after=0) == ()


async def test_another_workspaces_run_of_the_same_id_is_invisible(world: World) -> None:
    story = world.story("acme")
    await stored(world.log, story.requested(), story.ready())
    assert (await world.log.history("emca", story.run)).entries == ()
    assert await world.log.read_on("emca", story.run, after=0) == ()
    assert await world.log.last_sequence("emca", story.run) == 0
    address = story.address._replace(workspace="emca")
    assert (await world.log.select(address, ["requested"], at_least=0)).entries == ()


async def test_a_run_is_found_without_its_workspace(world: World) -> None:
    story = world.story("acme")
    await stored(world.log, story.requested(), world.story("emca").requested())
    history = await world.log.history("*", story.run)
    assert [entry.address for entry in history.entries] == [story.address]


async def test_a_run_of_many_facts_is_read_whole(world: World) -> None:
    story = world.story()
    ready = await stored(world.log, story.requested(), *(story.ready(n) for n in range(1300)))
    done = await stored(world.log, *(story.completed(n) for n in range(1300)), story.finished())
    history = await world.log.history(story.workspace, story.run)
    assert [entry.sequence for entry in history.entries] == [*ready, *done]
    rests_asked = [f"step.{n}.1.finished" for n in range(1300)]
    found = await world.log.select(story.address, ["requested", *rests_asked], at_least=0)
    assert [entry.sequence for entry in found.entries] == [ready[0], *done[:-1]]
    entries = await world.log.read_on(story.workspace, story.run, after=0, limit=5000)
    assert [entry.sequence for entry in entries] == [*ready, *done]


async def test_a_selection_is_what_matches_its_rests_in_order(world: World) -> None:
    story = world.story()
    await stored(world.log, story.requested(), story.started())
    await stored(world.log, story.ready(0), story.ready(1), story.step_started(0))
    await stored(world.log, story.turn(0, turn=1), story.completed(0), story.failed(1))
    (last,) = await stored(world.log, story.completed(1, attempt=2))

    async def selected(*asked: str) -> list[str]:
        return rests((await world.log.select(story.address, asked, at_least=last)).entries)

    assert await selected("requested", "cancel", "stopping") == ["requested"]
    assert await selected("step.*.*.finished") == [
        "step.0.1.finished",
        "step.1.1.finished",
        "step.1.2.finished",
    ]
    assert await selected("step.1.*.finished", "requested", "step.0.1.turn.*") == [
        "requested",
        "step.0.1.turn.1",
        "step.1.1.finished",
        "step.1.2.finished",
    ]
    assert await selected("step.0.1.>") == [
        "step.0.1.ready.default.shared",
        "step.0.1.1.started",
        "step.0.1.turn.1",
        "step.0.1.finished",
    ]
    assert await selected("step.7.1.finished") == []


async def test_selections_asked_for_together_each_get_their_own(world: World) -> None:
    one, other = world.story(), world.story()
    await stored(world.log, one.requested(), one.completed(0), one.completed(10))
    await stored(world.log, other.requested(), other.ready(0), other.completed(0))
    select = world.log.select
    found = await asyncio.gather(
        select(one.address, ["requested", "step.0.1.finished"], at_least=0),
        select(other.address, ["cancel", "step.0.1.*"], at_least=0),
        select(one.address, ["step.1.1.finished"], at_least=0),
        select(one.address, ["step.*.1.finished", "step.10.1.finished"], at_least=0),
        select(other.address, ["step.0.>"], at_least=0),
    )
    assert [rests(each.entries) for each in found] == [
        ["requested", "step.0.1.finished"],
        ["step.0.1.finished"],
        [],
        ["step.0.1.finished", "step.10.1.finished"],
        ["step.0.1.ready.default.shared", "step.0.1.finished"],
    ]
    told = {entry.address for each in found[1::3] for entry in each.entries}
    assert told == {other.address}


async def test_a_selection_knows_at_least_what_it_is_asked_to(world: World) -> None:
    story, writer = world.story(), await world.another()
    for step in range(20):
        (sequence,) = await stored(writer, story.completed(step))
        found = await world.log.select(
            story.address, [f"step.{step}.1.finished", "cancel"], at_least=sequence
        )
        assert [entry.sequence for entry in found.entries] == [sequence]
        assert found.up_to >= sequence


async def test_reading_on_goes_on_behind_any_sequence(world: World) -> None:
    story, other = world.story(), world.story()
    sequences = await stored(world.log, story.requested())
    elsewhere = await stored(world.log, other.requested())
    sequences += [await world.log.stream(story.delta(offset)) for offset in range(4)]
    elsewhere += [await world.log.stream(other.delta(0))]
    sequences += await stored(world.log, story.completed(), story.finished())
    for cursor in [0, *sequences, *elsewhere, sequences[-1] + 1000]:
        entries = await world.log.read_on(story.workspace, story.run, after=cursor)
        assert [entry.sequence for entry in entries] == [s for s in sequences if s > cursor]


async def test_reading_on_gives_no_more_than_its_limit(world: World) -> None:
    story = world.story()
    await stored(world.log, story.requested())
    answers = [world.log.stream(story.delta(offset)) for offset in range(2500)]
    deltas = [await answer for answer in answers]
    read: list[int] = []
    cursor = deltas[0] - 1
    while entries := await world.log.read_on(story.workspace, story.run, after=cursor, limit=999):
        read += [entry.sequence for entry in entries]
        cursor = read[-1]
        assert len(entries) in (999, 502)
    assert read == deltas
    whole = await world.log.read_on(story.workspace, story.run, after=0, limit=2600)
    assert len(whole) == 2501


async def test_the_last_sequence_is_of_a_run_of_a_workspace_or_of_all(world: World) -> None:
    assert await world.log.last_sequence() == 0
    story, neighbour = world.story("acme"), world.story("acme")
    stranger = world.story("other", partition=2)
    (first,) = await stored(world.log, story.requested())
    (second,) = await stored(world.log, neighbour.requested())
    third = await world.log.stream(stranger.delta(0))
    assert await world.log.last_sequence("acme", story.run) == first
    assert await world.log.last_sequence("acme") == second
    assert await world.log.last_sequence("other", stranger.run) == third
    assert await world.log.last_sequence() == third
    assert await world.log.last_sequence("nobody") == 0
