"""A client that follows one run after the other, from `POST /runs` to one of its events."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.connection import Api, Connection
from bench.faults import Faulted
from bench.flow import PARTS, SUFFIXES, fan_out_output, run_body, three_steps_output

STEP = ["step.ready", "step.started", "step.completed"]
EVENTS = ["run.requested", "run.started", *STEP * len(SUFFIXES), "run.completed", "end"]
FRAME = re.compile(r"id: (\d+)\nevent: (\S+)\ndata: (.*)\n\n")
ALL_AT_ONCE = Counter(EVENTS) - Counter(STEP * len(SUFFIXES)) + Counter(STEP * (PARTS + 1))
TAIL_BYTES = 1 << 16
FIRST_WORDS = re.compile(rb"\nevent: step\.delta\n.*\n\n")
TERMINAL = re.compile(rb"\nevent: run\.(completed|failed|cancelled)\n.*\n\n")


class Ear:
    """Takes a stream in, and knows when the event it waits for was there."""

    def __init__(self, awaited: re.Pattern[bytes] = TERMINAL) -> None:
        self.stream = bytearray()
        self.heard_at = 0.0
        self._awaited = awaited

    def hear(self, piece: bytes) -> None:
        """The next piece."""
        self.stream.extend(piece)
        start = max(0, len(self.stream) - len(piece) - TAIL_BYTES)
        if not self.heard_at and self._awaited.search(self.stream, start):
            self.heard_at = time.perf_counter()


def fault_in(stream: bytes, text: str) -> str | None:
    """What is wrong with the events of a run of the three steps on `text`; None if nothing."""
    frames = FRAME.findall(stream.decode())
    types = [kind for _, kind, _ in frames]
    if types != EVENTS:
        return f"the run of {text!r} told {types}, expected {EVENTS}"
    return _fault_in_frames(frames, text, three_steps_output(text))


def fault_in_fan_out(stream: bytes, text: str) -> str | None:
    """The same for a run of the fan-out, whose parts come in any order."""
    frames = FRAME.findall(stream.decode())
    types = Counter(kind for _, kind, _ in frames)
    if types != ALL_AT_ONCE:
        return f"the run of {text!r} told {dict(types)}, expected {dict(ALL_AT_ONCE)}"
    return _fault_in_frames(frames, text, fan_out_output(text))


def _fault_in_frames(frames: list[tuple[str, str, str]], text: str, wanted: str) -> str | None:
    ids = [int(sequence) for sequence, _, _ in frames[:-1]]
    if ids != sorted(set(ids)):
        return f"the ids of the run of {text!r} do not rise: {ids}"
    outputs = [json.loads(data)["output"] for _, kind, data in frames if kind == "step.completed"]
    if outputs[-1] != wanted:
        return f"the run of {text!r} gave {outputs[-1]!r}, expected {wanted!r}"
    return None


@dataclass(frozen=True, kw_only=True)
class AlonePlan:
    """How many runs to follow, after some that do not count."""

    api: Api
    pipeline_id: str
    runs: int
    warm_up: int
    fault: Callable[[bytes, str], str | None] = fault_in
    """What is wrong with the events of a run on this text, if anything is."""
    awaited: re.Pattern[bytes] = TERMINAL
    """The event up to which a run is timed."""


@dataclass(kw_only=True)
class AloneReport(Faulted):
    """Seconds from sending the POST to having the awaited event, of each run."""

    took: list[float] = field(default_factory=list)


async def follow_alone(plan: AlonePlan) -> AloneReport:
    """Posts on one kept-alive connection, follows each run on a connection of its own.

    Raises: Unavailable.
    """
    report = AloneReport()
    posting = await plan.api.connect()
    try:
        for number in range(plan.warm_up + plan.runs):
            text = f"alone-{number}"
            seconds, stream = await _followed(plan, posting, text)
            fault = plan.fault(stream, text)
            if fault:
                report.fault(fault)
            if number >= plan.warm_up:
                report.took.append(seconds)
    finally:
        posting.close()
    return report


async def _followed(plan: AlonePlan, posting: Connection, text: str) -> tuple[float, bytes]:
    request = plan.api.post("/api/v1/runs", run_body(plan.pipeline_id, text))
    ear = Ear(plan.awaited)
    began = time.perf_counter()
    accepted = (await posting.ask(request)).json(202)
    reading = await plan.api.connect()
    try:
        await reading.ask(plan.api.get(f"/api/v1/runs/{accepted['run_id']}/events"), ear.hear)
    finally:
        reading.close()
    return ear.heard_at - began, bytes(ear.stream)
