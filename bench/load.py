"""A client that holds a number of runs in flight: as one ends, its slot starts the next.

A slot has a connection of its own for `POST /runs`. That a run ended is learnt from one
subscription for all, `live.{workspace}.*.finished`; the fact names the digest of the output, so
every output is checked, without reading it.
"""

from __future__ import annotations

import asyncio
import json
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

import nats
from nats.aio.msg import Msg

from bench.connection import Answer, Api, Connection
from bench.faults import SHOWN_FAULTS
from bench.flow import run_body, three_steps_output
from bench.hearing import hearing
from shared.errors import Unavailable
from shared.log.subjects import FINISHED, live_filter, split_live

WORKSPACE = "default"
DRAIN_SECONDS = 30.0
SAMPLE_EVERY = 50


@dataclass(frozen=True, kw_only=True)
class LoadPlan:
    """What to do; times are of the monotonic clock, which all processes share."""

    api: Api
    nats_url: str
    pipeline_id: str
    in_flight: int
    until: float
    expected: Callable[[str], str] = three_steps_output
    """What a run must give, by its input."""
    runs: int | None = None
    """How many runs to start; as many as there is time for if None."""


@dataclass(kw_only=True)
class LoadReport:
    """What happened: for each run that ended when that was, and how long it had taken."""

    ended_at: array[float] = field(default_factory=lambda: array("d"))
    took: array[float] = field(default_factory=lambda: array("d"))
    sample: dict[str, str] = field(default_factory=dict)
    """The input of every fiftieth run by its id."""
    unheard: dict[str, str] = field(default_factory=dict)
    """The input of every run whose end was not heard of in time."""
    wrong: int = 0
    first_wrong: list[str] = field(default_factory=list)

    def fault(self, what: str) -> None:
        self.wrong += 1
        if len(self.first_wrong) < SHOWN_FAULTS:
            self.first_wrong.append(what)


async def hold_in_flight(plan: LoadPlan) -> LoadReport:
    """Keeps the load up until `plan.until`, then lets what is in flight end.

    Raises: Unavailable.
    """
    load = Load(plan)
    subscriber = await hearing(plan.nats_url)
    try:
        await subscriber.subscribe(live_filter(WORKSPACE, rest=FINISHED), cb=load.heard)
        await subscriber.flush()
        return await load.run()
    except (OSError, nats.errors.Error) as error:
        raise Unavailable(f"the client lost NATS: {error}") from error
    finally:
        await subscriber.close()


class Load:
    """The slots, and which run each of them waits for."""

    def __init__(self, plan: LoadPlan) -> None:
        self.plan = plan
        self.report = LoadReport()
        self._waiting: dict[str, Slot] = {}
        self._early: dict[str, bytes] = {}
        self._begun = 0
        self._busy = 0
        self._idle = asyncio.Event()

    async def run(self) -> LoadReport:
        """Fills the slots; returns when all are empty again, or it took too long."""
        slots = [
            Slot(self, number, await self.plan.api.connect())
            for number in range(self.plan.in_flight)
        ]
        self._busy = len(slots)
        for slot in slots:
            slot.next()
        try:
            async with asyncio.timeout_at(
                asyncio.get_running_loop().time()
                + self.plan.until
                - time.monotonic()
                + DRAIN_SECONDS
            ):
                await self._idle.wait()
        except TimeoutError:
            self.report.unheard = {run: slot.text for run, slot in self._waiting.items()}
        for slot in slots:
            slot.connection.close()
        return self.report

    async def heard(self, message: Msg) -> None:
        """A run ended; the answer to its POST may still be on its way."""
        run = split_live(message.subject)[1]
        slot = self._waiting.pop(run, None)
        if slot is None:
            self._early[run] = message.data
        else:
            slot.ended(run, message.data)

    def accepted(self, run: str, slot: Slot) -> None:
        """The slot's run has this id."""
        fact = self._early.pop(run, None)
        if fact is None:
            self._waiting[run] = slot
        else:
            slot.ended(run, fact)

    def may_begin(self, now: float) -> bool:
        """Whether one more run is wanted; if so, it counts as begun."""
        if now >= self.plan.until or self._begun == self.plan.runs:
            return False
        self._begun += 1
        return True

    def retire(self) -> None:
        """A slot is empty and stays so."""
        self._busy -= 1
        if not self._busy:
            self._idle.set()


class Slot:
    """One run in flight at a time, on one connection."""

    def __init__(self, load: Load, number: int, connection: Connection) -> None:
        self.connection = connection
        self.text = ""
        self._load = load
        self._number = number
        self._count = 0
        self._sent_at = 0.0

    def next(self) -> None:
        """Starts the next run, if one more is wanted."""
        now = time.monotonic()
        plan = self._load.plan
        if not self._load.may_begin(now):
            self._load.retire()
            return
        self._count += 1
        self.text = f"{self._number}-{self._count}"
        self._sent_at = now
        body = run_body(plan.pipeline_id, self.text)
        self.connection.send(plan.api.post("/api/v1/runs", body), self._answered)

    def ended(self, run: str, fact: bytes) -> None:
        """The run is over: is it as it should be?"""
        report = self._load.report
        now = time.monotonic()
        digest = sha256(self._load.plan.expected(self.text).encode()).hexdigest()
        if b'"run.completed"' not in fact or digest.encode() not in fact:
            report.fault(f"run {run} of {self.text!r} ended as {fact[:400].decode()}")
        report.ended_at.append(now)
        report.took.append(now - self._sent_at)
        if len(report.ended_at) % SAMPLE_EVERY == 0:
            report.sample[run] = self.text
        self.next()

    def _answered(self, answer: Answer) -> None:
        if answer.status == 202:
            self._load.accepted(json.loads(answer.body)["run_id"], self)
            return
        said = answer.body[:400].decode(errors="replace")
        what = f"was answered {answer.status}: {said}" if answer.status else "was never answered"
        self._load.report.fault(f"POST of {self.text!r} {what}")
        self._load.retire()
