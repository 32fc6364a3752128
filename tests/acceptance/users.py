"""Users who start runs and read them, and judge by the log whether they were told all there is."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count, cycle, pairwise
from time import monotonic

from bench.connection import Api
from shared.errors import Unavailable
from shared.log import Log
from shared.log.port import Entry
from shared.log.subjects import FINISHED, is_delta
from tests.acceptance.readers import Reader, ReadersReport
from tests.eventually import PATIENCE_SECONDS, eventually

SPEAKS = {"instructions": "Speak. [[sim: words=40 rate=40/s]]"}
FLOW = {
    "nodes": [
        {"id": "say", "type": "agent", "data": SPEAKS},
        {"id": "end", "type": "template", "data": {"template": "{{input}} [done]"}},
    ],
    "edges": [{"source": "say", "target": "end"}],
}
_AGAIN_SECONDS = 0.1


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
        turns = cycle(apis)

        async def accepted() -> str | None:
            api = next(turns)
            request = api.post("/api/v1/runs", self._body)
            keyed = request.replace(b"\r\n\r\n", f"\r\nIdempotency-Key: {key}\r\n\r\n".encode(), 1)
            try:
                connection = await api.connect()
                answer = await connection.ask(keyed)
                connection.close()
            except Unavailable:
                return None
            return str(json.loads(answer.body)["run_id"]) if answer.status == 202 else None

        return await eventually(accepted, every=_AGAIN_SECONDS)

    async def _follow(self, apis: Sequence[Api], run: str, reader: Reader) -> None:
        turns = cycle(apis)

        async def is_over() -> bool:
            api = next(turns)
            after = reader.ids[-1] if reader.ids else 0
            reader.begin()
            try:
                connection = await api.connect()
                request = api.get(f"/api/v1/runs/{run}/events?after={after}")
                answer = await connection.ask(request, reader.hear, within_seconds=PATIENCE_SECONDS)
                connection.close()
            except Unavailable:
                return reader.has_ended
            return reader.has_ended or answer.status == 204

        await eventually(is_over, every=_AGAIN_SECONDS)

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
