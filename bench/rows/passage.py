"""Row 7: a chunk's way, from the model's stand-in writing it to the reader's socket giving it.

Each chunk leaves the worker at once (`PENSTOCK_DELTA_MILLISECONDS=0`) and is the time of its own
writing. Sixteen runs, each at the pace of a fast model, one reader each, in one process.
"""

from __future__ import annotations

from bench.client import in_own_process
from bench.faults import faults_of
from bench.ground import Ground
from bench.measured import Findings, Measured, Target, percentile
from bench.readers import ReadPlan, ReadReport, read
from bench.talk import Talk

RUNS = 16
CHUNKS_PER_SECOND = 50
LEAD_SECONDS = 1.5
WITHIN_SECONDS = 60.0
DELAY = Target(floor=8, goal=4)


async def measure(ground: Ground) -> Findings:
    """Percentiles over all chunks of a repeat. Raises: Unavailable."""
    each = max(1.0, ground.seconds / ground.repeats)
    talk = Talk(
        chunks=int(each * CHUNKS_PER_SECOND),
        rate=CHUNKS_PER_SECOND,
        sleep=LEAD_SECONDS,
        tells_time=True,
        is_single=True,
    )
    reports: list[ReadReport] = []
    async with ground.stack({"PENSTOCK_DELTA_MILLISECONDS": "0"}) as stack:
        pipeline_id = await stack.pipeline("one agent", talk.flow())
        for number in range(1, ground.repeats + 1):
            ground.say(f"{RUNS} runs for {each:g} s, {number} of {ground.repeats}")
            runs = await stack.start(pipeline_id, "go", RUNS)
            plan = ReadPlan(
                api=stack.api, runs=runs, talk=talk, within_seconds=each + WITHIN_SECONDS
            )
            reports.append((await in_own_process(read, plan)).result)
            await stack.settled()
    rate = f"{RUNS} runs of {CHUNKS_PER_SECOND} chunks/s"
    return Findings(
        measured=[
            Measured(
                row=7,
                what=f"chunk, model socket to reader, {rate}, p{percent}",
                unit="ms",
                values=tuple(1000 * percentile(report.delays, percent) for report in reports),
                target=DELAY if percent == 99 else None,
            )
            for percent in (50, 99)
        ],
        faults=faults_of(reports),
    )
