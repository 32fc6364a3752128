"""Row 10: chunks a second through one worker, in percent of a loop over the SDK alone.

The loop is `messages.create(stream=True)` on the same stand-in with as many calls at once; loop
and worker take turns. The worker gathers deltas as by default, and nobody reads them.
"""

from __future__ import annotations

from bench.calls import BarePlan, CallReport, RunPlan, call_bare, call_through_worker
from bench.client import in_own_process
from bench.ground import Ground
from bench.measured import Findings, Measured, Target
from bench.stack import own_stack
from bench.talk import Talk

CALLS = 8
CHUNKS_PER_SECOND = 1_500
PART = Target(floor=40, goal=70)


async def measure(ground: Ground) -> Findings:
    """Bare and through a stack of one worker, in turn. Raises: Unavailable."""
    talk = Talk(chunks=int(CHUNKS_PER_SECOND * ground.seconds))
    bare: list[CallReport] = []
    worked: list[CallReport] = []
    async with own_stack(workers=1, settings={}) as stack:
        pipeline_id = await stack.pipeline("one agent", talk.flow())
        plan = RunPlan(api=stack.api, nats_url=stack.nats_url, pipeline_id=pipeline_id, calls=CALLS)
        loop = BarePlan(url=stack.model.url, talk=talk, calls=CALLS)
        for number in range(1, ground.repeats + 1):
            ground.say(f"{CALLS} answers of {talk.chunks:,} chunks, {number} of {ground.repeats}")
            bare.append((await in_own_process(call_bare, loop)).result)
            worked.append((await in_own_process(call_through_worker, plan)).result)
            await stack.settled()
    rates = [CALLS * talk.chunks / each.seconds for each in (bare[-1], worked[-1])]
    return Findings(
        measured=[
            Measured(
                row=10,
                what=f"one worker, {CALLS} answers at once, part of a bare SDK loop",
                unit="%",
                values=tuple(
                    100 * alone.seconds / through.seconds
                    for alone, through in zip(bare, worked, strict=True)
                ),
                target=PART,
            )
        ],
        notes=[f"bare loop {rates[0]:,.0f} chunks/s, worker {rates[1]:,.0f} chunks/s"],
        faults=_faults(bare + worked),
    )


def _faults(reports: list[CallReport]) -> list[str]:
    said = {digest for report in reports for digest in report.digests}
    return [] if len(said) == 1 else [f"answers to the same question differ: {sorted(said)}"]
