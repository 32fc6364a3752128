"""Work queues: every ready step once among the workers, until it is done with."""

from datetime import timedelta

from shared.log import declared
from shared.log.port import Delivery
from tests.contract.world import World, stored
from tests.eventually import eventually

ACK_WAIT = timedelta(seconds=declared.ACK_SECONDS)


def steps(deliveries: list[Delivery]) -> list[int]:
    """The steps these deliveries make ready."""
    return [int(delivery.entry.rest.split(".")[1]) for delivery in deliveries]


async def test_every_ready_step_goes_to_one_of_the_workers(world: World) -> None:
    story, other, third = world.story(), await world.another(), await world.another()
    async with (
        world.log.work("default") as one,
        other.work("default") as two,
        third.work("default") as three,
    ):
        workers = (one, two, three)
        for worker in workers:
            worker.credit(10)
        await stored(world.log, *(story.ready(step) for step in range(30)))
        taken = [await world.arrived(worker, 10) for worker in workers]
    assert sorted(step for each in taken for step in steps(each)) == list(range(30))
    assert {delivery.count for each in taken for delivery in each} == {1}
    assert {delivery.pin for each in taken for delivery in each} == {""}


async def test_credit_bounds_what_is_in_flight(world: World) -> None:
    story, other = world.story(), await world.another()
    await stored(world.log, *(story.ready(step) for step in range(8)))
    async with world.log.work("default") as worker, other.work("default") as rest:
        worker.credit(2)
        first = await world.arrived(worker, 2)
        assert steps(first) == [0, 1]
        rest.credit(3)
        assert steps(await world.arrived(rest, 3)) == [2, 3, 4]
        first[0].ack()
        worker.credit(1)
        assert steps(await world.arrived(worker, 1)) == [5]
        rest.credit(10)
        assert steps(await world.arrived(rest, 2)) == [6, 7]


async def test_pools_have_queues_of_their_own(world: World) -> None:
    story = world.story()
    await stored(world.log, story.ready(0, pool="local"), story.ready(1), story.ready(2))
    await stored(world.log, story.ready(3, pool="local"), story.ready(4, pool="nobody"))
    async with world.log.work("default") as models, world.log.work("local") as cheap:
        models.credit(10)
        cheap.credit(10)
        assert sorted(steps(await world.arrived(models, 2))) == [1, 2]
        assert sorted(steps(await world.arrived(cheap, 2))) == [0, 3]


async def test_a_step_handed_back_comes_to_another_worker_after_the_delay(world: World) -> None:
    story, other = world.story(), await world.another()
    await stored(world.log, *(story.ready(step) for step in range(4)))
    async with world.log.work("default") as worker, other.work("default") as rest:
        worker.credit(4)
        at_once, later, latest, kept = await world.arrived(worker, 4)
        rest.credit(4)
        began = world.now()
        latest.nak(delay_seconds=1.5)
        later.nak(delay_seconds=0.5)
        at_once.nak()
        first, second = await world.arrived(rest, 2)
        waited = world.now() - began
        third = await world.arrived(rest, 1)
        kept.ack()
    assert steps([first, second, *third]) == [0, 1, 2]
    assert (first.count, second.count) == (2, 2)
    assert timedelta(seconds=0.5) <= waited <= timedelta(seconds=0.5) + world.lateness


async def test_a_silent_workers_step_comes_again_and_a_beating_ones_does_not(
    world: World,
) -> None:
    story, other = world.story(), await world.another()
    await stored(world.log, *(story.ready(step) for step in range(4)))
    began = world.now()
    async with world.log.work("default") as worker:
        worker.credit(4)
        silent, beating, done, pulse = await world.arrived(worker, 4)
    async with other.work("default") as heir:
        heir.credit(10)
        done.ack()
        for _ in range(3):
            pulse.nak(delay_seconds=1)
            (pulse,) = await world.arrived(heir, 1)
            beating.in_progress()
        pulse.ack()
        (again,) = await world.arrived(heir, 1, within=8)
        waited = world.now() - began
        again.ack()
        beating.ack()
        await stored(world.log, story.ready(9))
        (last,) = await world.arrived(heir, 1)
    assert again.entry == silent.entry
    assert again.count == 2
    assert ACK_WAIT <= waited <= ACK_WAIT + world.lateness
    assert steps([last]) == [9]


async def test_a_deleted_step_is_not_delivered(world: World) -> None:
    story = world.story()
    first, second, third = await stored(world.log, *(story.ready(step) for step in range(3)))
    async with world.log.work("default") as worker:
        worker.credit(1)
        (held,) = await world.arrived(worker, 1)
        assert held.entry.sequence == first
        await world.log.delete([first, second])
        held.nak()
        worker.credit(2)
        (next_one,) = await world.arrived(worker, 1)
    assert next_one.entry.sequence == third


async def test_facts_travel_beside_another_to_whom_it_is_delivered(world: World) -> None:
    story = world.story()
    beside = (b'{"text":"one"}', '{"text":"zwei 👩‍🚀: und\\r\\n"}'.encode())
    async with world.log.work("default") as worker:
        worker.credit(3)
        await world.log.append(story.ready(0), beside)
        await world.log.append(story.ready(1))
        (first, second) = await world.arrived(worker, 2)
        assert (tuple(first.beside), tuple(second.beside)) == (beside, ())
        first.nak()
        (again,) = await world.arrived(worker, 1)
    assert tuple(again.beside) == beside
    assert again.entry == first.entry


async def test_queues_of_a_pool_are_worked_off_apart(world: World) -> None:
    story = world.story()
    await stored(world.log, *(story.ready(step, queue="batch") for step in range(2)))
    await stored(world.log, story.ready(2), story.ready(3, queue="nobody"))
    async with world.log.work("default") as shared, world.log.work("default", "batch") as batch:
        shared.credit(10)
        batch.credit(10)
        assert steps(await world.arrived(shared, 1)) == [2]
        assert sorted(steps(await world.arrived(batch, 2))) == [0, 1]


async def test_as_many_deliveries_come_as_are_wanted_in_all(world: World) -> None:
    story, other = world.story(), await world.another()
    async with world.log.work("default") as worker, other.work("default") as rest:
        worker.want(2)
        worker.want(2)
        assert worker.outstanding == 2
        await stored(world.log, *(story.ready(step) for step in range(6)))
        assert steps(await world.arrived(worker, 2)) == [0, 1]
        assert worker.outstanding == 0
        rest.want(10)
        assert steps(await world.arrived(rest, 4)) == [2, 3, 4, 5]


async def test_what_is_wanted_no_more_goes_to_others(world: World) -> None:
    story, other = world.story(), await world.another()
    async with world.log.work("default") as worker, other.work("default") as rest:
        worker.want(3)
        worker.want(1)
        worker.want(0)

        async def is_taken_back() -> bool:
            return worker.outstanding == 0

        await eventually(is_taken_back)
        await stored(world.log, *(story.ready(step) for step in range(3)))
        rest.want(3)
        assert steps(await world.arrived(rest, 3)) == [0, 1, 2]
        await stored(world.log, story.ready(3))
        worker.want(1)
        assert steps(await world.arrived(worker, 1)) == [3]


async def test_what_is_wanted_again_before_its_request_ends_stays_asked_for(world: World) -> None:
    story = world.story()
    async with world.log.work("default") as worker:
        worker.want(2)
        worker.want(0)
        worker.want(2)
        assert worker.outstanding == 2
        await stored(world.log, story.ready(0), story.ready(1))
        assert steps(await world.arrived(worker, 2)) == [0, 1]
