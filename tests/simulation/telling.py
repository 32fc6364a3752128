"""A run told fact by fact, as scheduler and workers record it: seeded, over any log.

Steps speak at the same time; attempts fail and are retried; an execution is lost and another goes
on behind the last finished turn; words of the lost one, and of what is over, still straggle in.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from shared.errors import Unavailable
from shared.log import Log
from shared.log.subjects import partition_of
from shared.run import facts as f
from shared.run.content import Cause
from tests.simulation.virtual import passes

AGAIN_SECONDS = 0.1
WORDS = ("tide ", "moon ", "ebb\n", "naïve ", "潮 ", "🌊 ", "data: x ")
BUSY = Cause(code="overloaded", message="the model is busy", retryable=True)
BROKEN = Cause(code="invalid_request", message="the model refuses the request")


Names = dict[str, Any]


@dataclass
class Voice:
    """One execution of an attempt, as far as it has spoken."""

    at: Names
    execution: int
    text: str = ""
    thought: str = ""

    def next(self, words: str, *, is_thought: bool) -> f.StepDelta | f.StepThinking:
        """The next piece, said or thought."""
        if is_thought:
            offset, self.thought = len(self.thought), self.thought + words
            return f.StepThinking(**self.at, execution=self.execution, offset=offset, text=words)
        offset, self.text = len(self.text), self.text + words
        return f.StepDelta(**self.at, execution=self.execution, offset=offset, text=words)


class Telling:
    """One run from its request to its end. `pause` is called between facts."""

    def __init__(
        self, log: Log, run: str, chance: Random, pause: Callable[[], Awaitable[None]]
    ) -> None:
        self._log = log
        self._chance = chance
        self._pause = pause
        self.run = {"workspace": "default", "run": run, "partition": partition_of(run, 1)}
        self.is_over = False

    async def tell(self) -> None:
        """Record everything, once whatever goes wrong."""
        await self._record(f.RunRequested(**self.run, flow="v", input="words"))
        await self._record(f.RunStarted(**self.run))
        steps = range(self._chance.randint(1, 3))
        await asyncio.gather(*(self._step(step) for step in steps))
        if self._chance.random() < 0.3:
            await self._record(f.RunCancelRequested(**self.run))
            await self._record(f.RunCancelled(**self.run))
        else:
            await self._record(f.RunCompleted(**self.run))
        self.is_over = True
        for _ in range(self._chance.choice((0, 0, 2))):
            await self._say(Voice({**self.run, "step": 0, "node": "n0", "attempt": 9}, 1))

    async def _step(self, step: int) -> None:
        for _ in range(self._chance.choice((0, 0, 9, 30))):
            await self._pause()
        attempts = self._chance.choice((1, 1, 2, 3))
        for attempt in range(1, attempts + 1):
            at = {**self.run, "step": step, "node": f"n{step}", "attempt": attempt}
            await self._record(f.StepReady(**at, kind="agent", pool="default"))
            voice = await self._executions(at)
            if attempt < attempts:
                await self._record(f.StepFailed(**at, error=BUSY))
                await self._record(f.StepRetryScheduled(**at, delay_seconds=1))
            elif self._chance.random() < 0.1:
                await self._record(f.StepFailed(**at, error=BROKEN))
            else:
                await self._record(f.StepCompleted(**at, execution=1, output=voice.text))
            if self._chance.random() < 0.3:
                await self._say(voice)

    async def _executions(self, at: Names) -> Voice:
        """Whoever speaks last in the attempt; said by one execution or by several."""
        said, turns = "", 0
        voice = Voice(at, 1)
        for execution in range(1, self._chance.choice((1, 1, 2)) + 1):
            await self._record(f.StepStarted(**at, execution=execution, worker="w"))
            before, voice = voice, Voice(at, execution, said)
            for _ in range(self._chance.choice((0, 1, 2))):
                turns += 1
                await self._speak(voice)
                turn, said = voice.text[len(said) :], voice.text
                content = json.dumps([{"type": "text", "text": turn}])
                await self._record(
                    f.StepTurn(**at, execution=execution, turn=turns, model="m", content=content)
                )
            await self._speak(voice)
            if execution > 1 and self._chance.random() < 0.5:
                await self._say(before)
        return voice

    async def _speak(self, voice: Voice) -> None:
        for _ in range(self._chance.randrange(9)):
            await self._say(voice)

    async def _say(self, voice: Voice) -> None:
        fact = voice.next(self._chance.choice(WORDS), is_thought=self._chance.random() < 0.2)
        await self._insist(lambda: self._log.stream(fact))

    async def _record(self, fact: f.Lifecycle) -> None:
        await self._insist(lambda: self._log.append(fact))

    async def _insist(self, call: Callable[[], Awaitable[object]]) -> None:
        await self._pause()
        while True:
            try:
                await call()
            except Unavailable:
                await passes(AGAIN_SECONDS)
            else:
                return
