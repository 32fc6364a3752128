"""Row 18: memory of the api for each reader of a run that says nothing at the moment.

Five hundred on one run, then three on each of three hundred. What the api uses without a reader is
taken off, and when they have gone it must count none.
"""

from __future__ import annotations

import asyncio
import time

from bench.client import in_own_process
from bench.ground import Ground
from bench.measured import Findings, Measured
from bench.readers import HoldPlan, hold
from bench.stack import OwnStack
from bench.talk import Talk
from shared.errors import Unavailable

CROWDS = ((1, 500), (300, 3))
SILENT = Talk(chunks=1, sleep=300)
SETTLE_SECONDS = 3.0
CONNECT_SECONDS = 20.0
GONE_SECONDS = 10.0
READERS = "penstock_event_readers"
WATCHES = "penstock_watched_runs"
KIB = 1 << 10


async def measure(ground: Ground) -> Findings:
    """A new stack for each crowd: memory once used is not given back. Raises: Unavailable."""
    findings = Findings()
    for runs, each in CROWDS:
        async with ground.stack({"PENSTOCK_MODEL_SLOTS": str(runs)}) as stack:
            findings.add(await _measured(ground, stack, runs, each))
    return findings


async def _measured(ground: Ground, stack: OwnStack, runs: int, each: int) -> Findings:
    ground.say(f"{runs} runs with {each} silent readers each")
    pipeline_id = await stack.pipeline("silent", SILENT.flow())
    ids = await stack.start(pipeline_id, "go", runs)
    await _held(stack, ids[:1], SETTLE_SECONDS)
    before = stack.processes.pss_mib()["api"]
    during = await _held(stack, ids * each, CONNECT_SECONDS)
    faults = [
        f"{left:g} {name} are left when all readers are gone"
        for name in (READERS, WATCHES)
        if (left := await _counts(stack, name, 0, GONE_SECONDS))
    ]
    return Findings(
        measured=[
            Measured(
                row=18,
                what=f"api memory a reader, {runs} runs with {each} each, PSS",
                unit="KiB",
                values=((during - before) * KIB / (runs * each),),
            )
        ],
        notes=[f"{runs} runs with {each} readers: api {before:.1f} MiB before, {during:.1f} with"],
        faults=faults,
    )


async def _held(stack: OwnStack, runs: list[str], seconds: float) -> float:
    """MiB of the api while these are read, a reader for each. Raises: Unavailable."""
    until = time.monotonic() + seconds + SETTLE_SECONDS
    plan = HoldPlan(api=stack.api, runs=runs, until=until)
    async with asyncio.TaskGroup() as group:
        holding = group.create_task(in_own_process(hold, plan))
        if (found := await _counts(stack, READERS, len(runs), seconds)) != len(runs):
            raise Unavailable(f"the api counts {found:g} readers, expected {len(runs)}")
        await asyncio.sleep(until - time.monotonic() - 1)
        used = stack.processes.pss_mib()["api"]
        await holding
    return used


async def _counts(stack: OwnStack, name: str, wanted: int, within_seconds: float) -> float:
    """What the api counts, once it is as wanted or the time is up. Raises: Unavailable."""
    until = time.monotonic() + within_seconds
    while True:
        found = await stack.metric("api", name)
        if found == wanted or time.monotonic() > until:
            return found
        await asyncio.sleep(0.1)
