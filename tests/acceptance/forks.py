"""Runs whose agents say what they are told, how often they ask the model, and forks of them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from penstock_client import Forked, Penstock, Run

from shared.flow import JSON
from tests.stack import RunningStack
from tests.unit.flow.drawing import Drawn, drawing, edge, node


def speaker(name: str, says: str, **data: JSON) -> Drawn:
    """An agent that says this, and asks with its name so that its calls can be counted."""
    script = f"[[sim: text={says} rate=0]]"
    return node(name, "agent", instructions=f"I am {name}. {script}", **data)


def chain() -> Drawn:
    nodes = [speaker(name, f"{name}-said") for name in ("plan", "write", "check")]
    return drawing(nodes, [edge("plan", "write"), edge("write", "check")])


def branches() -> Drawn:
    ask = node("if", "condition", branches=[{"handle": "yes", "expression": "output != ''"}])
    nodes = [speaker("plan", "plan-said"), ask, speaker("left", "left-said")]
    more = [speaker("right", "right-said"), node("join", "merge"), node("out", "output")]
    ways = [edge("plan", "if"), edge("if", "left", "yes"), edge("if", "right", "else")]
    ends = [edge("left", "join"), edge("right", "join"), edge("join", "out")]
    return drawing([*nodes, *more], [*ways, *ends])


def fan() -> Drawn:
    names = [f"part{n}" for n in range(8)]
    nodes = [*(speaker(name, f"{name}-said") for name in names), node("join", "merge")]
    last = speaker("last", "last-said")
    ways = [*(edge(name, "join") for name in names), edge("join", "last")]
    return drawing([*nodes, last], ways)


class Asked:
    """Runs of one test, and how often their agents have asked the model."""

    def __init__(self, stack: RunningStack, client: Penstock) -> None:
        self.stack = stack
        self.client = client
        self.mark = uuid4().hex

    async def calls(self) -> int:
        return len(await self.stack.calls(self.mark))

    async def run(self, flow: Drawn, **more: Any) -> Run:
        """A run of the flow, over; the mark is in all that its agents are asked."""
        nodes = flow["nodes"]
        assert isinstance(nodes, list)
        marked = [self._marked(each) for each in nodes]
        drawn = {**flow, "nodes": marked}
        accepted = await self.client.runs.create(
            flow=drawn,
            input=f"about tides {self.mark}",
            wait=60,
            **more,
        )
        return await self.client.runs.get(accepted.run_id)

    def _marked(self, drawn: JSON) -> JSON:
        assert isinstance(drawn, dict)
        data = drawn["data"]
        assert isinstance(data, dict)
        if drawn["type"] != "agent":
            return drawn
        return {**drawn, "data": {**data, "instructions": f"{data['instructions']} {self.mark}"}}

    async def fork(self, run: Run, *steps: int | str, **changes: Any) -> tuple[Forked, Run, int]:
        """The fork as it was accepted, as it ended, and how often it asked the model."""
        before = await self.calls()
        told = await self.client.runs.fork(
            run.run_id,
            steps,
            wait=60,
            **changes,
        )
        return told, await self.client.runs.get(told.run_id), await self.calls() - before
