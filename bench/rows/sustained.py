"""Rows 1 and 5: three-step runs a second under a held load, and the server CPU they cost.

A point of load is held for `seconds` and cut into slices; each slice is one value. CPU is counted
until the projector has caught up, so that nothing is done later at nobody's cost.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.client import Done, in_own_process
from bench.flow import three_steps, three_steps_output
from bench.ground import Ground
from bench.hearing import hearing
from bench.load import LoadPlan, LoadReport, hold_in_flight
from bench.measured import Cost, Findings, Measured, Target, percentile
from bench.processes import Reading
from bench.stack import OwnStack
from shared.errors import Unavailable

IN_FLIGHT = (64, 128, 256)
COST_AT = 128
WARM_UP_SECONDS = 2.0
CLIENT_START_SECONDS = 1.0
SLICE_SECONDS = 5.0
LEAST_SLICES = 3
LINGER_SECONDS = 10
RATE = Target(floor=800, goal=1600)
CPU = Target(floor=2.5, goal=1.2)


@dataclass(frozen=True, kw_only=True)
class Point:
    """What happened at one load: the runs, the CPU, nats-server's memory from time to time."""

    in_flight: int
    begin: float
    end: float
    done: Done[LoadReport]
    readings: tuple[Reading, Reading]
    nats_mib: Sequence[float]

    @property
    def report(self) -> LoadReport:
        return self.done.result

    def rates(self) -> tuple[float, ...]:
        """Runs a second in each slice."""
        slices = max(LEAST_SLICES, round((self.end - self.begin) / SLICE_SECONDS))
        each = (self.end - self.begin) / slices
        counts = [0] * slices
        for at in self.report.ended_at:
            if self.begin <= at < self.end:
                counts[min(slices - 1, int((at - self.begin) / each))] += 1
        return tuple(count / each for count in counts)


async def measure(ground: Ground) -> Findings:
    """One stack, each load in turn. Raises: Unavailable."""
    findings = Findings()
    async with ground.stack({"PENSTOCK_LINGER_SECONDS": str(LINGER_SECONDS)}) as stack:
        pipeline_id = await stack.pipeline("three steps", three_steps())
        for in_flight in IN_FLIGHT:
            ground.say(f"{in_flight} runs in flight for {ground.seconds:g} s")
            point = await _held(stack, pipeline_id, in_flight, ground.seconds)
            findings.add(_found(point))
            findings.faults += await _faults_of_outputs(stack, point.report)
        findings.notes += await _forgetting(stack)
    return findings


async def _held(stack: OwnStack, pipeline_id: str, in_flight: int, seconds: float) -> Point:
    begin = time.monotonic() + CLIENT_START_SECONDS + WARM_UP_SECONDS
    end = begin + seconds
    plan = LoadPlan(
        api=stack.api,
        nats_url=stack.nats_url,
        pipeline_id=pipeline_id,
        in_flight=in_flight,
        until=end,
    )
    before = stack.processes.read()
    try:
        async with asyncio.TaskGroup() as group:
            client = group.create_task(in_own_process(hold_in_flight, plan))
            memory = group.create_task(_nats_mib(stack, (begin, (begin + end) / 2, end)))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    await stack.settled()
    return Point(
        in_flight=in_flight,
        begin=begin,
        end=end,
        done=client.result(),
        readings=(before, stack.processes.read()),
        nats_mib=memory.result(),
    )


async def _nats_mib(stack: OwnStack, times: Sequence[float]) -> list[float]:
    found = []
    for at in times:
        await asyncio.sleep(at - time.monotonic())
        found.append(stack.processes.memory_mib("nats"))
    return found


def _found(point: Point) -> Findings:
    cost = _cost(point)
    what = f"{point.in_flight} in flight"
    measured = [
        Measured(
            row=1,
            what=f"three steps, {what}",
            unit="runs/s",
            values=point.rates(),
            target=RATE,
        )
    ]
    if point.in_flight == COST_AT:
        measured.append(
            Measured(
                row=5,
                what=f"server CPU per 1,000 runs, {what}",
                unit="s",
                values=(cost.servers,),
                target=CPU,
            )
        )
    took = [1000 * seconds for seconds in point.report.took]
    first, middle, last = point.nats_mib
    notes = [
        f"{what}: a run took {percentile(took, 50):.0f} ms (p50), {percentile(took, 99):.0f} ms "
        f"(p99); nats-server {first:.0f}, {middle:.0f}, {last:.0f} MiB at start, middle, end"
    ]
    return Findings(measured=measured, costs=[cost], notes=notes)


def _cost(point: Point) -> Cost:
    before, after = point.readings
    runs = len(point.report.ended_at)
    if not runs:
        raise Unavailable(f"no run ended: {point.report.first_wrong}")
    parts = {name: seconds / runs * 1000 for name, seconds in after.since(before).items()}
    return Cost(
        what=f"{point.in_flight} in flight",
        runs=runs,
        parts=parts,
        client=point.done.cpu_seconds / runs * 1000,
        other_cores=after.other_cores(before, point.done.cpu_seconds),
    )


async def _faults_of_outputs(stack: OwnStack, report: LoadReport) -> list[str]:
    """What is wrong with outputs: by digest with all, by reading them with a sample."""
    faults = list(report.first_wrong)
    if report.wrong > len(faults):
        faults.append(f"... and {report.wrong - len(faults)} more like these")
    connection = await stack.api.connect()
    try:
        for run, text in (report.sample | report.unheard).items():
            answer = await connection.ask(stack.api.get(f"/api/v1/runs/{run}"))
            found = answer.json(200)
            if (found["status"], found["output"]) != ("completed", three_steps_output(text)):
                faults.append(f"run {run} of {text!r} reads {found['status']} {found['output']!r}")
    finally:
        connection.close()
    return faults


async def _forgetting(stack: OwnStack) -> list[str]:
    """Whether finished runs left the log."""
    client = await hearing(stack.nats_url)
    try:
        answer = await client.request("$JS.API.STREAM.INFO.RUNS", timeout=5)
    finally:
        await client.close()
    state = json.loads(answer.data)["state"]
    kept, got = state["messages"], state["last_seq"]
    if kept < got:
        return [
            f"forgetting is part of the cost: the log kept {kept:,} of {got:,} facts; "
            f"nats-server {stack.processes.memory_mib('nats'):.0f} MiB after all loads"
        ]
    return [
        f"forgetting is not part of the cost: the log kept all {got:,} facts; "
        f"runs leave it {LINGER_SECONDS} s after their end, so hold the loads for longer"
    ]
