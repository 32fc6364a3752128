"""A client that comes back to runs while they leave the log, and compares what it is told.

Of every so many runs that end it reads one whole, at once. When that run is about to leave, it
resumes from one event after the other, until the run has left and one time more: each time it must
be told what followed that event the first time, byte for byte.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

from bench.connection import Api
from bench.faults import Faulted
from bench.follow import EVENTS, FRAME
from bench.hearing import hearing
from bench.load import WORKSPACE
from shared.errors import Unavailable
from shared.log.subjects import FINISHED, REQUESTED, live_filter, split_live, stored_filter

AHEAD_SECONDS = 2.0
AGAIN_SECONDS = 0.2

Frame = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class ReturningPlan:
    """Which runs to read, of how many; times are of the monotonic clock."""

    api: Api
    nats_url: str
    runs: int
    one_in: int
    linger_seconds: float
    until: float


@dataclass(kw_only=True)
class ReturningReport(Faulted):
    """How many runs were read to the end of it, and how often each was resumed, by where it was."""

    runs: int = 0
    resumed: Counter[str] = field(default_factory=Counter)


async def return_to_runs(plan: ReturningPlan) -> ReturningReport:
    """Reads until all runs have ended and those it reads have left the log. Raises: Unavailable."""
    client = await hearing(plan.nats_url)
    try:
        readers = Readers(plan, client)
        await client.subscribe(live_filter(WORKSPACE, rest=FINISHED), cb=readers.heard)
        await client.flush()
        async with asyncio.timeout(plan.until - time.monotonic()):
            return await readers.run()
    except TimeoutError:
        raise Unavailable("runs that should have left the log are still there") from None
    except (OSError, nats.errors.Error) as error:
        raise Unavailable(f"the client lost NATS: {error}") from error
    finally:
        await client.close()


class Readers:
    """One reader for each run that is read."""

    def __init__(self, plan: ReturningPlan, client: Client) -> None:
        self._plan = plan
        self._client = client
        self._report = ReturningReport()
        self._heard = 0
        self._heard_all = asyncio.Event()
        self._reading: set[asyncio.Task[None]] = set()

    async def run(self) -> ReturningReport:
        """The report, once there is nothing left to read."""
        await self._heard_all.wait()
        await asyncio.gather(*self._reading)
        return self._report

    async def heard(self, message: Msg) -> None:
        """A run ended."""
        self._heard += 1
        if self._heard % self._plan.one_in == 0:
            self._reading.add(asyncio.create_task(self._follow(split_live(message.subject)[1])))
        if self._heard == self._plan.runs:
            self._heard_all.set()

    async def _follow(self, run: str) -> None:
        whole = await self._told(run, "0")
        if [kind for _, kind, _ in whole] != EVENTS:
            self._report.fault(f"run {run} told {[kind for _, kind, _ in whole]}")
            return
        await asyncio.sleep(self._plan.linger_seconds - AHEAD_SECONDS)
        # Behind its last event a run has nothing more to say, and behind that comes its end.
        for at in cycle(range(len(whole) - 2)):
            was_there = await self._is_in_the_log(run)
            told = await self._told(run, whole[at][0])
            if told != whole[at + 1 :]:
                self._report.fault(f"run {run} resumed after {whole[at]} told {told}")
            self._report.resumed[await self._place(run, was_there)] += 1
            if not was_there:
                break
            await asyncio.sleep(AGAIN_SECONDS)
        self._report.runs += 1

    async def _told(self, run: str, after: str) -> list[Frame]:
        connection = await self._plan.api.connect()
        try:
            path = f"/api/v1/runs/{run}/events?after={after}"
            answer = await connection.ask(self._plan.api.get(path))
        finally:
            connection.close()
        if answer.status != 200:
            self._report.fault(f"run {run} after {after} was answered {answer.status}")
        frames: list[Frame] = FRAME.findall(answer.body.decode())
        return frames

    async def _place(self, run: str, was_there: bool) -> str:
        if not was_there:
            return "after they had left"
        return "in the log" if await self._is_in_the_log(run) else "while they left"

    async def _is_in_the_log(self, run: str) -> bool:
        asked = json.dumps({"last_by_subj": stored_filter(WORKSPACE, run, REQUESTED)})
        answer = await self._client.request("$JS.API.STREAM.MSG.GET.RUNS", asked.encode())
        return "message" in json.loads(answer.data)
