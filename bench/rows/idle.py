"""Row 15: the memory of a whole stack that has worked a little and now waits.

The model's stand-in is no part of it, nor is the supervisor of `penstock up`.
"""

from __future__ import annotations

import asyncio

from bench.client import in_own_process
from bench.flow import three_steps
from bench.follow import AlonePlan, follow_alone
from bench.ground import Ground
from bench.measured import Findings, Measured, Target

RUNS = 20
SETTLE_SECONDS = 15.0
READINGS = 3
STAND_IN = "simulator"
MEMORY = Target(floor=450, goal=300)


async def measure(ground: Ground) -> Findings:
    """A few runs, silence, then readings. Raises: Unavailable."""
    async with ground.stack() as stack:
        pipeline_id = await stack.pipeline("three steps", three_steps())
        plan = AlonePlan(api=stack.api, pipeline_id=pipeline_id, runs=RUNS, warm_up=0)
        report = (await in_own_process(follow_alone, plan)).result
        await stack.settled()
        ground.say(f"nothing at all for {SETTLE_SECONDS:g} s")
        readings = []
        for _ in range(READINGS):
            await asyncio.sleep(SETTLE_SECONDS / READINGS)
            readings.append(stack.processes.pss_mib())
    last = sorted(readings[-1].items())
    return Findings(
        measured=[
            Measured(
                row=15,
                what=f"idle memory, {ground.workers} workers, PSS",
                unit="MiB",
                values=tuple(_counted(reading) for reading in readings),
                target=MEMORY,
            )
        ],
        notes=["idle memory, MiB: " + ", ".join(f"{name} {size:.0f}" for name, size in last)],
        faults=report.faults,
    )


def _counted(reading: dict[str, float]) -> float:
    return sum(size for name, size in reading.items() if name != STAND_IN)
