"""A client that lets runs come to a certain point and cancels them there, one after the other.

When the model connection closed is read from the log of the simulated model, whose clock
(CLOCK_MONOTONIC) is the machine's and this client's.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from bench.connection import Api, Connection
from bench.faults import Faulted
from shared.errors import Unavailable

POLL_SECONDS: Final = 0.02
REACHED_SECONDS: Final = 60.0
WAIT_SECONDS: Final = 10


@dataclass(frozen=True, kw_only=True)
class Point:
    """Where a run is cancelled: what its first step does, and how one sees that it is there.

    `status` is the step's; with `asks_model` a call is open besides, so many chunks of which were
    sent. `receipts`: how many attempts are cancelled with the run.
    """

    name: str
    node: Mapping[str, object]
    status: str
    asks_model: bool = False
    chunks: int = 0
    receipts: int = 1

    def flow(self, key: str) -> dict[str, object]:
        """The run's flow; the model's log finds it by its key."""
        data = dict(self.node)
        kind = str(data.pop("type", "agent"))
        if kind == "agent":
            data["instructions"] = f"{key} {data['instructions']}"
        return {"nodes": [{"id": "a", "type": kind, "data": data}], "edges": []}


STREAMING = Point(
    name="a model that streams for ever",
    node={"instructions": "[[sim: forever rate=50/s]]"},
    status="running",
    asks_model=True,
    chunks=1,
)
SILENT = Point(
    name="a model that fell silent",
    node={"instructions": "[[sim: stall after=3 rate=0]]"},
    status="running",
    asks_model=True,
    chunks=3,
)
UNANSWERED = Point(
    name="a model that has not answered",
    node={"instructions": "[[sim: silent]]"},
    status="running",
    asks_model=True,
)
QUEUED = Point(
    name="a step that waits for a slot",
    node={"instructions": "[[sim: text=hello]]"},
    status="ready",
)
RETRYING = Point(
    name="a retry that waits for its timer",
    node={"instructions": "[[sim: status=529]]", "retry": {"initial_seconds": 60}},
    status="retrying",
    receipts=0,
)
ASKING = Point(
    name="an approval",
    node={"type": "approval", "timeout_seconds": 3600, "default": "reject"},
    status="waiting",
)


@dataclass(frozen=True, kw_only=True)
class CancelPlan:
    """How many runs to cancel at a point, so many of which are there at a time."""

    api: Api
    model: Api
    point: Point
    key: str
    runs: int
    at_once: int = 20


@dataclass(kw_only=True)
class CancelReport(Faulted):
    """Of each run, in ms: from sending the cancel to its answer with the receipts, to the closed
    connection of the model, and what the receipts say of the latter."""

    answered: list[float] = field(default_factory=list)
    closed: list[float] = field(default_factory=list)
    aborted: list[float] = field(default_factory=list)
    receipts: int = 0


async def cancel_each(plan: CancelPlan) -> CancelReport:
    """Cancels all the runs. Raises: Unavailable."""
    async with _canceller(plan) as canceller:
        for first in range(0, plan.runs, plan.at_once):
            await canceller.batch(range(first, min(first + plan.at_once, plan.runs)))
        if plan.point.asks_model:
            await canceller.judge_closing()
        return canceller.report


async def begin(plan: CancelPlan) -> None:
    """Lets all the runs come to the point, and leaves them there. Raises: Unavailable."""
    async with _canceller(plan) as canceller:
        await canceller.begin(range(plan.runs))


@asynccontextmanager
async def _canceller(plan: CancelPlan) -> AsyncIterator[Canceller]:
    canceller = Canceller(plan, await plan.api.connect(), await plan.model.connect())
    try:
        yield canceller
    finally:
        canceller.close()


class Canceller:
    """Two connections, and what was found."""

    def __init__(self, plan: CancelPlan, api: Connection, model: Connection) -> None:
        self.report = CancelReport()
        self._plan = plan
        self._api = api
        self._model = model
        self._sent: dict[str, float] = {}

    def close(self) -> None:
        self._api.close()
        self._model.close()

    async def batch(self, numbers: range) -> None:
        """Starts these and cancels each once all are there."""
        runs = await self.begin(numbers)
        for number in numbers:
            await self._cancel(self._key(number), runs[number])

    async def begin(self, numbers: range) -> dict[int, str]:
        """The runs of these numbers, once all have come to the point."""
        runs = {}
        for number in numbers:
            flow = self._plan.point.flow(self._key(number))
            body = json.dumps({"flow": flow, "input": "go"}).encode()
            accepted = await self._api.ask(self._plan.api.post("/api/v1/runs", body))
            runs[number] = str(accepted.json(202)["run_id"])
        until = time.monotonic() + REACHED_SECONDS
        for number, run in runs.items():
            while not await self._is_there(run, self._key(number)):
                if time.monotonic() > until:
                    raise Unavailable(f"{run} did not come to {self._plan.point.name}")
                await asyncio.sleep(POLL_SECONDS)
        return runs

    async def judge_closing(self) -> None:
        """Reads from the model's log when each connection closed."""
        for key, sent in self._sent.items():
            calls = await self._calls(key)
            if [call["outcome"] for call in calls] != ["client_gone"]:
                self.report.fault(f"{key} ended {[call['outcome'] for call in calls]}")
            else:
                self.report.closed.append(1000 * (calls[0]["client_gone_monotonic"] - sent))

    def _key(self, number: int) -> str:
        """By which the model's log finds this run and no other: 1 is not the beginning of 10."""
        return f"{self._plan.key}-{number}."

    async def _is_there(self, run: str, key: str) -> bool:
        point = self._plan.point
        if point.asks_model:
            calls = await self._calls(key)
            return bool(calls) and calls[0]["chunks_sent"] >= point.chunks
        shown: Any = (await self._api.ask(self._plan.api.get(f"/api/v1/runs/{run}"))).json(200)
        return bool(shown["steps"][0]["status"] == point.status)

    async def _calls(self, key: str) -> list[dict[str, Any]]:
        asked = self._plan.model.get(f"/_simulator/requests?contains={key}")
        found: Any = (await self._model.ask(asked)).json(200)
        calls: list[dict[str, Any]] = found["requests"]
        return calls

    async def _cancel(self, key: str, run: str) -> None:
        request = self._plan.api.post(f"/api/v1/runs/{run}/cancel?wait={WAIT_SECONDS}", b"{}")
        sent = self._sent[key] = time.monotonic()
        answer = await self._api.ask(request)
        self.report.answered.append(1000 * (time.monotonic() - sent))
        told: Any = json.loads(answer.body)
        receipts = told.get("receipts", [])
        if (answer.status, told["status"]) != (200, "cancelled"):
            self.report.fault(f"{run} answered {answer.status}: {told}")
        if len(receipts) != self._plan.point.receipts:
            self.report.fault(f"{run} has the receipts {receipts}")
        self.report.receipts += len(receipts)
        for receipt in receipts:
            self._judge(run, receipt)

    def _judge(self, run: str, told: dict[str, Any]) -> None:
        """A model that was asked leaves a receipt of what it did; nobody else does."""
        receipt, was_asked = told["receipt"], self._plan.point.asks_model
        said = bool(receipt["text"])
        if (told["execution"] is not None, told["at_least"]) != (was_asked, was_asked):
            self.report.fault(f"{run}: {told}")
        if said != bool(self._plan.point.chunks):
            self.report.fault(f"{run}: the text of {told}")
        if was_asked:
            self.report.aborted.append(receipt["aborted_after_ms"])
