"""Row 16: what more workers bring, when every slot has a model call of one second to wait for."""

from __future__ import annotations

import asyncio
import json
import time

from nats.aio.msg import Msg

from bench.flow import one_agent
from bench.ground import Ground
from bench.hearing import hearing
from bench.load import WORKSPACE
from bench.measured import Findings, Measured
from bench.stack import OwnStack, own_stack
from shared.errors import Unavailable
from shared.log.subjects import FINISHED, live_filter

WORKERS = (1, 2, 4)
SLOTS = 8
ROUNDS = 6
ONE_SECOND = "sleep=1s words=1 rate=0"


async def measure(ground: Ground) -> Findings:
    """Runs/s for each number of workers, and the ratio to one. Raises: Unavailable."""
    found: dict[int, float] = {}
    for workers in WORKERS:
        ground.say(f"{workers} workers with {SLOTS} slots, {SLOTS * ROUNDS * workers} runs")
        settings = {"PENSTOCK_MODEL_SLOTS": str(SLOTS)}
        async with own_stack(workers=workers, settings=settings) as stack:
            found[workers] = await _runs_per_second(stack, SLOTS * ROUNDS * workers)
    return Findings(
        measured=[
            Measured(
                row=16,
                what=f"one-second agents, {workers} workers of {SLOTS} slots, "
                f"{rate / found[1]:.2f} times one worker",
                unit="runs/s",
                values=(rate,),
            )
            for workers, rate in found.items()
        ]
    )


async def _runs_per_second(stack: OwnStack, runs: int) -> float:
    pipeline_id = await stack.pipeline("one second", one_agent(ONE_SECOND))
    client = await hearing(stack.nats_url)
    ended = 0
    all_ended = asyncio.Event()

    async def on_end(message: Msg) -> None:
        nonlocal ended
        assert json.loads(message.data)["type"] == "run.completed"
        ended += 1
        if ended == runs:
            all_ended.set()

    try:
        await client.subscribe(live_filter(WORKSPACE, rest=FINISHED), cb=on_end)
        await client.flush()
        begun = time.monotonic()
        await stack.start(pipeline_id, "go", runs)
        async with asyncio.timeout(10 + 3 * ROUNDS):
            await all_ended.wait()
        return runs / (time.monotonic() - begun)
    except TimeoutError:
        raise Unavailable(f"{ended} of {runs} runs ended in time") from None
    finally:
        await client.close()
