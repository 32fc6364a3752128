"""A client that starts one run and follows it to its end, however many steps it has."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from bench.connection import Api
from bench.faults import SHOWN_FAULTS
from bench.flow import run_body
from bench.follow import FRAME, Ear
from bench.graph import Graph


@dataclass(frozen=True, kw_only=True)
class TraversePlan:
    """The pipeline to run, and how long its run may take."""

    api: Api
    pipeline_id: str
    within_seconds: float


class Completed(NamedTuple):
    """A step that completed: its node and what it wrote."""

    node: str
    output: str


@dataclass(frozen=True, kw_only=True)
class Traversed:
    """Seconds from sending the POST to having the terminal event; the steps in the order told."""

    seconds: float
    ended_as: str
    completed: list[Completed]


async def traverse(plan: TraversePlan) -> Traversed:
    """Posts, and reads the run's events until they end. Raises: Unavailable."""
    ear = Ear()
    posting, reading = await plan.api.connect(), await plan.api.connect()
    try:
        began = time.perf_counter()
        request = plan.api.post("/api/v1/runs", run_body(plan.pipeline_id, ""))
        run = (await posting.ask(request)).json(202)["run_id"]
        events = plan.api.get(f"/api/v1/runs/{run}/events")
        await reading.ask(events, ear.hear, within_seconds=plan.within_seconds)
    finally:
        posting.close()
        reading.close()
    kinds = [(kind, data) for _, kind, data in FRAME.findall(ear.stream.decode())]
    steps = [json.loads(data) for kind, data in kinds if kind == "step.completed"]
    return Traversed(
        seconds=ear.heard_at - began,
        ended_as=next((kind for kind, _ in reversed(kinds) if kind != "end"), "nothing"),
        completed=[Completed(step["node"], step["output"]) for step in steps],
    )


def faults_of(traversed: Traversed, graph: Graph) -> list[str]:
    """What is wrong with a run of templates that write their own ids, the first few of it."""
    place = {each.node: at for at, each in enumerate(traversed.completed)}
    wrong = (f"{node} wrote {output!r}" for node, output in traversed.completed if node != output)
    early = (
        f"{target} completed before {source}"
        for source, target in graph.edges
        if place.get(target, 0) <= place.get(source, len(place))
    )
    faults = [*islice(wrong, SHOWN_FAULTS), *islice(early, SHOWN_FAULTS)]
    told, wanted = len(traversed.completed), len(graph.nodes)
    if (told, len(place)) != (wanted, wanted):
        faults.append(f"{told} steps completed, {len(place)} different ones, expected {wanted}")
    if traversed.ended_as != "run.completed":
        faults.append(f"the run ended with {traversed.ended_as}")
    return faults
