"""`POST /api/pipeline/{id}/run`: a run by form or by JSON."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.api.compat.forms import MULTIPART, URLENCODED, form_fields
from services.api.compat.models import Begun, PipelineRunBody, PipelineRunForm, Refusal
from services.api.http.answers import JSON_TYPE, Answer
from services.api.http.bodies import (
    MIB,
    misfit,
    read_body,
    read_json_aside,
    refuse_unfit,
)
from services.api.http.calls import Calls, Described, Refusing
from services.api.http.headers import require_media_type
from services.api.http.parameters import id_of
from services.api.http.problems import (
    NotForm,
    Refused,
    Unauthorized,
    UnsupportedMediaType,
    headers_of,
    tellable,
)
from services.api.http.work import AT_ONCE_BYTES, in_utf8, off_loop
from services.api.runs.create import STARTING, Asked, IdempotencyKey, begin
from services.api.runs.models import RunBody
from shared.errors import NotFound
from shared.flow.json_value import shown
from shared.run.texts import LARGEST_BYTES

BODY_BYTES = LARGEST_BYTES + MIB
WORDS: Mapping[type[Exception], str] = {
    Unauthorized: "Unauthorized",
    NotFound: "Pipeline not found",
}
KINDS = (MULTIPART, URLENCODED, JSON_TYPE)
PIPELINE_RUN = TypeAdapter(PipelineRunBody)
VARIABLES: TypeAdapter[dict[str, str] | None] = TypeAdapter(dict[str, str] | None)

CALLS = Calls("Aliases")


def refusal(error: Exception) -> Response:
    """A refusal as `{error}`."""
    told = tellable(error)
    body = {"error": WORDS.get(type(told), str(told))}
    return JSONResponse(body, told.status, headers_of(told))


BY_ERROR = Refusing(refusal, JSON_TYPE, Refusal)


@CALLS.post(
    "/api/pipeline/{pipeline_id}/run",
    "Start a run of a pipeline",
    answers=(Described(200, "The log has it", Begun),),
    refusals=(*STARTING, NotForm),
    refusing=BY_ERROR,
    reads=PipelineRunBody,
    forms=(MULTIPART, URLENCODED),
    form=PipelineRunForm,
)
async def run_pipeline(request: Request, headers: IdempotencyKey) -> Answer[Begun]:
    """Starts a run by a form, as a browser sends it, or by JSON; 200 once the log has it."""
    pipeline = id_of(request, "pipeline_id", "pipeline")
    kind = require_media_type(request, KINDS)
    raw = await read_body(request, BODY_BYTES)
    given = await _given(request, kind, raw)
    body = RunBody(pipeline_id=pipeline, input=given.input, variables=given.variables or {})
    # Without a key of the model's provider it is no refusal here: the run fails, and says so.
    whole = b"%s %s" % (pipeline.encode(), raw)
    claim = await begin(request, Asked(body, whole, headers.key, may_fail=True))
    return Answer(Begun.model_validate({"runId": claim.run}), headers=claim.headers)


@CALLS.post(
    "/api/pipeline//run", "Refused: no pipeline is named", refusing=BY_ERROR, described=False
)
async def require_pipeline(request: Request) -> Response:
    """Says what is missing."""
    raise Refused("Pipeline ID required")


async def _variables(text: str | None) -> dict[str, str] | None:
    try:
        return await read_json_aside(VARIABLES, text.encode()) if text else None
    except Refused:
        raise misfit(".variables", "a JSON object of texts", shown(text)) from None


async def _given(request: Request, kind: str, raw: bytes) -> PipelineRunBody:
    if kind == JSON_TYPE:
        return await read_json_aside(PIPELINE_RUN, raw)
    if not kind:
        if raw:
            raise UnsupportedMediaType(f"expected content type {' or '.join(KINDS)}, came none")
        return PipelineRunBody()
    fields = await form_fields(request.headers["content-type"], raw)
    variables = await _variables(fields.get("variables"))
    text = fields.get("input", "")
    whole = await off_loop(len(text) <= AT_ONCE_BYTES, lambda: _in_utf8(text))
    return PipelineRunBody(input=whole, variables=variables)


def _in_utf8(text: str) -> bytes:
    refuse_unfit(text, ".input")
    return in_utf8(text)
