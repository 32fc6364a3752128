"""Row 6: an agent alone, from POST to the first words in the reader's hands.

The model answers at once and then takes its time; what it takes to call it is part of the number.
"""

from __future__ import annotations

from bench.client import in_own_process
from bench.faults import faults_of
from bench.follow import FIRST_WORDS, AlonePlan, AloneReport, follow_alone
from bench.ground import Ground
from bench.measured import Findings, Measured, Target, percentile
from bench.talk import Talk

WARM_UP_RUNS = 10
PART_OF_RUNS = 3
TALK = Talk(chunks=20, rate=400)
DELAY = Target(floor=10, goal=5)


async def measure(ground: Ground) -> Findings:
    """Medians of the repeats' medians. Raises: Unavailable."""
    reports: list[AloneReport] = []
    runs = ground.runs // PART_OF_RUNS
    async with ground.stack() as stack:
        plan = AlonePlan(
            api=stack.api,
            pipeline_id=await stack.pipeline("one agent", TALK.flow()),
            runs=runs,
            warm_up=WARM_UP_RUNS,
            fault=TALK.fault_in,
            awaited=FIRST_WORDS,
        )
        for number in range(1, ground.repeats + 1):
            ground.say(f"{runs} agents one after the other, {number} of {ground.repeats}")
            reports.append((await in_own_process(follow_alone, plan)).result)
            await stack.settled()
    return Findings(
        measured=[
            Measured(
                row=6,
                what="an agent alone, POST to first words, p50",
                unit="ms",
                values=tuple(1000 * percentile(report.took, 50) for report in reports),
                target=DELAY,
            )
        ],
        faults=faults_of(reports),
    )
