"""The flow that a run runs, as it was stored for it, with where its nodes were drawn.

What is stored of a flow is what a run can notice: positions are no part of it. So they are taken
from the version of the pipeline that the run is of, as far as that is still there.
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

DRAWN = ("position", "parentId", "width", "height")

CALLS = Calls("Runs")


class RunFlow(Shape):
    """A flow as a run runs it: agents and tools it names and all defaults stand in it.

    `position`, `parentId`, `width` and `height` of a node are those of the pipeline's version,
    where the run is of a pipeline that still has such a node.
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

    It never changes, whatever becomes of the pipeline; only where its nodes are drawn may be lost.
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


async def _placed(request: Request, asked: f.RunRequested) -> Mapping[str, JSON]:
    """The flow as people drew it, empty where nobody knows. A fork with changes has no version."""
    if asked.pipeline_id is None:
        return {}
    pipelines = part(request, Pipelines)
    try:
        if (version := asked.pipeline_version) is not None:
            return await pipelines.flow_of(asked.workspace, asked.pipeline_id, version) or {}
        pipeline = await pipelines.get(asked.workspace, asked.pipeline_id)
    except Unavailable:
        return {}
    return pipeline.flow if pipeline else {}


def _lay_in(flow: FlowJson, placed: Mapping[str, JSON]) -> None:
    """Writes into each node of `flow` where the node of its id stands in `placed`."""
    places = {str(node.get("id")): node for node in _nodes(placed)}
    for node in _nodes(flow):
        found = places.get(str(node.get("id")), {})
        node.update({key: found[key] for key in DRAWN if key in found})


def _nodes(flow: Mapping[str, JSON]) -> list[dict[str, JSON]]:
    nodes = flow.get("nodes")
    return [node for node in nodes if isinstance(node, dict)] if isinstance(nodes, list) else []
