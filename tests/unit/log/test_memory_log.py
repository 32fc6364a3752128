"""What only the twin can show: its clock, its faults, its determinism."""

import asyncio

import pytest

from shared.errors import Unavailable
from shared.log.memory import Faults, MemoryLog
from shared.log.port import AlreadyRecorded, Appended, Deliveries, Delivery, Gap, Live, Log
from tests.contract.story import Story
from tests.eventually import PATIENCE_SECONDS

STORY = Story("acme", "r1", 0)
RUNS = [Story("acme", f"r{number}", 0) for number in range(40)]


async def arrived(deliveries: Deliveries) -> list[Delivery]:
    """What is here already."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await deliveries.next()


def steps(deliveries: list[Delivery]) -> list[int]:
    return [int(delivery.entry.rest.split(".")[1]) for delivery in deliveries]


async def test_a_delta_is_forgotten_after_an_hour_and_facts_are_not() -> None:
    log = MemoryLog()
    await log.append(STORY.requested())
    await log.stream(STORY.delta(0))
    log.clock.advance(1800)
    last = await log.stream(STORY.delta(1))
    log.clock.advance(1800)
    entries = await log.read_on("acme", "r1", after=0)
    assert [entry.sequence for entry in entries] == [1, last]
    log.clock.advance(40 * 3600)
    assert [entry.rest for entry in await log.read_on("acme", "r1", after=0)] == ["requested"]


async def test_what_a_dead_owner_held_comes_again_behind_newer_facts() -> None:
    log = MemoryLog(seed=3)
    async with log.partition(0) as owner:
        owner.credit(6)
        for story in RUNS[:6]:
            await log.append(story.requested())
        held = await arrived(owner)
    held[2].ack()
    async with log.partition(0) as heir:
        heir.credit(100)
        for story in RUNS[6:10]:
            await log.append(story.requested())
        log.clock.advance(3)
        newer = await arrived(heir)
        log.clock.advance(7)
        again = await arrived(heir)
    assert [d.entry.address.run for d in newer] == ["r6", "r7", "r8", "r9"]
    assert {d.entry.address.run for d in again} == {"r0", "r1", "r3", "r4", "r5"}
    assert {d.count for d in again} == {2}
    assert [d.order for d in (*held, *newer, *again)] == list(range(1, 16))
    assert held[0].pin != newer[0].pin == again[0].pin


async def test_what_waits_for_a_taker_comes_again_in_an_order_of_its_own() -> None:
    orders = set()
    for seed in range(5):
        log = MemoryLog(seed=seed)
        async with log.work("default") as dead:
            dead.credit(20)
            for step in range(20):
                await log.append(STORY.ready(step))
            assert steps(await arrived(dead)) == list(range(20))
        log.clock.advance(5)
        async with log.work("default") as heir:
            heir.credit(20)
            again = steps(await arrived(heir))
        assert sorted(again) == list(range(20))
        orders.add(tuple(again))
    assert len(orders) == 5


async def test_a_pin_outlives_its_dead_owner_by_three_seconds() -> None:
    log = MemoryLog()
    async with log.partition(0) as heir:
        async with log.partition(0) as owner:
            owner.credit(1)
            await log.append(RUNS[0].requested())
            (await arrived(owner))[0].ack()
        heir.credit(1)
        await log.append(RUNS[1].requested())
        waiting = asyncio.create_task(heir.next())
        log.clock.advance(2.9)
        await asyncio.sleep(0)
        assert not waiting.done()
        log.clock.advance(0.1)
        assert [d.entry.address.run for d in await waiting] == ["r1"]


async def test_a_heartbeat_every_second_keeps_a_step_for_ever() -> None:
    log = MemoryLog()
    async with log.work("default") as worker, log.work("default") as idle:
        worker.credit(1)
        await log.append(STORY.ready())
        (held,) = await arrived(worker)
        waiting = asyncio.create_task(idle.next())
        idle.credit(1)
        for _ in range(600):
            log.clock.advance(1)
            held.in_progress()
        await asyncio.sleep(0)
        assert not waiting.done()
        log.clock.advance(5)
        assert [d.count for d in await waiting] == [2]


async def test_a_lost_ack_brings_the_delivery_again() -> None:
    log = MemoryLog(faults=Faults(ack_lost=1))
    async with log.work("default") as worker:
        worker.credit(2)
        await log.append(STORY.ready())
        (first,) = await arrived(worker)
        first.ack()
        log.clock.advance(5)
        assert [d.count for d in await arrived(worker)] == [2]


async def test_a_timer_may_fire_twice() -> None:
    log = MemoryLog(faults=Faults(fired_twice=1))
    async with log.firings() as firings:
        firings.credit(9)
        await log.set_timer(STORY.deadline(), log.clock.now)
        one, two = await arrived(firings)
    assert one.entry.rest == two.entry.rest == "deadline"
    assert one.entry.sequence != two.entry.sequence


async def test_an_unanswered_append_was_stored_or_will_be_or_is_lost() -> None:
    log = MemoryLog(seed=1, faults=Faults(unanswered=1, delay_seconds=2))
    for story in RUNS:
        answer = log.append(story.requested())
        log.clock.advance(2)
        with pytest.raises(Unavailable):
            await answer
    log.clock.advance(2)
    reading = log.last_sequence()
    task = asyncio.ensure_future(reading)
    await asyncio.sleep(0)
    log.clock.advance(2)
    assert 0 < await task < len(RUNS)


async def test_an_unanswered_append_is_answered_when_asked_again() -> None:
    log = MemoryLog(seed=5, faults=Faults(unanswered=0.6))
    outcomes = []
    for story in RUNS:
        outcomes.append(await answered(log, story))
        log.clock.advance(0)
    assert {type(outcome) for outcome in outcomes} == {Appended, AlreadyRecorded}
    assert await log.last_sequence() == len(RUNS)


async def answered(log: Log, story: Story) -> Appended | AlreadyRecorded:
    while True:
        try:
            return await log.append(story.requested())
        except Unavailable:
            continue


async def test_an_unavailable_log_has_done_nothing() -> None:
    log = MemoryLog(faults=Faults(unavailable=1))
    with pytest.raises(Unavailable, match="history"):
        await log.history("acme", "r1")
    with pytest.raises(Unavailable):
        await log.put_flow("0" * 64, b"flow")
    with pytest.raises(Unavailable):
        async with log.partition(0):
            pass


async def test_a_consumer_that_was_never_made_and_a_sequence_never_given_are_told() -> None:
    log = MemoryLog(partitions=2, pools=("default",))
    with pytest.raises(Unavailable, match=r"queue gpu\.shared"):
        async with log.work("gpu"):
            pass
    with pytest.raises(Unavailable, match="partition 2"):
        async with log.partition(2):
            pass
    with pytest.raises(Unavailable, match="reached sequence 7"):
        await log.history("acme", "r1", at_least=7)


async def test_live_facts_get_lost_with_and_without_a_word() -> None:
    log = MemoryLog(seed=2, faults=Faults(live_lost=0.3, live_gap=0.3))
    async with log.live("acme") as feed:
        for story in RUNS:
            await log.append(story.requested())
        heard = await feed.next()
    gaps = [item for item in heard if isinstance(item, Gap)]
    facts = [item for item in heard if isinstance(item, Live)]
    assert gaps
    assert facts
    assert len(heard) < len(RUNS)
    assert [fact.sequence for fact in facts] == sorted(fact.sequence for fact in facts)


async def test_delayed_deliveries_arrive_in_order_and_only_as_time_passes() -> None:
    log = MemoryLog(seed=4, faults=Faults(delay_seconds=0.5))
    opening = log.work("default")
    entering = asyncio.ensure_future(opening.__aenter__())
    await asyncio.sleep(0)
    log.clock.advance(0.5)
    worker = await entering
    worker.credit(20)
    for step in range(20):
        log.append(STORY.ready(step))
    found: list[int] = []
    waits = 0
    while len(found) < 20:
        waiting = asyncio.ensure_future(worker.next())
        while not waiting.done():
            log.clock.advance(0.01)
            waits += 1
            await asyncio.sleep(0)
        found += steps(waiting.result())
    assert found == list(range(20))
    assert 1 < waits < 60


async def told(seed: int) -> list[object]:
    """Everything that a small world sees in which much goes wrong."""
    log = MemoryLog(seed=seed, faults=Faults(unanswered=0.3, ack_lost=0.3, live_lost=0.3))
    seen: list[object] = []
    async with log.live("acme") as feed, log.work("default") as one, log.work("default") as two:
        one.credit(200)
        two.credit(200)
        for step in range(30):
            try:
                seen.append(await log.append(STORY.ready(step)))
            except Unavailable as error:
                seen.append(str(error))
            log.clock.advance(1)
        for worker in (one, two):
            for delivery in await arrived(worker):
                delivery.ack()
                seen.append((delivery.entry, delivery.count, delivery.order))
        seen += await feed.next()
    return seen


async def test_the_same_seed_tells_the_same_story_and_another_seed_another() -> None:
    assert await told(7) == await told(7)
    assert await told(7) != await told(8)
