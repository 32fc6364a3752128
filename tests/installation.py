"""Runs of every kind in a whole stack: some over, some in flight in each way a run can be."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import httpx2

from tests.eventually import eventually

OVER = frozenset({"completed", "failed", "cancelled"})
TEMPLATES: dict[str, Any] = {
    "nodes": [
        {"id": "double", "type": "template", "data": {"template": "{{input}} {{input}}"}},
        {"id": "last", "type": "template", "data": {"template": "{{input}}, the end: äöü 🙂"}},
    ],
    "edges": [{"source": "double", "target": "last"}],
}
ASKING: dict[str, Any] = {
    "nodes": [
        {"id": "draft", "type": "template", "data": {"template": "about {{input}}"}},
        {"id": "fine?", "type": "approval", "data": {"prompt": "Fine?"}},
        {"id": "done", "type": "template", "data": {"template": "{{input}}, approved"}},
    ],
    "edges": [
        {"source": "draft", "target": "fine?"},
        {"source": "fine?", "target": "done", "sourceHandle": "approved"},
    ],
}
QUESTION = 1


def agent(marker: str, **settings: Any) -> dict[str, Any]:
    """A flow of one agent that the simulated model answers by a marker."""
    data = {"instructions": f"Answer. [[sim: {marker}]]", **settings}
    return {"nodes": [{"id": "ann", "type": "agent", "data": data}], "edges": []}


SLOWLY = agent("chunks=160 rate=8/s")
# A model that starts anew does not know that it has failed before.
RETRYING = agent(
    "status=529 times=1 key=recovered]] [[sim: text=again",
    retry={"max_attempts": 3, "initial_seconds": 15},
)


class Installation:
    """A stack's api, and the runs it was asked for."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self.over: list[str] = []
        self.in_flight: dict[str, str] = {}

    def move_to(self, http: httpx2.AsyncClient) -> None:
        """From now on they are asked about elsewhere."""
        self._http = http

    async def fill(self) -> None:
        """Runs of every kind that end; returns when they have, and Postgres shows it."""
        await asyncio.gather(
            self._end("completed", TEMPLATES, input="tea " * 20_000),
            self._end("completed", TEMPLATES, input=""),
            self._end("completed", agent("words=30 rate=0"), input="tides"),
            self._end("failed", agent("status=400"), input="no"),
            self._cancelled(),
        )
        await eventually(self._are_listed)

    async def begin(self) -> None:
        """One run waits for a person, one for its retry, one is being answered, one is delayed."""
        self.in_flight["waiting"] = await self.start(ASKING, input="tea")
        self.in_flight["retrying"] = await self.start(RETRYING, input="again")
        self.in_flight["speaking"] = await self.start(SLOWLY, input="slowly")
        await eventually(lambda: self._is(self.in_flight["waiting"], "waiting"))
        await eventually(lambda: self._step_is(self.in_flight["retrying"], "retrying"))
        await eventually(lambda: self._step_is(self.in_flight["speaking"], "running"))

    async def finish(self) -> None:
        """Decide what waits; returns when all that was in flight has completed."""
        waiting = self.in_flight["waiting"]
        decided = await self._http.post(
            f"runs/{waiting}/steps/{QUESTION}/decision", json={"decision": "approve"}
        )
        assert decided.status_code == 200, decided.text
        for run in self.in_flight.values():
            await eventually(partial(self._is, run, "completed"))

    async def start(self, flow: dict[str, Any], **fields: Any) -> str:
        """A new run's id."""
        answer = await self._http.post("runs", json={"flow": flow, **fields})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["run_id"])

    async def status(self, run: str) -> str:
        """How the run stands."""
        answer = await self._http.get(f"runs/{run}")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["status"])

    async def _end(self, status: str, flow: dict[str, Any], **fields: Any) -> None:
        run = await self.start(flow, **fields)
        await eventually(lambda: self._is(run, status))
        self.over.append(run)

    async def _cancelled(self) -> None:
        run = await self.start(SLOWLY, input="stop")
        await eventually(lambda: self._step_is(run, "running"))
        await self._http.post(f"runs/{run}/cancel")
        await eventually(lambda: self._is(run, "cancelled"))
        self.over.append(run)

    async def _is(self, run: str, status: str) -> bool:
        found = await self.status(run)
        assert found not in OVER - {status}, (run, found)
        return found == status

    async def _step_is(self, run: str, status: str) -> bool:
        steps = (await self._http.get(f"runs/{run}")).json()["steps"]
        return any(step["status"] == status for step in steps)

    async def _are_listed(self) -> bool:
        page = (await self._http.get("runs?limit=200")).json()["items"]
        ended = {run["run_id"] for run in page if run["status"] in OVER}
        return ended.issuperset(self.over)
