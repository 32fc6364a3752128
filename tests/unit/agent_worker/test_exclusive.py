"""Places in a process: beside others, or alone."""

import asyncio

from services.agent_worker.exclusive import ExclusiveSlot


class Visitor:
    """Somebody who asks for a place, and keeps it until told to leave."""

    def __init__(self, slot: ExclusiveSlot, *, alone: bool = False) -> None:
        self.has_place: bool | None = None
        self._leaving = asyncio.Event()
        self.task = asyncio.create_task(self._visit(slot, alone=alone))

    async def _visit(self, slot: ExclusiveSlot, *, alone: bool) -> None:
        async with slot.place(alone=alone) as self.has_place:
            if self.has_place:
                await self._leaving.wait()

    async def leave(self) -> None:
        self._leaving.set()
        await self.task


async def settled() -> None:
    """Everybody has done what they can do at once."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_suspect_waits_for_those_under_way_and_lets_nobody_in() -> None:
    opened: list[bool] = []
    slot = ExclusiveSlot(lambda: opened.append(True))
    first, second = Visitor(slot), Visitor(slot)
    await settled()
    suspect = Visitor(slot, alone=True)
    await settled()
    late = Visitor(slot)
    await late.task
    assert (first.has_place, suspect.has_place, late.has_place) == (True, None, False)
    await first.leave()
    await settled()
    assert suspect.has_place is None
    await second.leave()
    await settled()
    assert suspect.has_place is True
    assert slot.is_closed
    await suspect.leave()
    assert (slot.is_closed, opened) == (False, [True])


async def test_suspects_take_their_turns_and_the_last_one_opens() -> None:
    opened: list[bool] = []
    slot = ExclusiveSlot(lambda: opened.append(True))
    one, two = Visitor(slot, alone=True), Visitor(slot, alone=True)
    await settled()
    assert (one.has_place, two.has_place) == (True, None)
    await one.leave()
    await settled()
    assert (two.has_place, opened) == (True, [])
    await two.leave()
    assert opened == [True]


async def test_a_suspect_whose_turn_does_not_come_goes_elsewhere() -> None:
    slot = ExclusiveSlot(turn_seconds=0.01)
    one, two = Visitor(slot, alone=True), Visitor(slot, alone=True)
    await two.task
    assert (one.has_place, two.has_place) == (True, False)
    await one.leave()
    assert not slot.is_closed


async def test_a_suspect_that_gives_up_waiting_opens_again() -> None:
    slot = ExclusiveSlot()
    neighbour, suspect = Visitor(slot), Visitor(slot, alone=True)
    await settled()
    suspect.task.cancel()
    await asyncio.wait({suspect.task})
    assert not slot.is_closed
    await neighbour.leave()
