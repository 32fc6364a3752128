"""Many readers of runs under way, in processes of their own: each must be told everything, once.

python -m tests.acceptance.readers          500 readers of one run, then 3 of each of 300
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from array import array
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

import psutil

from bench.client import Done, in_own_process
from bench.connection import Api, Connection
from bench.measured import percentile
from tests.acceptance.stalled import Seen, Stalled, look
from tests.eventually import PATIENCE_SECONDS
from tests.stack import RunningStack, running_stack

PROCESSES = 2
MOST_SAMPLES = 2000
# So much that one who does not read it is noticed.
LONG = "words=80000 rate=4000/s"
_ID = re.compile(rb"^id: (\d+)\nevent: (\S+)\n", re.MULTILINE)
_AT = re.compile(rb'"at":"([^"]+)"')


@dataclass(frozen=True)
class ReadersPlan:
    """Who reads: `each` readers of every run, from its first fact."""

    api: Api
    runs: Sequence[str]
    each: int


@dataclass
class ReadersReport:
    """What they were told: a digest of the ids by run, and how late they heard."""

    told: dict[str, set[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    late_ms: array[float] = field(default_factory=lambda: array("d"))


class Reader:
    """Takes streams of one run in, over any number of connections."""

    def __init__(self, report: ReadersReport) -> None:
        self._report = report
        self._rest = b""
        self.ids: list[int] = []
        self.has_ended = False

    def begin(self) -> None:
        """A new connection: what was cut in the middle of a frame is not heard."""
        self._rest = b""

    def hear(self, piece: bytes) -> None:
        """The next piece of the body."""
        now = datetime.now(UTC).timestamp()
        whole, _, self._rest = (self._rest + piece).rpartition(b"\n\n")
        for sequence, kind in _ID.findall(whole):
            if kind == b"end":
                self.has_ended = True
            else:
                self.ids.append(int(sequence))
        if times := _AT.findall(whole):
            at = datetime.fromisoformat(times[-1].decode()).timestamp()
            self._report.late_ms.append((now - at) * 1000)


async def read_all(plan: ReadersPlan) -> ReadersReport:
    """Follows every run to its end. Raises: Unavailable."""
    report = ReadersReport()

    async def one(run: str) -> None:
        reader = Reader(report)
        connection: Connection = await plan.api.connect()
        path = f"/api/v1/runs/{run}/events?after=0"
        await connection.ask(plan.api.get(path), reader.hear, within_seconds=PATIENCE_SECONDS)
        connection.close()
        if not reader.has_ended or reader.ids != sorted(set(reader.ids)):
            report.faults.append(f"{run}: not to its end, not once or not in order")
        report.told.setdefault(run, set()).add(digest(reader.ids))

    await asyncio.gather(*(one(run) for run in plan.runs for _ in range(plan.each)))
    late = sorted(report.late_ms)
    report.late_ms = array("d", late[:: max(1, len(late) // MOST_SAMPLES)])
    return report


def digest(ids: Sequence[int]) -> str:
    """A short name of these ids in this order."""
    return sha256(json.dumps(ids).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Watched:
    """What came of it: readers, events each was told, how late; the api's memory and its growth.

    `stalled`: the most that was held for the one who never reads, if there is one.
    """

    readers: int
    events: int
    p50_ms: float
    p99_ms: float
    rss_mib: float
    grown_mib: float
    stalled: Seen | None = None


async def watched(
    stack: RunningStack,
    *,
    runs: int,
    each: int,
    says: str = "words=40 rate=40/s",
    with_stalled: bool = False,
) -> Watched:
    """Runs that speak, all read at once. Raises: AssertionError where not all was told to all."""
    found = stack.stack
    api = Api(found["api_url"], found["token"])
    process = psutil.Process(stack.service("api")["pid"])
    before = process.memory_info().rss
    started = await _started(stack, runs, says)
    async with AsyncExitStack() as beside:
        held = None
        if with_stalled:
            held = await beside.enter_async_context(_one_stalled(stack, api, started[0]))
        done = await _read_by_many(api, started, each)
    rss = process.memory_info().rss
    again = await read_all(ReadersPlan(api, started, 1))
    for report in (*(each.result for each in done), again):
        assert not report.faults, report.faults[:3]
        assert report.told == again.told, "every reader is told what the log holds"
    late = [ms for each in done for ms in each.result.late_ms]
    events = len(await _ids_of(api, started[0]))
    mib = 1 << 20
    return Watched(
        runs * each, events, percentile(late, 50), percentile(late, 99),
        rss / mib, (rss - before) / mib, held,
    )  # fmt: skip


async def _ids_of(api: Api, run: str) -> list[int]:
    reader = Reader(ReadersReport())
    connection = await api.connect()
    await connection.ask(api.get(f"/api/v1/runs/{run}/events?after=0"), reader.hear)
    connection.close()
    return reader.ids


async def _read_by_many(api: Api, runs: Sequence[str], each: int) -> list[Done[ReadersReport]]:
    shares = [each // PROCESSES + (n < each % PROCESSES) for n in range(PROCESSES)]
    plans = [ReadersPlan(api, runs, share) for share in shares if share]
    return await asyncio.gather(*(in_own_process(read_all, plan) for plan in plans))


@asynccontextmanager
async def _one_stalled(stack: RunningStack, api: Api, run: str) -> AsyncIterator[Seen]:
    """A reader of the run that never reads, and what is held for it meanwhile."""
    idle = await Stalled.connected(api, f"/api/v1/runs/{run}/events?after=0")
    found = Seen()
    looking = asyncio.create_task(look(stack, [idle], found))
    yield found
    looking.cancel()
    await asyncio.wait({looking})
    idle.close()


async def _started(stack: RunningStack, runs: int, says: str) -> list[str]:
    data = {"instructions": f"Speak. [[sim: sleep=3s {says}]]"}
    flow = {"nodes": [{"id": "a", "type": "agent", "data": data}], "edges": []}
    async with stack.client() as client:
        accepted = await asyncio.gather(
            *(client.runs.create(flow=flow, input=f"run {n}") for n in range(runs))
        )
    return [each.run_id for each in accepted]


async def _show(stack: RunningStack) -> None:
    for what, runs, each, says, stalled in (
        ("one run", 1, 500, LONG, False),
        ("one run, and one who never reads", 1, 500, LONG, True),
        ("three a run", 300, 3, "words=300 rate=40/s", False),
    ):
        found = await watched(stack, runs=runs, each=each, says=says, with_stalled=stalled)
        sys.stdout.write(f"{what}: {found}\n")
        sys.stdout.flush()


def main() -> None:
    """Shows it at full size, on a stack of its own."""
    with running_stack(workers=4) as stack:
        asyncio.run(_show(stack))


if __name__ == "__main__":
    # By its own name, so that what it sends to other processes is known there.
    from tests.acceptance import readers

    readers.main()
