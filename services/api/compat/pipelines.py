"""`POST /api/pipeline/{id}/run`: a run by form or by JSON."""

from __future__ import annotations

from collections.abc import Mapping

import pydantic_core

from services.api.api import Api
from services.api.compat.bodies import PIPELINE_RUN, VARIABLES, PipelineRunBody
from services.api.http.answers import Answer, Reply, json_answer
from services.api.http.bodies import RunBody
from services.api.http.forms import MULTIPART, URLENCODED, form_fields
from services.api.http.json_body import misfit, read_json
from services.api.http.problems import (
    Refused,
    Unauthorized,
    UnsupportedMediaType,
    headers_of,
    tellable,
)
from services.api.http.requests import MIB, Request
from services.api.runs.create import INPUT_BYTES, begin
from shared.errors import NotFound

BODY_BYTES = INPUT_BYTES + MIB
WORDS: Mapping[type[Exception], str] = {
    Unauthorized: "Unauthorized",
    NotFound: "Pipeline not found",
}


async def run_pipeline(api: Api, request: Request) -> Reply:
    """200 once the log has the run."""
    pipeline = request.id("pipeline_id", "pipeline")
    raw = await request.body(BODY_BYTES)
    given = await _given(request.header(b"content-type") or "", raw)
    body = RunBody(pipeline_id=pipeline, input=given.input, variables=given.variables or {})
    claim = await begin(api, request, b"%s %s" % (pipeline.encode(), raw), body)
    return json_answer(200, {"runId": claim.run}, claim.headers)


async def require_pipeline(api: Api, request: Request) -> Reply:
    raise Refused("Pipeline ID required")


def refusal(error: Exception) -> Answer:
    """A refusal as `{error}`."""
    told = tellable(error)
    body = {"error": WORDS.get(type(told), str(told))}
    return json_answer(told.status, body, headers_of(told))


def _variables(text: str | None) -> dict[str, str] | None:
    try:
        return read_json(VARIABLES, text.encode()) if text else None
    except Refused:
        raise misfit(".variables", "a JSON object of texts", (text or "")[:60]) from None


async def _given(content_type: str, raw: bytes) -> PipelineRunBody:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return read_json(PIPELINE_RUN, raw)
    if kind not in (URLENCODED, MULTIPART):
        if raw or kind:
            expected = f"{MULTIPART}, {URLENCODED} or application/json"
            raise UnsupportedMediaType(f"expected {expected}, came {kind[:80]!r}")
        return PipelineRunBody()
    fields = await form_fields(content_type, raw)
    body = {"input": fields.get("input", ""), "variables": _variables(fields.get("variables"))}
    return read_json(PIPELINE_RUN, pydantic_core.to_json(body))
