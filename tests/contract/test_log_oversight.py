"""What waits in the log and who is there, for whoever looks after it."""

from shared.log.oversight import Backlog
from tests.contract.world import World, stored
from tests.eventually import PATIENCE_SECONDS, eventually


async def test_a_queue_tells_what_waits_since_when_and_what_is_in_hand(world: World) -> None:
    story, log = world.story(), world.log

    async def shown(backlog: Backlog) -> None:
        """The server counts what came a moment ago a moment later."""

        async def is_shown() -> bool:
            return await log.oversight.queue("default") == backlog

        await eventually(is_shown)

    assert await log.oversight.queue("nobody") is None
    assert await log.oversight.queue("default") == Backlog(0)
    await stored(log, story.ready(0), story.ready(1), story.ready(2))
    first, second, _ = await log.read_on("acme", story.run, after=0)
    await shown(Backlog(3, 0, first.time))
    async with log.work("default") as deliveries:
        deliveries.credit(1)
        (taken,) = await world.arrived(deliveries, 1)
        await shown(Backlog(2, 1, second.time))
        taken.ack()
        await shown(Backlog(2, 0, second.time))


async def test_a_partition_tells_what_its_scheduler_has_yet_to_do(world: World) -> None:
    story, log = world.story(partition=1), world.log
    await stored(log, story.requested(), story.started(), story.completed())

    async def is_counted() -> bool:
        return await log.oversight.partition(1) == Backlog(2)

    await eventually(is_counted)
    assert await log.oversight.partition(0) == Backlog(0)
    assert await log.oversight.partition(99) is None


async def test_how_far_a_copy_is_behind_counts_no_words(world: World) -> None:
    story, log = world.story(partition=2), world.log
    assert await log.oversight.behind(2, 0) == Backlog(0)
    sequences = await stored(log, story.requested(), story.ready(), story.due())
    await log.stream(story.delta(0))
    times = [entry.time for entry in await log.read_on("acme", story.run, after=0)]
    assert await log.oversight.behind(2, 0) == Backlog(3, 0, times[0])
    assert await log.oversight.behind(2, sequences[0]) == Backlog(2, 0, times[1])
    assert await log.oversight.behind(2, sequences[-1]) == Backlog(0)


async def test_who_attends_hears_what_members_say_of_themselves(world: World) -> None:
    other = await world.another()
    async with world.log.oversight.attendance("workers") as heard:
        assert heard.said() == {}
        async with (
            other.announced("workers", "a", lambda: b"busy"),
            other.presence("workers", "b"),
            other.announced("strangers", "c", lambda: b""),
        ):
            await eventually(lambda: heard.said() == {"a": b"busy", "b": b"here"})
            assert 0 <= heard.seconds_ago("a") < PATIENCE_SECONDS
        await eventually(lambda: heard.said() == {})
