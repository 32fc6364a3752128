"""Appending: at most once per subject, in the order of sending."""

import asyncio

from shared.log.port import AlreadyRecorded, Appended
from shared.run.facts import StepCompleted
from shared.run.wire import decode
from tests.contract.world import World, said, stored


async def test_a_fact_is_recorded_once_and_the_first_one_stands(world: World) -> None:
    story = world.story()
    first = await world.log.append(story.requested("first"))
    assert isinstance(first, Appended)
    assert await world.log.append(story.requested("first")) == AlreadyRecorded()
    assert await world.log.append(story.requested("second")) == AlreadyRecorded()
    (entry,) = (await world.log.history(story.workspace, story.run)).entries
    assert entry.sequence == first.sequence
    assert said(entry) == story.requested("first")


async def test_a_step_has_one_outcome_per_attempt_whatever_it_is(world: World) -> None:
    story = world.story()
    await stored(world.log, story.requested(), story.failed(0, attempt=1))
    assert await world.log.append(story.completed(0, attempt=1)) == AlreadyRecorded()
    assert isinstance(await world.log.append(story.completed(0, attempt=2)), Appended)


async def test_of_concurrent_rivals_exactly_one_is_recorded(world: World) -> None:
    story = world.story()
    rivals = [world.log, await world.another(), await world.another()]
    texts = [f"rival {number}" for number in range(30)]
    outcomes = await asyncio.gather(
        *(rivals[i % 3].append(story.completed(text=text)) for i, text in enumerate(texts))
    )
    winners = [i for i, outcome in enumerate(outcomes) if isinstance(outcome, Appended)]
    (entry,) = (await world.log.history(story.workspace, story.run)).entries
    fact = said(entry)
    assert isinstance(fact, StepCompleted)
    assert [texts[i] for i in winners] == [fact.output]


async def test_facts_and_deltas_are_stored_in_the_order_of_sending(world: World) -> None:
    story = world.story()
    facts, deltas = [], []
    for number in range(150):
        facts.append(world.log.append(story.ready(step=number)))
        deltas.append(world.log.stream(story.delta(number)))
    sequences: list[int] = []
    for fact, delta in zip(facts, deltas, strict=True):
        outcome = await fact
        assert isinstance(outcome, Appended)
        sequences += [outcome.sequence, await delta]
    entries = await world.log.read_on(story.workspace, story.run, after=0)
    assert [entry.sequence for entry in entries] == sequences
    assert sequences == sorted(sequences)
    assert [entry.rest for entry in entries][:4] == [
        "step.0.1.ready.default.shared",
        "delta.0.1.1",
        "step.1.1.ready.default.shared",
        "delta.0.1.1",
    ]


async def test_a_fact_leaves_at_the_call_not_at_the_await(world: World) -> None:
    story = world.story()
    first = world.log.append(story.requested())
    (second,) = await stored(world.log, story.started())
    history = await world.log.history(story.workspace, story.run)
    assert [entry.rest for entry in history.entries] == ["requested", "started"]
    assert await first == Appended(history.entries[0].sequence)
    assert history.entries[0].sequence < second


async def test_an_entry_says_the_fact_its_address_and_the_servers_time(world: World) -> None:
    story = world.story(partition=3)
    before = world.now()
    (sequence,) = await stored(world.log, story.completed(2, 3, text="ünï – 文 🙂\nline"))
    (entry,) = (await world.log.history(story.workspace, story.run)).entries
    assert entry.sequence == sequence
    assert entry.address == story.address
    assert entry.rest == "step.2.3.finished"
    assert before <= entry.time <= world.now()
    recorded = entry.recorded()
    assert said(entry) == story.completed(2, 3, text="ünï – 文 🙂\nline")
    assert recorded.fact == decode(entry.data)
    assert (recorded.sequence, recorded.time) == (entry.sequence, entry.time)


async def test_deltas_of_one_execution_share_a_subject_and_are_all_kept(world: World) -> None:
    story = world.story()
    answers = [world.log.stream(story.delta(offset)) for offset in range(5)]
    sequences = [await answer for answer in answers]
    entries = await world.log.read_on(story.workspace, story.run, after=0)
    assert [entry.sequence for entry in entries] == sequences
    assert {entry.rest for entry in entries} == {"delta.0.1.1"}
    assert [said(entry) for entry in entries] == [story.delta(n) for n in range(5)]


async def test_the_log_tells_its_birth_and_its_partitions(world: World) -> None:
    about = await world.log.about()
    assert about.partitions == 4
    assert about.created <= world.now()
