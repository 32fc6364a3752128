"""Turns: who gets the next place, and how many wait for one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.agent_worker.turns import MOST_IN_LINE, MOST_OF_SLOW, Slow, Turns
from shared.errors import Unavailable
from tests.eventually import PATIENCE_SECONDS


class _Visits:
    """Tasks that take a turn each and keep it until they are let go, and how they came in."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.order: list[str] = []
        self._leaving: dict[str, list[asyncio.Event]] = {}
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, name: str, times: int = 1) -> None:
        """`name` is a workspace and a run, as in "a/1"."""
        self.tasks += [asyncio.create_task(self._visit(name)) for _ in range(times)]
        await _settled()

    async def leave(self, name: str) -> None:
        self._leaving[name].pop(0).set()
        await _settled()

    async def _visit(self, name: str) -> None:
        workspace, run = name.split("/")
        async with self.turns.turn(workspace, run):
            self.order.append(name)
            leaving = asyncio.Event()
            self._leaving.setdefault(name, []).append(leaving)
            await leaving.wait()


async def _settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
def visits() -> Iterator[_Visits]:
    found = _Visits(Turns(2))
    yield found
    for task in found.tasks:
        task.cancel()


@contextmanager
def _slow_after(seconds: float, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr("services.agent_worker.turns.SLOW_SECONDS", seconds)
        yield


async def test_who_has_no_place_gets_the_next_one_before_all_that_were_in_line(
    visits: _Visits,
) -> None:
    await visits.come("a/1", 200)
    await visits.come("b/1")
    assert visits.order == ["a/1", "a/1"]
    await visits.leave("a/1")
    assert visits.order == ["a/1", "a/1", "b/1"]


async def test_workspaces_take_turns(visits: _Visits) -> None:
    await visits.come("a/1", 4)
    await visits.come("b/1", 2)
    await visits.come("c/1", 2)
    for name in ("a/1", "a/1", "b/1", "c/1", "a/1", "b/1"):
        await visits.leave(name)
    assert visits.order == ["a/1", "a/1", "b/1", "c/1", "a/1", "b/1", "c/1", "a/1"]


async def test_runs_of_one_workspace_take_turns(visits: _Visits) -> None:
    await visits.come("a/1", 4)
    await visits.come("a/2", 2)
    for name in ("a/1", "a/1", "a/2", "a/1"):
        await visits.leave(name)
    assert visits.order == ["a/1", "a/1", "a/2", "a/1", "a/2", "a/1"]


async def test_who_gives_up_in_line_or_at_work_leaves_no_place_taken(visits: _Visits) -> None:
    await visits.come("a/1", 4)
    for task in visits.tasks[1:3]:
        task.cancel()
    await _settled()
    assert visits.order == ["a/1"] * 3
    await visits.leave("a/1")
    await visits.come("b/1")
    assert visits.order == ["a/1", "a/1", "a/1", "b/1"]


async def test_nothing_is_known_of_who_is_gone(visits: _Visits) -> None:
    await visits.come("a/1", 3)
    for _ in range(3):
        await visits.leave("a/1")
    await asyncio.gather(*visits.tasks)
    assert [visits.turns._served, dict(visits.turns._places), visits.turns._line] == [{}, {}, []]


async def test_the_line_is_bounded(visits: _Visits) -> None:
    await visits.come("a/1", 2 + MOST_IN_LINE)
    with pytest.raises(Unavailable, match="at most 1,024 expressions in line"):
        async with visits.turns.turn("b", "1"):
            pass


async def test_a_slow_workspace_keeps_few_in_line_and_others_are_not_sent_away(
    visits: _Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _slow_after(0.05, monkeypatch):
        await visits.come("a/1", 2 + MOST_OF_SLOW + 3)
        await visits.come("b/1")
        assert not visits.turns.is_slow("b")
        async with asyncio.timeout(PATIENCE_SECONDS):
            gone = await asyncio.gather(*visits.tasks[6:9], return_exceptions=True)
        assert [type(why) for why in gone] == [Slow] * 3
        assert [task.done() for task in visits.tasks] == [*[False] * 6, *[True] * 3, False]
        assert (visits.turns.is_slow("a"), visits.turns.is_slow("b")) == (True, False)


async def test_many_in_line_are_not_slow_while_they_move(visits: _Visits) -> None:
    await visits.come("a/1", 20)
    assert not visits.turns.is_slow("a")
