"""Who is there, who executes what, and who reads what."""

import asyncio

from shared.log.errands import Answered, Carry, NotTaken, Unanswered
from shared.log.parked import Look, Question
from shared.log.subjects import Address, AttemptKey
from tests.contract.world import World
from tests.eventually import eventually


async def test_members_of_a_group_hear_of_each_other_until_they_leave(world: World) -> None:
    other = await world.another()
    async with world.log.presence("schedulers", "a") as first:
        assert first.alive() == {"a"}
        async with other.presence("schedulers", "b") as second:
            await eventually(lambda: first.alive() == {"a", "b"} == second.alive())
        await eventually(lambda: first.alive() == {"a"})


async def test_groups_do_not_hear_of_each_other(world: World) -> None:
    async with (
        world.log.presence("schedulers", "a") as schedulers,
        world.log.presence("workers", "w") as workers,
        world.log.presence("workers", "x") as others,
    ):
        await eventually(lambda: workers.alive() == {"w", "x"} == others.alive())
        assert schedulers.alive() == {"a"}


async def test_a_worker_answers_for_the_attempts_it_executes(world: World) -> None:
    mine = AttemptKey("acme", "r1", 2, 1)
    other = await world.another()
    assert not await world.log.ask_alive(mine)
    async with (
        world.log.answer_alive(lambda attempt: attempt == mine),
        other.answer_alive(lambda attempt: False),
    ):
        assert await other.ask_alive(mine)
        assert not await other.ask_alive(mine._replace(attempt=2))
        assert not await other.ask_alive(mine._replace(workspace="emca"))
    assert not await other.ask_alive(mine)


async def test_an_api_answers_for_the_runs_that_are_read_from_it(world: World) -> None:
    other = await world.another()
    assert not await world.log.ask_read("acme", "r1")
    async with (
        world.log.answer_read(lambda workspace, run: (workspace, run) == ("acme", "r1")),
        other.answer_read(lambda workspace, run: False),
    ):
        assert await other.ask_read("acme", "r1")
        assert not await other.ask_read("acme", "r2")
        assert not await other.ask_read("emca", "r1")
    assert not await other.ask_read("acme", "r1")


async def test_a_service_tells_of_the_runs_of_its_partitions(world: World) -> None:
    mine, others = Address(0, "acme", "r1"), Address(1, "acme", "r2")
    ask = (await world.another()).oversight.ask_parked
    asked: list[tuple[Address, str]] = []

    async def tell(address: Address, question: Question) -> Look | None:
        asked.append((address, question))
        return Look(instance="a", outcome="not_parked") if address == mine else None

    assert await ask("scheduler", mine, "look") is None
    async with world.log.oversight.answer_parked("scheduler", tell):
        assert await ask("scheduler", mine, "look") == Look(instance="a", outcome="not_parked")
        assert await ask("projector", mine, "look") is None
        assert await ask("scheduler", others, "say") is None
    assert asked == [(mine, "look"), (others, "say")]
    assert await ask("scheduler", mine, "look") is None


async def test_one_of_those_who_carry_out_errands_does(world: World) -> None:
    other, done = await world.another(), list[str]()

    def by(name: str) -> Carry:
        async def carry(question: bytes) -> bytes:
            done.append(name)
            return question.upper()

        return carry

    assert await other.errands.ask(b"a") == NotTaken("nobody")
    async with (
        world.log.errands.carrying_out(by("first"), 2),
        other.errands.carrying_out(by("second"), 2),
    ):
        assert await other.errands.ask(b"a") == Answered(b"A")
    assert len(done) == 1
    assert await other.errands.ask(b"a") == NotTaken("nobody")


async def test_who_carries_out_as_many_errands_as_they_may_is_busy(world: World) -> None:
    other, begun, let_go = await world.another(), asyncio.Event(), asyncio.Event()

    async def carry(question: bytes) -> bytes:
        begun.set()
        await let_go.wait()
        return question

    async with world.log.errands.carrying_out(carry, 1):
        first = asyncio.create_task(other.errands.ask(b"first"))
        await begun.wait()
        assert await other.errands.ask(b"second") == NotTaken("busy")
        let_go.set()
        assert await first == Answered(b"first")


async def test_an_errand_that_is_not_answered_in_time_may_have_been_done(world: World) -> None:
    other, let_go = await world.another(), asyncio.Event()

    async def carry(question: bytes) -> bytes:
        await let_go.wait()
        return question

    async with world.log.errands.carrying_out(carry, 1):
        assert await other.errands.ask(b"a", 0.05) == Unanswered()
        let_go.set()
