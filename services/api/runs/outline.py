"""The outline of a run: what it is of, its steps by name, and which comes after which."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from starlette.requests import Request

from services.api.definitions.flows import Flows
from services.api.history.run_history import RunHistory
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.models import PIPELINE_ID, RUN_ID, VERSION, Shape
from services.api.http.parameters import Ticketed, id_of
from services.api.http.parts import part
from services.api.http.work import off_loop
from services.api.identity.identity import workspace_of
from services.api.runs.links import RUN
from shared.flow import JSON, Flow, Step
from shared.log.entries import fact_of
from shared.run import facts as f

AT_ONCE_STEPS = 200

CALLS = Calls("Runs")


class Comes(Shape):
    """A step that another comes after, and by which of its branches."""

    step: int
    branch: str | None


class OutlinedStep(Shape):
    """A step by name; `after` are those it takes texts from."""

    step: int
    node: str
    kind: str
    label: str | None
    after: list[Comes]


class Outline(Shape):
    """What a run is of. `results` are the steps whose outputs are its result."""

    EXAMPLE: ClassVar[JSON] = {
        "run_id": RUN_ID,
        "pipeline_id": PIPELINE_ID,
        "pipeline_name": "Haiku",
        "flow": VERSION,
        "steps": [
            {"step": 0, "node": "topic", "kind": "input", "label": None, "after": []},
            {
                "step": 1,
                "node": "poet",
                "kind": "agent",
                "label": "Poet",
                "after": [{"step": 0, "branch": None}],
            },
        ],
        "results": [1],
    }

    run_id: UUID
    pipeline_id: str | None
    pipeline_name: str | None
    flow: str
    steps: list[OutlinedStep]
    results: list[int]


@CALLS.get(
    f"{RUN}/outline",
    "The steps a run has, and their order",
    answers=(Described(200, "The outline", Outline),),
    access="ticket",
)
async def read_outline(request: Request, query: Ticketed) -> Answer[Outline]:
    """Tells what a run is of: the names of pipeline and steps, and which step comes after which.

    It has every step, also those still to come, and never changes.
    """
    run = id_of(request, "run_id", "run")
    begun = await part(request, RunHistory).requested(workspace_of(request), run)
    requested = fact_of(begun, f.RunRequested)
    flow = await part(request, Flows).version(requested.flow)
    is_small = len(flow.steps) <= AT_ONCE_STEPS
    return await off_loop(is_small, lambda: Answer(_outline(requested, flow)))


def _outline(requested: f.RunRequested, flow: Flow) -> Outline:
    return Outline(
        run_id=UUID(requested.run),
        pipeline_id=requested.pipeline_id,
        pipeline_name=requested.pipeline_name,
        flow=requested.flow,
        steps=[_outlined(step) for step in flow.steps],
        results=list(requested.until_steps or flow.sinks),
    )


def _outlined(step: Step) -> OutlinedStep:
    return OutlinedStep(
        step=step.number,
        node=step.node,
        kind=step.kind,
        label=step.label,
        after=[Comes(step=edge.source, branch=edge.handle) for edge in step.inputs],
    )
