"""Random programs: whatever is asked of the two logs, in whatever order, the answers are alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random

import pytest

from shared.log.port import AlreadyRecorded, Appended, Entry
from shared.run.facts import Lifecycle
from tests.contract.story import Story
from tests.contract.world import World, said

CALLS = 120
RESTS = ("requested", "step.*.*.finished", "step.1.>", "*.due", "step.*.*.*.due", "cancel")


class Program:
    """Calls drawn from a seed; `answers` are what they gave, counted from the log's beginning."""

    def __init__(self, world: World, seed: int) -> None:
        self._log = world.log
        self._random = Random(seed)
        self._stories = [
            Story(workspace, f"run-{number}", number)
            for workspace in ("acme", "emca")
            for number in range(3)
        ]
        self._sequences = [0]
        self.answers: list[object] = []

    async def run(self) -> None:
        calls: list[Callable[[Story], Awaitable[object]]] = [
            self._append,
            self._append,
            self._burst,
            self._stream,
            self._delete,
            self._history,
            self._select,
            self._read_on,
            self._last,
        ]
        for _ in range(CALLS):
            call = self._random.choice(calls)
            story = self._random.choice(self._stories)
            self.answers.append((call.__name__, await call(story)))

    def _fact(self, story: Story) -> Lifecycle:
        step, attempt = self._random.randrange(3), self._random.randint(1, 2)
        facts: list[Lifecycle] = [
            story.requested(f"draw {self._random.random()}"),
            story.cancel(),
            story.deadline(),
            story.finished(),
            story.ready(step, attempt),
            story.completed(step, attempt),
            story.failed(step, attempt),
            story.turn(step, attempt),
            story.due(step, attempt),
        ]
        return self._random.choice(facts)

    def _outcome(self, outcome: Appended | AlreadyRecorded) -> object:
        if isinstance(outcome, Appended):
            self._sequences.append(outcome.sequence)
        return outcome

    async def _append(self, story: Story) -> object:
        return self._outcome(await self._log.append(self._fact(story)))

    async def _burst(self, story: Story) -> object:
        answers = [self._log.append(self._fact(story)) for _ in range(6)]
        return [self._outcome(await answer) for answer in answers]

    async def _stream(self, story: Story) -> object:
        answers = [self._log.stream(story.delta(offset)) for offset in range(3)]
        self._sequences += [await answer for answer in answers]
        return self._sequences[-3:]

    async def _delete(self, story: Story) -> object:
        chosen = self._random.choices(self._sequences, k=2)
        await self._log.delete(chosen)
        return chosen

    async def _history(self, story: Story) -> object:
        at_least = self._sequences[-1]
        history = await self._log.history(story.workspace, story.run, at_least=at_least)
        return seen(history.entries)

    async def _select(self, story: Story) -> object:
        rests = self._random.sample(RESTS, 3)
        return seen((await self._log.select(story.address, rests, at_least=0)).entries)

    async def _read_on(self, story: Story) -> object:
        after, limit = self._random.choice(self._sequences), self._random.randint(1, 12)
        entries = await self._log.read_on(story.workspace, story.run, after=after, limit=limit)
        return seen(entries)

    async def _last(self, story: Story) -> object:
        return await self._log.last_sequence(story.workspace, self._random.choice(("*", story.run)))


def seen(entries: tuple[Entry, ...]) -> object:
    return [(entry.sequence, entry.address, entry.rest, said(entry)) for entry in entries]


@pytest.mark.parametrize("seed", range(12))
async def test_a_random_program_is_answered_alike(worlds: tuple[World, World], seed: int) -> None:
    memory, real = (Program(world, seed) for world in worlds)
    await memory.run()
    await real.run()
    for ours, theirs in zip(memory.answers, real.answers, strict=True):
        assert ours == theirs
