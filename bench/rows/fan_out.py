"""Rows 3 and 4: a hundred steps at once and their merge, alone and eight in flight."""

from __future__ import annotations

import time

from bench.client import in_own_process
from bench.faults import faults_of
from bench.flow import fan_out, fan_out_output
from bench.follow import AlonePlan, AloneReport, fault_in_fan_out, follow_alone
from bench.ground import Ground
from bench.load import LoadPlan, LoadReport, hold_in_flight
from bench.measured import Findings, Measured, Target, percentile
from bench.stack import OwnStack
from shared.errors import Unavailable

ALONE_SHARE = 10
WARM_UP_RUNS = 10
IN_FLIGHT = 8
START_SECONDS = 2.0
SLICES = 3
DELAY = Target(floor=60, goal=20)
RATE = Target(floor=25, goal=65)


async def measure(ground: Ground) -> Findings:
    """One stack: runs one after the other, then a held load. Raises: Unavailable."""
    async with ground.stack() as stack:
        pipeline_id = await stack.pipeline("fan-out of 100", fan_out())
        reports = [
            await _alone(ground, stack, pipeline_id, number)
            for number in range(1, ground.repeats + 1)
        ]
        ground.say(f"{IN_FLIGHT} runs in flight for {ground.seconds:g} s")
        begin = time.monotonic() + START_SECONDS
        end = begin + ground.seconds
        plan = LoadPlan(
            api=stack.api,
            nats_url=stack.nats_url,
            pipeline_id=pipeline_id,
            in_flight=IN_FLIGHT,
            until=end,
            expected=fan_out_output,
        )
        load = (await in_own_process(hold_in_flight, plan)).result
        await stack.settled()
    took = tuple(1000 * percentile(report.took, 50) for report in reports)
    return Findings(
        measured=[
            Measured(row=3, what="fan-out of 100 alone, p50", unit="ms", values=took, target=DELAY),
            Measured(
                row=4,
                what=f"fan-out of 100, {IN_FLIGHT} in flight",
                unit="runs/s",
                values=_rates(load, begin, end),
                target=RATE,
            ),
        ],
        faults=faults_of(reports) + _faults(load),
    )


async def _alone(ground: Ground, stack: OwnStack, pipeline_id: str, number: int) -> AloneReport:
    runs = max(1, ground.runs // ALONE_SHARE)
    ground.say(f"{runs} runs one after the other, {number} of {ground.repeats}")
    plan = AlonePlan(
        api=stack.api,
        pipeline_id=pipeline_id,
        runs=runs,
        warm_up=WARM_UP_RUNS,
        fault=fault_in_fan_out,
    )
    report = (await in_own_process(follow_alone, plan)).result
    await stack.settled()
    return report


def _rates(load: LoadReport, begin: float, end: float) -> tuple[float, ...]:
    if not load.ended_at:
        raise Unavailable(f"no run ended: {load.first_wrong}")
    each = (end - begin) / SLICES
    edges = [begin + each * number for number in range(SLICES)]
    return tuple(sum(edge <= at < edge + each for at in load.ended_at) / each for edge in edges)


def _faults(load: LoadReport) -> list[str]:
    unheard = [f"the end of run {run} was not heard of" for run in load.unheard]
    return load.first_wrong + unheard
