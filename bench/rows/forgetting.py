"""Row 17: many short runs that leave the log soon after, and readers who come back to them.

What nats-server needs must follow the runs that linger, not those that were: its memory in the last
quarter of the load is compared with that in the quarter before.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from nats.aio.client import Client

from bench.client import in_own_process
from bench.flow import three_steps
from bench.ground import Ground
from bench.hearing import hearing
from bench.load import LoadPlan, LoadReport, hold_in_flight
from bench.measured import Findings, Measured, OverTime, Target
from bench.returning import ReturningPlan, ReturningReport, return_to_runs
from bench.stack import OwnStack
from shared.errors import Unavailable

IN_FLIGHT = 64
LINGER_SECONDS = 10
LONGEST_SECONDS = 900.0
EMPTY_WITHIN_SECONDS = 60.0
READERS = 200
LINES = 24
LOOK_SECONDS = 1.0
STEADY_SECONDS = 6.0 * LINGER_SECONDS
GROWTH = Target(floor=1.1, goal=1.02)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """The log and its server at one moment of the monotonic clock."""

    at: float
    rss_mib: float
    pss_mib: float
    messages: int
    subjects: int
    recorded: int

    @property
    def deleted(self) -> int:
        return self.recorded - self.messages


async def measure(ground: Ground) -> Findings:
    """One stack; returns when the log is empty again. Raises: Unavailable."""
    async with ground.stack({"PENSTOCK_LINGER_SECONDS": str(LINGER_SECONDS)}) as stack:
        pipeline_id = await stack.pipeline("three steps", three_steps())
        ground.say(f"{ground.short_runs:,} runs, {IN_FLIGHT} in flight; forgotten by and by")
        until = time.monotonic() + LONGEST_SECONDS
        load = LoadPlan(
            api=stack.api,
            nats_url=stack.nats_url,
            pipeline_id=pipeline_id,
            in_flight=IN_FLIGHT,
            until=until,
            runs=ground.short_runs,
        )
        returning = ReturningPlan(
            api=stack.api,
            nats_url=stack.nats_url,
            runs=ground.short_runs,
            one_in=max(1, ground.short_runs // READERS),
            linger_seconds=LINGER_SECONDS,
            until=until,
        )
        return await _watched(stack, load, returning)


async def _watched(stack: OwnStack, load: LoadPlan, returning: ReturningPlan) -> Findings:
    client = await hearing(stack.nats_url)
    ended = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(_until_empty(stack, client, ended))
            readers = group.create_task(in_own_process(return_to_runs, returning))
            done = await in_own_process(hold_in_flight, load)
            ended.set()
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    finally:
        await client.close()
    return found(watch.result(), done.result, readers.result().result)


async def _until_empty(stack: OwnStack, client: Client, ended: asyncio.Event) -> list[Moment]:
    """One look a second at log and server, the last when the load has ended and no fact is left.

    Raises: Unavailable, when facts are left a minute after that.
    """
    moments: list[Moment] = []
    patience = EMPTY_WITHIN_SECONDS
    while not ended.is_set() or moments[-1].messages:
        if ended.is_set():
            patience -= LOOK_SECONDS
        if patience < 0:
            raise Unavailable(f"the log still holds {moments[-1].messages:,} facts")
        answer = await client.request("$JS.API.STREAM.INFO.RUNS", timeout=10)
        state = json.loads(answer.data)["state"]
        moments.append(
            Moment(
                at=time.monotonic(),
                rss_mib=stack.processes.memory_mib("nats"),
                pss_mib=stack.processes.pss_mib_of("nats"),
                messages=state["messages"],
                subjects=state.get("num_subjects", 0),
                recorded=state["last_seq"],
            )
        )
        await asyncio.sleep(LOOK_SECONDS)
    return moments


def found(moments: Sequence[Moment], load: LoadReport, read: ReturningReport) -> Findings:
    """What the moments tell of a load, and what its readers were told."""
    begin, end = moments[0].at, max(load.ended_at)
    what = f"{len(load.ended_at):,} short runs, {LINGER_SECONDS} s linger"
    measured = [
        Measured(
            row=17,
            what=f"{what}: facts deleted",
            unit="facts/s",
            values=_deleted_a_second(moments),
        )
    ]
    if end - begin >= STEADY_SECONDS:
        measured.append(
            Measured(
                row=17,
                what=f"{what}: nats-server's memory, last quarter to the one before",
                unit="times",
                values=(_growth(moments, begin, end),),
                target=GROWTH,
            )
        )
    resumed = ", ".join(f"{count:,} {where}" for where, count in sorted(read.resumed.items()))
    return Findings(
        measured=measured,
        over_time=[_over_time(moments, load)],
        notes=[
            f"{len(load.ended_at) / (end - begin):.0f} runs/s; the log was empty "
            f"{moments[-1].at - end:.0f} s after the last run ended",
            f"{read.runs} runs were read again while they left, {resumed}",
        ],
        faults=[*load.first_wrong, *read.faults],
    )


def _growth(moments: Sequence[Moment], begin: float, end: float) -> float:
    quarter = (end - begin) / 4
    before, after = (
        median(m.pss_mib for m in moments if start <= m.at < start + quarter)
        for start in (end - 2 * quarter, end - quarter)
    )
    return after / before


def _deleted_a_second(moments: Sequence[Moment]) -> tuple[float, ...]:
    """In each of the lines of the table in which anything was deleted."""
    lines = _lines(moments)
    rates = (
        (after.deleted - before.deleted) / (after.at - before.at)
        for before, after in pairwise(lines)
    )
    return tuple(rate for rate in rates if rate) or (0.0,)


def _lines(moments: Sequence[Moment]) -> list[Moment]:
    every = max(1, len(moments) // LINES)
    return [*moments[:-1:every], moments[-1]]


def _over_time(moments: Sequence[Moment], load: LoadReport) -> OverTime:
    lines, ended = _lines(moments), sorted(load.ended_at)
    table: list[tuple[float, ...]] = []
    for before, now in pairwise([lines[0], *lines]):
        seconds = now.at - before.at
        rate = (now.deleted - before.deleted) / seconds if seconds else 0
        finished = sum(at <= now.at for at in ended)
        memory = (now.rss_mib, now.pss_mib)
        log = (now.messages, now.subjects, now.deleted)
        table.append((now.at - lines[0].at, finished, *memory, *log, rate))
    return OverTime(
        what="nats-server and the log over time",
        columns=(
            *("s", "runs finished", "RSS MiB", "PSS MiB"),
            *("facts in the log", "subjects", "facts deleted", "deleted/s"),
        ),
        lines=tuple(table),
    )
