"""The flow that a run runs, as it was stored for it, with where its nodes were drawn.

What is stored of a flow is what a run can notice: positions are no part of it. So they are taken
from its pipeline as it is drawn now, and for nodes that this has no more from the version that ran.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from starlette.requests import Request

from services.api.definitions.flows import Flows
from services.api.definitions.models import HAIKU_FLOW
from services.api.definitions.pipeline_table import Pipelines
from services.api.history.run_history import RunHistory
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.models import PIPELINE_ID, RUN_ID, VERSION, FlowJson, Shape
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.http.work import AT_ONCE_BYTES, off_loop
from services.api.identity.identity import workspace_of
from services.api.runs.links import RUN
from shared.errors import Unavailable
from shared.flow import JSON
from shared.log.entries import fact_of
from shared.run import facts as f

PARENT = ("parentId", "parentNode")
DRAWN = ("position", *PARENT, "width", "height")
DEEPEST = 8

CALLS = Calls("Runs")
_Node = dict[str, JSON]


class RunFlow(Shape):
    """A flow as a run runs it: agents and tools it names and all defaults stand in it.

    `position`, `parentId` (`parentNode`), `width` and `height` of a node are those of its pipeline
    as it is drawn now, or else of the version that ran; none where the pipeline is gone.
    """

    EXAMPLE: ClassVar[JSON] = {
        "run_id": RUN_ID,
        "pipeline_id": PIPELINE_ID,
        "pipeline_version": VERSION,
        "flow": VERSION,
        "drawing": HAIKU_FLOW,
    }

    run_id: UUID
    pipeline_id: str | None
    pipeline_version: str | None
    flow: str
    drawing: FlowJson


@CALLS.get(f"{RUN}/flow", "The flow a run runs", answers=(Described(200, "The flow", RunFlow),))
async def read_run_flow(request: Request) -> Answer[RunFlow]:
    """Tells the nodes and edges that a run runs, with what each agent was set to by then.

    It never changes, whatever becomes of the pipeline; only where its nodes are drawn follows that.
    """
    run, workspace = id_of(request, "run_id", "run"), workspace_of(request)
    begun = await part(request, RunHistory).requested(workspace, run)
    asked = fact_of(begun, f.RunRequested)
    body = await part(request, Flows).body(asked.flow)
    placed = await _placed(request, asked)

    def answer() -> Answer[RunFlow]:
        flow: FlowJson = json.loads(body)
        _lay_in(flow, placed)
        return Answer(
            RunFlow.model_construct(
                run_id=UUID(run),
                pipeline_id=asked.pipeline_id,
                pipeline_version=asked.pipeline_version,
                flow=asked.flow,
                drawing=flow,
            )
        )

    return await off_loop(len(body) <= AT_ONCE_BYTES, answer)


async def _placed(request: Request, asked: f.RunRequested) -> Mapping[str, _Node]:
    """The nodes as people drew them, by id. A fork with changes has no version."""
    if asked.pipeline_id is None:
        return {}
    pipelines = part(request, Pipelines)
    try:
        pipeline = await pipelines.get(asked.workspace, asked.pipeline_id)
        if pipeline is None:
            return {}
        ran = asked.pipeline_version
        if ran is None or ran == pipeline.version:
            return _by_id(pipeline.flow)
        then = await pipelines.flow_of(asked.workspace, asked.pipeline_id, ran)
    except Unavailable:
        return {}
    return _by_id(then or {}) | _by_id(pipeline.flow)


def _lay_in(flow: FlowJson, placed: Mapping[str, _Node]) -> None:
    """Writes into each node of `flow` where the node of its id stands in `placed`."""
    nodes = _by_id(flow)
    for key, node in nodes.items():
        found = _within(nodes, placed, placed.get(key, {}))
        node.update({name: found[name] for name in DRAWN if name in found})


def _within(nodes: Mapping[str, _Node], placed: Mapping[str, _Node], node: _Node) -> _Node:
    """The node as it stands in the nearest group that is among `nodes`, or in none."""
    for _ in range(DEEPEST):
        parent = node.get("parentId") or node.get("parentNode")
        if not isinstance(parent, str) or parent in nodes:
            break
        group = placed.get(parent, {})
        node = {name: value for name, value in node.items() if name not in PARENT}
        node |= {name: group[name] for name in PARENT if name in group}
        if (at := _sum(node.get("position"), group.get("position"))) is not None:
            node["position"] = at
    return node


def _sum(place: JSON, corner: JSON) -> JSON:
    if not isinstance(place, dict) or not isinstance(corner, dict):
        return None
    pairs = [(place.get(axis), corner.get(axis)) for axis in "xy"]
    sums = [a + b for a, b in pairs if isinstance(a, int | float) and isinstance(b, int | float)]
    return {"x": sums[0], "y": sums[1]} if len(sums) == len(pairs) else None


def _by_id(flow: Mapping[str, JSON]) -> dict[str, _Node]:
    return {str(node.get("id")): node for node in _nodes(flow)}


def _nodes(flow: Mapping[str, JSON]) -> list[_Node]:
    nodes = flow.get("nodes")
    return [node for node in nodes if isinstance(node, dict)] if isinstance(nodes, list) else []
