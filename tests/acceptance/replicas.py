"""What three copies of the log cost: runs a second and CPU, at one replica and at three.

Run by `python -m tests.acceptance.replicas`, on three nodes with one of each service: two
replicas' work and the routes between nodes are the difference.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

import psutil

from bench.client import in_own_process
from bench.flow import three_steps
from bench.load import LoadPlan, hold_in_flight
from tests.acceptance.three_nodes import ThreeNodes, three_nodes
from tests.servers import PostgresServer, own_folder

SECONDS, WARM_UP_SECONDS = 20.0, 3.0
IN_FLIGHT = 64


async def _pipeline(nodes: ThreeNodes) -> str:
    api = nodes.apis[0]
    connection = await api.connect()
    body = json.dumps({"name": "three steps", "flow": three_steps()}).encode()
    answer = await connection.ask(api.post("/api/v1/pipelines", body))
    connection.close()
    return str(answer.json(201)["id"])


def _cpu(nodes: ThreeNodes) -> Mapping[str, float]:
    """CPU seconds used so far: the three nodes together, and each service."""
    used: defaultdict[str, float] = defaultdict(float)
    pids = [("nats", node.process) for node in nodes.cluster.nodes.values()]
    for name, process in [*pids, *((each.name, each.process) for each in nodes.services)]:
        assert process is not None
        times = psutil.Process(process.pid).cpu_times()
        used[name] += times.user + times.system
    return used


async def _measure(postgres: PostgresServer, folder: Path, replicas: int) -> str:
    async with three_nodes(postgres, folder, each=1, replicas=replicas) as nodes:
        begin = monotonic() + WARM_UP_SECONDS
        before = _cpu(nodes)
        plan = LoadPlan(
            api=nodes.apis[0],
            nats_url=nodes.cluster.urls,
            pipeline_id=await _pipeline(nodes),
            in_flight=IN_FLIGHT,
            until=begin + SECONDS,
        )
        report = (await in_own_process(hold_in_flight, plan)).result
        after = _cpu(nodes)
    rate = sum(begin <= at < plan.until for at in report.ended_at) / SECONDS
    runs = len(report.ended_at)
    costs = [f"{name} {(after[name] - before[name]) / runs * 1000:.2f}" for name in sorted(after)]
    return (
        f"{replicas} replica(s): {rate:.0f} runs/s, {report.wrong} wrong; "
        f"CPU s per 1,000 runs: {', '.join(costs)}"
    )


def main() -> None:
    """Prints a line for each number of replicas."""
    with own_folder() as folder:
        postgres = PostgresServer(folder / "postgres")
        postgres.start()
        try:
            for replicas in (1, 3):
                sys.stdout.write(f"{asyncio.run(_measure(postgres, folder, replicas))}\n")
                sys.stdout.flush()
        finally:
            postgres.stop()


if __name__ == "__main__":
    main()
