import asyncio

import pytest

from services.agent_worker.interrupt import Interrupt, Interrupted, Reason


async def guarded(interrupt: Interrupt) -> str:
    """How a block that waits for ever ended."""
    try:
        with interrupt:
            await asyncio.Event().wait()
    except Interrupted as ended:
        await asyncio.sleep(0)  # the task goes on: it is no longer cancelled
        return ended.reason
    raise AssertionError("the block ended by itself")


async def begun(interrupt: Interrupt) -> "asyncio.Task[str]":
    task = asyncio.create_task(guarded(interrupt))
    await asyncio.sleep(0)
    return task


@pytest.mark.parametrize("reason", ["stopped", "released", "step_timeout", "first_token", "idle"])
async def test_a_block_ends_with_the_reason(reason: Reason) -> None:
    interrupt = Interrupt()
    task = await begun(interrupt)
    interrupt.fire(reason)
    assert await task == reason
    assert task.cancelling() == 0


async def test_the_first_reason_stays() -> None:
    interrupt = Interrupt()
    task = await begun(interrupt)
    interrupt.fire("stopped")
    interrupt.fire("idle")
    assert await task == "stopped"


async def test_a_reason_that_came_before_ends_the_block_at_its_beginning() -> None:
    interrupt = Interrupt()
    interrupt.fire("stopped")
    assert await guarded(interrupt) == "stopped"


async def test_a_reason_that_comes_after_the_block_does_nothing() -> None:
    interrupt = Interrupt()
    with interrupt:
        await asyncio.sleep(0)
    interrupt.fire("stopped")
    await asyncio.sleep(0)


async def test_an_error_while_closing_is_part_of_the_interruption() -> None:
    interrupt = Interrupt()

    async def closing_badly() -> None:
        with interrupt:
            try:
                await asyncio.Event().wait()
            finally:
                raise ConnectionResetError

    task = asyncio.create_task(closing_badly())
    await asyncio.sleep(0)
    interrupt.fire("stopped")
    with pytest.raises(Interrupted):
        await task


async def test_a_task_that_others_cancel_too_is_cancelled() -> None:
    interrupt = Interrupt()
    task = await begun(interrupt)
    interrupt.fire("released")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_task_that_only_others_cancel_is_cancelled() -> None:
    task = await begun(Interrupt())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
