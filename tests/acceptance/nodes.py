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
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count, cycle, pairwise
from pathlib import Path
from signal import SIGKILL
from time import monotonic
from typing import Literal, NamedTuple
from urllib.request import urlopen

import asyncpg

from bench.connection import Api
from shared.errors import Unavailable
from shared.log import Log, connect
from shared.log.port import Entry
from shared.log.subjects import FINISHED, is_delta
from tests.acceptance.readers import Reader, ReadersReport
from tests.acceptance.three_nodes import ThreeNodes, three_nodes
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
SPEAKS = {"instructions": "Speak. [[sim: words=40 rate=40/s]]"}
FLOW = {
    "nodes": [
        {"id": "say", "type": "agent", "data": SPEAKS},
        {"id": "end", "type": "template", "data": {"template": "{{input}} [done]"}},
    ],
    "edges": [{"source": "say", "target": "end"}],
}
_AGAIN_SECONDS = 0.1


class Mishap(NamedTuple):
    """What befalls the node that leads something."""

    leads: str
    how: How


@dataclass
class Report:
    """What was seen; stalls in seconds, the longest since the last `lap`."""

    accepted: int = 0
    ended: int = 0
    readers: int = 0
    events: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    stalls: dict[str, float] = field(default_factory=dict)

    def stalled(self, what: str, seconds: float) -> None:
        """Something took so long."""
        self.stalls[what] = max(self.stalls.get(what, 0.0), seconds)

    def lap(self) -> str:
        """The longest stalls since the last time."""
        told = ", ".join(f"{what} {seconds:.1f} s" for what, seconds in sorted(self.stalls.items()))
        self.stalls.clear()
        return told

    def __str__(self) -> str:
        faults = ", ".join(f"{what} {n}" for what, n in sorted(self.faults.items())) or "none"
        return (
            f"runs accepted {self.accepted}, ended once {self.ended}; readers {self.readers}, "
            f"events {self.events}; faults: {faults}"
        )


class TimedReader(Reader):
    """Knows how long it waited for an event at most."""

    def __init__(self) -> None:
        super().__init__(ReadersReport())
        self.longest = 0.0
        self._heard = monotonic()

    def hear(self, piece: bytes) -> None:
        before = len(self.ids)
        super().hear(piece)
        if len(self.ids) > before:
            now = monotonic()
            self.longest, self._heard = max(self.longest, now - self._heard), now


class Load:
    """Users who start a run, read it at both apis, and look into the log when it is over."""

    def __init__(self, apis: Sequence[Api], log: Log, report: Report) -> None:
        self._apis = list(apis)
        self._log = log
        self._report = report
        self._numbers = count()
        self._body = json.dumps({"flow": FLOW, "input": ""}).encode()

    async def one(self) -> None:
        """One run after the other, until cancelled between two of them."""
        number = next(self._numbers)
        apis = self._apis[number % 2 :] + self._apis[: number % 2]
        began = monotonic()
        run = await self._accepted(apis, f"key-{number}")
        self._report.stalled("POST", monotonic() - began)
        self._report.accepted += 1
        readers = [TimedReader() for _ in apis]
        turned = apis[1:] + apis[:1]
        await asyncio.gather(
            self._follow(apis, run, readers[0]), self._follow(turned, run, readers[1])
        )
        await self._judge(run, readers)

    async def _accepted(self, apis: Sequence[Api], key: str) -> str:
        """Asks until it is accepted, with one key, so that it is accepted once."""
        for api in cycle(apis):
            request = api.post("/api/v1/runs", self._body)
            keyed = request.replace(b"\r\n\r\n", f"\r\nIdempotency-Key: {key}\r\n\r\n".encode(), 1)
            try:
                connection = await api.connect()
                answer = await connection.ask(keyed)
                connection.close()
            except Unavailable:
                continue
            if answer.status == 202:
                return str(json.loads(answer.body)["run_id"])
            await asyncio.sleep(_AGAIN_SECONDS)
        raise AssertionError("unreachable")

    async def _follow(self, apis: Sequence[Api], run: str, reader: Reader) -> None:
        for api in cycle(apis):
            after = reader.ids[-1] if reader.ids else 0
            reader.begin()
            try:
                connection = await api.connect()
                request = api.get(f"/api/v1/runs/{run}/events?after={after}")
                answer = await connection.ask(request, reader.hear, within_seconds=PATIENCE_SECONDS)
                connection.close()
            except Unavailable:
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            if reader.has_ended or answer.status == 204:
                return
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _judge(self, run: str, readers: Sequence[TimedReader]) -> None:
        """What is kept for a minute only is still there: readers have just heard it."""
        entries = await eventually(partial(self._entries, run))
        report = self._report
        ends = [entry.rest for entry in entries].count(FINISHED)
        report.ended += ends == 1
        report.faults["not ended once"] += ends != 1
        rests = [entry.rest for entry in entries if not is_delta(entry.rest)]
        report.faults["facts twice"] += len(rests) - len(set(rests))
        end = next(index for index, entry in enumerate(entries) if entry.rest == FINISHED)
        told = [entry.sequence for entry in entries[: end + 1]]
        times = [entry.time.timestamp() for entry in entries[: end + 1]]
        report.stalled("step", max(b - a for a, b in pairwise(times)))
        for reader in readers:
            report.readers += 1
            report.events += len(reader.ids)
            report.stalled("reader", reader.longest)
            report.faults["gaps"] += len(set(told) - set(reader.ids))
            report.faults["foreign"] += len(set(reader.ids) - set(told))
            report.faults["duplicates"] += len(reader.ids) - len(set(reader.ids))
            report.faults["disorder"] += reader.ids != sorted(reader.ids)

    async def _entries(self, run: str) -> tuple[Entry, ...]:
        try:
            return await self._log.read_on("default", run, after=0, limit=10_000)
        except Unavailable:
            return ()


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
