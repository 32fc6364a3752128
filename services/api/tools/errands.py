"""`POST /tools/{id}/call`: a tool called once, by a worker, to see what comes of it."""

from __future__ import annotations

from typing import ClassVar, Literal

import uuid_utils
from pydantic import JsonValue
from pydantic_core import to_json
from starlette.requests import Request

from services.api.definitions.definition_table import Tools
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.models import Body, Shape
from services.api.http.parts import part
from services.api.http.problems import Refused
from services.api.identity.identity import workspace_of
from services.api.people.deeds import deed
from services.api.tools.calls import KEPT, TOOL, TOOL_BYTES
from shared.errors import TooLarge
from shared.flow import JSON
from shared.log import Log
from shared.log.errands import LARGEST_BYTES, LONGEST_SECONDS, Answered, NotTaken, Unanswered
from shared.tools.errands import CallErrand, CallOutcome, outcome_of

CALLS = Calls("Tools")
NOT_KNOWN = "No answer came from the worker: whether the call was carried out is not known."


class NoWorker(Refused):
    """No worker takes errands: none runs, or those that do are of an earlier version."""

    code = "no_worker"
    status = 503
    retry = True


class WorkersBusy(Refused):
    """The worker that was asked has as many errands as it may have at once."""

    code = "workers_busy"
    status = 503
    retry = True


class ToolInput(Body):
    """The arguments of the call, as a model would give them."""

    EXAMPLE: ClassVar[JSON] = {"input": {"id": "42"}}

    input: dict[str, JsonValue]


class ToolFault(Shape):
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
    error: ToolFault | None
    cut: bool
    seconds: float


@CALLS.post(
    f"{TOOL}/call",
    "Call a tool",
    answers=(Described(200, "What came of it", ToolOutcome),),
    refusals=(NoWorker, WorkersBusy),
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
    errand = CallErrand(
        workspace=workspace,
        idempotency_key=str(uuid_utils.uuid7()),
        tool=found.named_spec,
        input=to_json(body.input).decode(),
    )
    question = errand.model_dump_json().encode()
    if len(question) > LARGEST_BYTES:
        most = LARGEST_BYTES >> 10
        raise TooLarge(f"expected a tool and an input of at most {most} KiB together, got more")
    came = await part(request, Log).errands.ask(question)
    match came:
        case Answered(answer):
            return Answer(_shape(outcome_of(answer)))
        case Unanswered():
            unknown = CallOutcome(outcome="unknown", output=NOT_KNOWN, seconds=LONGEST_SECONDS)
            return Answer(_shape(unknown))
        case NotTaken("busy"):
            raise WorkersBusy("The worker that was asked is busy with such calls: try again in a moment.")
        case NotTaken():
            raise NoWorker("Tools are called by workers, and none answers: see GET /health/ready.")


def _shape(outcome: CallOutcome) -> ToolOutcome:
    return ToolOutcome.model_validate(outcome.model_dump())
