"""Row 2: three steps alone, from POST to the terminal event in the reader's hands."""

from __future__ import annotations

from bench.client import in_own_process
from bench.faults import faults_of
from bench.flow import three_steps
from bench.follow import AlonePlan, AloneReport, follow_alone
from bench.ground import Ground
from bench.measured import Findings, Measured, Target, percentile

WARM_UP_RUNS = 30
TARGETS = {50: Target(floor=9, goal=4), 99: Target(floor=25, goal=10)}


async def measure(ground: Ground) -> Findings:
    """Medians of the repeats' percentiles. Raises: Unavailable."""
    reports: list[AloneReport] = []
    async with ground.stack() as stack:
        pipeline_id = await stack.pipeline("three steps", three_steps())
        plan = AlonePlan(
            api=stack.api, pipeline_id=pipeline_id, runs=ground.runs, warm_up=WARM_UP_RUNS
        )
        for number in range(1, ground.repeats + 1):
            ground.say(f"{ground.runs} runs one after the other, {number} of {ground.repeats}")
            reports.append((await in_own_process(follow_alone, plan)).result)
            await stack.settled()
    return Findings(
        measured=[
            Measured(
                row=2,
                what=f"alone, POST to terminal event, p{percent}",
                unit="ms",
                values=tuple(1000 * percentile(report.took, percent) for report in reports),
                target=target,
            )
            for percent, target in TARGETS.items()
        ],
        faults=faults_of(reports),
    )
