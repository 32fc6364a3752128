"""Three NATS nodes: each leader killed and frozen under load; what anybody notices.

Run by `python -m tests.acceptance.nodes`: prints a row for each, then the sums. `... nodes 1` has
each once instead of twice.

Judged from the log and from what readers of both apis were told: a run that was accepted ends once,
no fact stands twice, and every reader is told every event, deltas too, once and in order.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from signal import SIGKILL
from time import monotonic
from typing import Literal, NamedTuple
from urllib.request import urlopen

import asyncpg

from shared.log import connect
from shared.log.subjects import FINISHED
from tests.acceptance.three_nodes import ThreeNodes, three_nodes
from tests.acceptance.users import Load, Report
from tests.cluster import NAMES, copies_of, leader_of
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.servers import PostgresServer, connected, own_folder

How = Literal["kill", "freeze"]
RUNS, TIMERS = "STREAM.INFO.RUNS", "STREAM.INFO.TIMERS"
PARTITION, QUEUE = "CONSUMER.INFO.RUNS.scheduler-0", "CONSUMER.INFO.RUNS.work-default-shared"
META = "meta"
LEADERS = (RUNS, TIMERS, PARTITION, QUEUE, META)
USERS = 6
# So many runs of each user end while a node is away.
ROUNDS = 1


class Mishap(NamedTuple):
    """What befalls the node that leads something."""

    leads: str
    how: How


@asynccontextmanager
async def load(nodes: ThreeNodes, report: Report) -> AsyncIterator[None]:
    """Users at work while the block lasts; each finishes its run."""
    stopping = asyncio.Event()

    async def user(made: Load) -> None:
        while not stopping.is_set():
            await made.one()

    async with connect(nodes.cluster.urls, name="judge") as log:
        made = Load(nodes.apis, log, report)
        async with asyncio.TaskGroup() as users:
            for _ in range(USERS):
                users.create_task(user(made))
            yield
            stopping.set()
    began = monotonic()
    await eventually(partial(_is_copied, nodes.database_url, report.ended))
    report.stalled("Postgres", monotonic() - began)


async def _is_copied(database_url: str, runs: int) -> bool:
    """Postgres has the end of so many runs, each once."""
    connection = await asyncpg.connect(database_url)
    try:
        ends = await connection.fetchval("select count(*) from facts where rest = $1", FINISHED)
    finally:
        await connection.close()
    return bool(ends == runs)


async def leader(nodes: ThreeNodes, leads: str, but: str = "") -> str:
    """The node that leads it, as the others than `but` say."""
    cluster = nodes.cluster
    asked = next(name for name in NAMES if name != but)
    if leads == META:
        return await eventually(partial(_meta_leader, cluster.nodes[asked].embedded.monitor_url))
    client = await connected(cluster.nodes[asked].url)
    try:
        return await leader_of(client, leads)
    finally:
        await client.close()


async def _meta_leader(monitor_url: str) -> str:
    def look() -> str:
        with urlopen(f"{monitor_url}/jsz", timeout=PATIENCE_SECONDS) as answer:
            return str(json.load(answer)["meta_cluster"].get("leader", ""))

    return await asyncio.to_thread(look)


async def befall(nodes: ThreeNodes, report: Report, mishap: Mishap) -> None:
    """Lets it happen among runs under way, waits until work goes on, then mends it."""
    begun = report.ended + USERS
    await eventually(lambda: report.ended >= begun)
    report.lap()
    lost = await leader(nodes, mishap.leads)
    node = nodes.cluster.nodes[lost]
    if mishap.how == "kill":
        node.stop(SIGKILL)
    else:
        node.freeze()
    enough = report.ended + ROUNDS * USERS

    async def has_gone_on() -> bool:
        return report.ended >= enough and await leader(nodes, mishap.leads, lost) != lost

    await eventually(has_gone_on)
    await asyncio.to_thread(nodes.cluster.heal)
    await eventually(partial(_is_whole, nodes))


async def _is_whole(nodes: ThreeNodes) -> bool:
    client = await connected(nodes.cluster.nodes[NAMES[0]].url)
    try:
        return all(
            [await copies_of(client, leads) == [True] * 3 for leads in LEADERS if leads != META]
        )
    finally:
        await client.close()


async def _all(mishaps: Sequence[Mishap], postgres: PostgresServer, folder: Path) -> Report:
    report = Report()
    async with three_nodes(postgres, folder) as nodes, load(nodes, report):
        for mishap in mishaps:
            began = monotonic()
            await befall(nodes, report, mishap)
            took = monotonic() - began
            row = f"{mishap.how:6} {mishap.leads:42} {took:4.0f} s; longest: {report.lap()}"
            sys.stdout.write(f"{row}; so far: {report}\n")
            sys.stdout.flush()
    sys.stdout.write(f"longest since: {report.lap()}\n")
    return report


def main() -> None:
    """Each leader killed and frozen, as often as is asked for."""
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    mishaps = [Mishap(leads, how) for leads in LEADERS for how in ("kill", "freeze")] * turns
    with own_folder() as folder:
        postgres = PostgresServer(folder / "postgres")
        postgres.start()
        try:
            sys.stdout.write(f"{asyncio.run(_all(mishaps, postgres, folder))}\n")
        finally:
            postgres.stop()


if __name__ == "__main__":
    main()
