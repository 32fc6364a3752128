"""Row 9: one run and its many readers: events a second that all of them together are told.

Each chunk is an event (`PENSTOCK_DELTA_MILLISECONDS=0`), and the model sends as many as would make
`OFFERED` deliveries a second. Timed is from the first words any reader has to the end the last one
has; a reader that cannot keep up is cut off, which is a fault here. Readers are in two processes.
"""

from __future__ import annotations

import asyncio

from bench.client import in_own_process
from bench.faults import faults_of
from bench.ground import Ground
from bench.measured import Findings, Measured, Target
from bench.readers import ReadPlan, ReadReport, read, together
from bench.stack import OwnStack
from bench.talk import Talk

READERS = (50, 500)
OFFERED = 250_000
PROCESSES = 2
LEAD_SECONDS = 3.0
WITHIN_SECONDS = 120.0
RATE = Target(floor=50_000, goal=150_000)


async def measure(ground: Ground) -> Findings:
    """One stack, each number of readers in turn. Raises: Unavailable."""
    findings = Findings()
    async with ground.stack({"PENSTOCK_DELTA_MILLISECONDS": "0"}) as stack:
        for readers in READERS:
            findings.add(await _measured(ground, stack, readers))
    return findings


async def _measured(ground: Ground, stack: OwnStack, readers: int) -> Findings:
    rate = OFFERED // readers
    seconds = max(1.0, ground.seconds / ground.repeats)
    talk = Talk(chunks=int(rate * seconds), rate=rate, sleep=LEAD_SECONDS, is_single=True)
    pipeline_id = await stack.pipeline("one agent", talk.flow())
    reports: list[ReadReport] = []
    spent = ""
    for number in range(1, ground.repeats + 1):
        ground.say(f"{readers} readers of {rate} events/s, {number} of {ground.repeats}")
        (run,) = await stack.start(pipeline_id, "go")
        before = stack.processes.read()
        reports.append(await _read(stack, talk, run, readers))
        spent = stack.processes.read().shares(before, talk.chunks * readers)
        await stack.settled()
    return Findings(
        measured=[
            Measured(
                row=9,
                what=f"one run, {readers} readers, {rate * readers:,}/s offered",
                unit="events/s",
                values=tuple(each.frames / (each.ended_at - each.first_at) for each in reports),
                target=RATE,
            )
        ],
        notes=[f"{readers} readers, microseconds of CPU a delivery: {spent}"],
        faults=faults_of(reports),
    )


async def _read(stack: OwnStack, talk: Talk, run: str, readers: int) -> ReadReport:
    plan = ReadPlan(
        api=stack.api,
        runs=[run] * (readers // PROCESSES),
        talk=talk,
        within_seconds=WITHIN_SECONDS,
    )
    try:
        async with asyncio.TaskGroup() as group:
            clients = [group.create_task(in_own_process(read, plan)) for _ in range(PROCESSES)]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return together([client.result().result for client in clients])
