"""Row 8: chunks a second that are durable and with their reader: 16 runs, one reader each.

Counted are chunks as the model sends them, as fast as they are taken from it. A reader is told what
the log has stored, so what it was told is durable. Timed is from the first words any reader has to
the end the last one has. Twice: gathered into deltas as by default; each chunk a fact of its own.
"""

from __future__ import annotations

from bench.client import in_own_process
from bench.faults import faults_of
from bench.ground import Ground
from bench.measured import Findings, Measured, Target
from bench.readers import ReadPlan, ReadReport, read
from bench.talk import Talk

RUNS = 16
CHUNKS_PER_SECOND = 800
LEAD_SECONDS = 1.5
WITHIN_SECONDS = 120.0
RATE = Target(floor=10_000, goal=30_000)


async def measure(ground: Ground) -> Findings:
    """A stack for each way. Raises: Unavailable."""
    findings = await _measured(ground, {}, is_single=False)
    findings.add(await _measured(ground, {"PENSTOCK_DELTA_MILLISECONDS": "0"}, is_single=True))
    return findings


async def _measured(ground: Ground, settings: dict[str, str], *, is_single: bool) -> Findings:
    talk = Talk(
        chunks=int(CHUNKS_PER_SECOND * ground.seconds), sleep=LEAD_SECONDS, is_single=is_single
    )
    way = "each a fact" if is_single else "gathered for 25 ms"
    reports: list[ReadReport] = []
    total, spent = RUNS * talk.chunks, ""
    async with ground.stack(settings) as stack:
        pipeline_id = await stack.pipeline("one agent", talk.flow())
        for number in range(1, ground.repeats + 1):
            ground.say(f"{RUNS} runs of {talk.chunks:,} chunks, {way}, {number}/{ground.repeats}")
            runs = await stack.start(pipeline_id, "go", RUNS)
            plan = ReadPlan(api=stack.api, runs=runs, talk=talk, within_seconds=WITHIN_SECONDS)
            before = stack.processes.read()
            done = await in_own_process(read, plan)
            spent = stack.processes.read().shares(before, total)
            reports.append(done.result)
            await stack.settled()
    return Findings(
        measured=[
            Measured(
                row=8,
                what=f"durable chunks, {RUNS} runs with a reader each, {way}",
                unit="chunks/s",
                values=tuple(total / (each.ended_at - each.first_at) for each in reports),
                target=RATE,
            )
        ],
        notes=[
            f"{way}, {reports[-1].frames / total:.2f} deltas a chunk; "
            f"microseconds of CPU a chunk: {spent}"
        ],
        faults=faults_of(reports),
    )
