"""Questions that are asked at once share an answer, and none is older than its question."""

import asyncio

from services.api.http.sharing import Sharing


class Table:
    """Counts queries; each is answered, with the value it began with, when it is let go."""

    def __init__(self) -> None:
        self.value = 0
        self.begun = 0
        self.gates: list[asyncio.Event] = []

    async def ask(self) -> int:
        self.begun += 1
        seen, gate = self.value, asyncio.Event()
        self.gates.append(gate)
        await gate.wait()
        return seen


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_those_who_ask_during_a_query_share_the_one_after_it() -> None:
    table, sharing = Table(), Sharing[str, int]()
    first = asyncio.create_task(sharing.answer("a", table.ask))
    await turns()
    table.value = 1
    later = [asyncio.create_task(sharing.answer("a", table.ask)) for _ in range(10)]
    await turns()
    assert table.begun == 1
    table.gates[0].set()
    await turns()
    table.gates[1].set()
    assert await first == 0
    assert await asyncio.gather(*later) == [1] * 10
    assert table.begun == 2


async def test_one_key_does_not_wait_for_another() -> None:
    table, sharing = Table(), Sharing[str, int]()
    tasks = [asyncio.create_task(sharing.answer(key, table.ask)) for key in "ab"]
    await turns()
    assert table.begun == 2
    for gate in table.gates:
        gate.set()
    assert await asyncio.gather(*tasks) == [0, 0]


async def test_a_question_after_the_last_answer_is_asked_anew() -> None:
    table, sharing = Table(), Sharing[str, int]()
    for expected in (1, 2):
        task = asyncio.create_task(sharing.answer("a", table.ask))
        await turns()
        table.gates[-1].set()
        await task
        assert table.begun == expected
