"""kill -9 of every part, one after the other, in the middle of 200 runs: judged from the log."""

from __future__ import annotations

import asyncio
import json
from collections import Counter

from penstock_client import Penstock, UnavailableError

from shared.flow import Flow, parse
from shared.ledger.pool import opened
from shared.log import Log, connect
from shared.run.facts import RunEnded
from tests.eventually import eventually
from tests.integration.projector.comparison import differences
from tests.stack import RunningStack, running_stack

RUNS = 200
VICTIMS = ("scheduler", "agent-worker-1", "projector", "api", "nats")

SLOW = {"instructions": "Answer. [[sim: sleep=4s words=12 rate=100/s]]"}
DRAWN = {
    "nodes": [
        {"id": "in", "type": "input", "data": {}},
        {"id": "left", "type": "agent", "data": SLOW},
        {"id": "right", "type": "agent", "data": SLOW},
        {"id": "both", "type": "merge", "data": {"strategy": "concat"}},
        {"id": "last", "type": "template", "data": {"template": "{{input}} [done]"}},
        {"id": "out", "type": "output", "data": {}},
    ],
    "edges": [
        {"source": source, "target": target}
        for source, target in (
            ("in", "left"),
            ("in", "right"),
            ("left", "both"),
            ("right", "both"),
            ("both", "last"),
            ("last", "out"),
        )
    ],
}


async def test_every_run_completes_once_whoever_is_killed_meanwhile() -> None:
    with running_stack(workers=2) as stack:
        async with stack.client() as client:
            runs = await _started(client)
            for victim in VICTIMS:
                before = await _completed(client)
                assert before < RUNS, f"all runs were done before {victim} was killed"
                await stack.kill(victim)
            await eventually(lambda: _all_ended(client), every=0.5)
        async with connect(stack.nats_url("api"), name="api") as log:
            await _judge(stack, log, runs)


async def _started(client: Penstock) -> list[str]:
    async def one(number: int) -> str:
        accepted = await client.runs.create(flow=DRAWN, input=f"run {number}")
        return accepted.run_id

    return await asyncio.gather(*(one(number) for number in range(RUNS)))


async def _statuses(client: Penstock) -> Counter[str]:
    try:
        return Counter([run.status async for run in client.runs.list(page_size=100)])
    except UnavailableError as error:
        raise AssertionError("the api is away") from error


async def _completed(client: Penstock) -> int:
    counted = await eventually(lambda: _statuses(client), every=0.2)
    return counted["completed"]


async def _all_ended(client: Penstock) -> bool:
    statuses = await _statuses(client)
    assert statuses == Counter({"completed": RUNS})
    return True


async def _judge(stack: RunningStack, log: Log, runs: list[str]) -> None:
    """One terminal fact a run, one outcome an attempt, and rows that equal the fold."""
    database_url = stack.stack["database_url"]
    async with opened(database_url) as ledger:
        for run in runs:
            history = await log.history("default", run)
            facts = [entry.recorded().fact for entry in history.entries]
            assert sum(isinstance(fact, RunEnded) for fact in facts) == 1
            rests = [entry.rest for entry in history.entries]
            assert len(rests) == len(set(rests))
            flow = await _flow_of(log, next(f.flow for f in facts if f.type == "run.requested"))
            assert await differences(ledger, "default", run, flow, history.entries) == []


async def _flow_of(log: Log, version: str) -> Flow:
    body = await log.get_flow(version)
    assert body is not None
    flow = parse(json.loads(body))
    assert isinstance(flow, Flow)
    return flow
