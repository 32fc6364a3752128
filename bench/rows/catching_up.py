"""Row 13: how fast a projector that is behind catches up, and how fast a rebuild is.

The facts are those of real runs of three steps, all still in the log. Postgres is made to forget
all it was told of them, and the projector, killed, begins again from nothing. Then the read model
alone is made anew. After each, facts and read model must say what they must.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import asyncpg

from bench.client import in_own_process
from bench.flow import three_steps
from bench.ground import Ground
from bench.hearing import hearing
from bench.load import LoadPlan, hold_in_flight
from bench.measured import Findings, Measured, Target
from bench.stack import OwnStack
from services.projector.rebuild import Progress, rebuild
from services.projector.upserts import READ_MODEL
from services.projector.usage_sums import SUMS
from services.projector.verification import verify
from shared.errors import Unavailable
from shared.ledger.facts import positions
from shared.ledger.pool import opened, translated
from shared.runtime.process import tune_garbage_collection

IN_FLIGHT = 64
LONGEST_SECONDS = 600.0
LOOK_SECONDS = 0.02
LINGER_SECONDS = 86_400
RATE = Target(floor=10_000, goal=25_000)
COUNT = "select count(*) from facts"
FORGET = (
    "truncate facts, positions, parked_runs, lingering_runs, inert_facts, "
    + ", ".join([*SUMS, *(table.name for table in READ_MODEL)])
)  # fmt: skip


class Speed(NamedTuple):
    """So many facts a second; CPU microseconds a fact of the parts that worked."""

    rate: float
    cost: str


async def measure(ground: Ground) -> Findings:
    """One stack, filled once, each repeat on the same facts. Raises: Unavailable."""
    async with ground.stack({"PENSTOCK_LINGER_SECONDS": str(LINGER_SECONDS)}) as stack:
        with translated():
            async with opened(stack.database_url) as connection:
                await _filled(ground, stack, connection)
                caught, rebuilt, faults = [], [], []
                for turn in range(1, ground.repeats + 1):
                    ground.say(f"catching up, and a rebuild: {turn} of {ground.repeats}")
                    stack, speed = await _catching_up(stack, connection)
                    caught.append(speed)
                    faults += await _faults(stack, connection)
                    rebuilt.append(await _rebuilding(stack))
                    faults += await _faults(stack, connection)
    return Findings(
        measured=[
            _measured("projector catching up", caught),
            _measured("rebuild of the read model", rebuilt),
        ],
        notes=[
            f"catching up, CPU us a fact: {caught[-1].cost}",
            f"rebuild, CPU us a fact: {rebuilt[-1].cost}",
        ],
        faults=faults,
    )


def _measured(what: str, speeds: list[Speed]) -> Measured:
    values = tuple(speed.rate for speed in speeds)
    return Measured(row=13, what=what, unit="facts/s", values=values, target=RATE)


async def _filled(ground: Ground, stack: OwnStack, connection: asyncpg.Connection) -> None:
    ground.say(f"{ground.short_runs:,} runs, {IN_FLIGHT} in flight, to have their facts")
    plan = LoadPlan(
        api=stack.api,
        nats_url=stack.nats_url,
        pipeline_id=await stack.pipeline("three steps", three_steps()),
        in_flight=IN_FLIGHT,
        until=time.monotonic() + LONGEST_SECONDS,
        runs=ground.short_runs,
    )
    report = (await in_own_process(hold_in_flight, plan)).result
    if report.wrong:
        raise Unavailable(f"{report.wrong} runs went wrong: {report.first_wrong}")

    # Short loads are over before the projector says that it is behind: its facts are counted.
    async def copied() -> bool:
        return bool(await connection.fetchval(COUNT) == await _recorded(stack))

    await _until(copied)


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Returns once it does. Raises: Unavailable after ten minutes."""
    last = time.monotonic() + LONGEST_SECONDS
    while not await holds():
        if time.monotonic() > last:
            raise Unavailable(f"the projector is behind after {LONGEST_SECONDS:g} s")
        await asyncio.sleep(LOOK_SECONDS)


async def _catching_up(stack: OwnStack, connection: asyncpg.Connection) -> tuple[OwnStack, Speed]:
    """From nothing to the last fact, with a projector that stands ready; the stack it is now of."""
    goal = await positions(connection)
    facts = await connection.fetchval(COUNT)
    async with connection.transaction():
        # Until this is committed, the new projector waits for its positions.
        await connection.execute(FORGET)
        stack = await stack.killed("projector")
        before = stack.processes.read()

    async def caught_up() -> bool:
        return await positions(connection) == goal

    await _until(caught_up)
    after = stack.processes.read()
    return stack, Speed(facts / (after.at - before.at), after.shares(before, facts))


class Where(NamedTuple):
    """What a rebuild works on."""

    database_url: str
    nats_url: str


class Rebuilt(NamedTuple):
    """So many facts, in so many seconds."""

    facts: int
    seconds: float


async def rebuilt(where: Where) -> Rebuilt:
    """A rebuild, timed to its last fact: then it waits a second for what the log may say."""
    tune_garbage_collection()  # as `penstock rebuild` does
    began = time.monotonic()
    ended: list[float] = []

    def report(progress: Progress) -> None:
        if progress.done == progress.total:
            ended.append(time.monotonic())

    done = await rebuild(where.database_url, where.nats_url, report=report)
    return Rebuilt(done.done, ended[0] - began)


async def _rebuilding(stack: OwnStack) -> Speed:
    before = stack.processes.read()
    done = await in_own_process(rebuilt, Where(stack.database_url, stack.projector_nats_url))
    facts, seconds = done.result
    others = stack.processes.read().shares(before, facts)
    return Speed(facts / seconds, f"rebuild {done.cpu_seconds / facts * 1e6:.1f}, {others}")


async def _faults(stack: OwnStack, connection: asyncpg.Connection) -> list[str]:
    """Where Postgres does not have every fact of the log, or shows anything but what they say."""
    verified = await verify(connection)
    recorded = await _recorded(stack)
    if verified.facts == recorded:
        return verified.problems
    return [f"the log holds {recorded:,} facts, Postgres {verified.facts:,}", *verified.problems]


async def _recorded(stack: OwnStack) -> int:
    client = await hearing(stack.nats_url)
    try:
        answer = await client.request("$JS.API.STREAM.INFO.RUNS", timeout=5)
    finally:
        await client.close()
    return int(json.loads(answer.data)["state"]["messages"])
