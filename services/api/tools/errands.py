"""`POST /tools/{id}/call`: a tool called once, by a worker, to see what comes of it."""

from __future__ import annotations

from typing import ClassVar, Literal

import uuid_utils
from pydantic import Field, JsonValue
from pydantic_core import to_json
from starlette.requests import Request

from services.api.definitions.definition_table import Definition, Tools
from services.api.http.answers import Answer
from services.api.http.bodies import misfit
from services.api.http.calls import Calls, Described
from services.api.http.models import Body, Name, Shape
from services.api.http.parts import part
from services.api.identity.identity import workspace_of
from services.api.people.deeds import deed
from services.api.tools.asking import REFUSALS, ask_worker
from services.api.tools.calls import KEPT, TOOL, TOOL_BYTES
from shared.flow import JSON
from shared.flow.json_value import quoted
from shared.log.errands import LONGEST_SECONDS
from shared.tools.errands import CallErrand, CallOutcome, outcome_of
from shared.tools.offered import Offered, offered_by

CALLS = Calls("Tools")
NOT_KNOWN = "No answer came from the worker: whether the call was carried out is not known."


class ToolInput(Body):
    """The arguments of the call, as a model would give them."""

    EXAMPLE: ClassVar[JSON] = {"input": {"id": "42"}}

    input: dict[str, JsonValue]
    tool: Name | None = Field(
        None, description="which, as models call it: for kinds that offer several"
    )


class OutcomeFault(Shape):
    """Why a call failed: a stable code, and a sentence."""

    code: str
    message: str


class ToolOutcome(Shape):
    """What a call of a tool ended in; `output` is what a model would be told.

    `unknown`: no answer came in time, and it may have been carried out or not. `cut`: there was
    more of the output than is told.
    """

    EXAMPLE: ClassVar[JSON] = {
        "outcome": "ok",
        "output": '{"name":"A kettle"}',
        "error": None,
        "cut": False,
        "seconds": 0.184,
    }

    outcome: Literal["ok", "error", "unknown"]
    output: str
    error: OutcomeFault | None
    cut: bool
    seconds: float


@CALLS.post(
    f"{TOOL}/call",
    "Call a tool",
    answers=(Described(200, "What came of it", ToolOutcome),),
    refusals=REFUSALS,
    most_bytes=TOOL_BYTES,
)
async def call_tool(request: Request, body: ToolInput) -> Answer[ToolOutcome]:
    """Has a worker call the tool once with these arguments, and tells what came of it.

    It is a call like those of models: with the secrets of the workspace, within the tool's
    time-out and a minute, of the output up to 128 KiB. It belongs to no run, and is in the audit.
    A call that fails is an outcome too; the status is 200.
    """
    workspace, found = workspace_of(request), await KEPT.found(request)
    await part(request, Tools).note(workspace, found.id, deed(request, "tool.called"))
    offered = _offered(found, body.tool)
    errand = CallErrand(
        workspace=workspace,
        idempotency_key=str(uuid_utils.uuid7()),
        tool=offered.tool.model_dump(mode="json", exclude_unset=True),
        input=to_json(body.input).decode(),
    )
    answer = await ask_worker(request, errand)
    if answer is None:
        unknown = CallOutcome(outcome="unknown", output=NOT_KNOWN, seconds=LONGEST_SECONDS)
        return Answer(_shape(unknown))
    return Answer(_shape(outcome_of(answer)))


def _offered(found: Definition, wanted: str | None) -> Offered:
    """What is to be called of the tool. Raises: InvalidRequest."""
    offers = [*offered_by((found.named_spec,), is_saved=True)]
    if wanted is None and len(offers) == 1:
        return offers[0]
    for each in offers:
        if each.name == wanted:
            return each
    names = " or ".join(each.name for each in offers)
    raise misfit(".tool", names, "nothing" if wanted is None else quoted(wanted))


def _shape(outcome: CallOutcome) -> ToolOutcome:
    return ToolOutcome.model_validate(outcome.model_dump())
