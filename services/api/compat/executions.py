"""`/api/v1/execution/*` and `/admin/executions`: runs called executions."""

from __future__ import annotations

from collections.abc import Mapping

import pydantic_core
from pydantic import JsonValue

from services.api.api import Api
from services.api.compat.bodies import EXECUTION, STOP, ExecutionBody
from services.api.http.answers import Reply, json_answer
from services.api.http.bodies import RunBody
from services.api.http.json_body import misfit, read_json, refuse_unfit
from services.api.http.problems import BadParameter
from services.api.http.requests import Request, canonical_id
from services.api.runs.cancel import record_cancel
from services.api.runs.create import BODY_BYTES, begin
from services.api.runs.read import run_page, wanted_runs
from services.api.runs.views import RunRead, read_run, step_output
from shared.flow import Step
from shared.ledger.runs import Run
from shared.run import facts as f
from shared.run import status_of, step_status_of
from shared.run.content import Usage


async def start_execution(api: Api, request: Request) -> Reply:
    """200 once the log has the run."""
    raw = await request.json_body(BODY_BYTES)
    body = read_json(EXECUTION, raw)
    text, variables = _input_of(body.inputs)
    asked = RunBody(pipeline_id=_pipeline_of(body), input=text, variables=variables)
    claim = await begin(api, request, raw, asked)
    return json_answer(200, {"execution_id": claim.run, "status": "pending"}, claim.headers)


async def stop_execution(api: Api, request: Request) -> Reply:
    """200 once the log has the wish; 409 for an execution that is over."""
    body = read_json(STOP, await request.json_body())
    run = canonical_id(body.execution_id, "execution")
    await record_cancel(api, request, request.workspace, run, body.reason)
    return json_answer(200, {"execution_id": run, "status": "cancelling"})


async def execution_status(api: Api, request: Request) -> Reply:
    """How the execution and each of its steps stand; never behind what was told before."""
    text = request.query.get("execution_id")
    if not text:
        raise BadParameter("expected ?execution_id=, came none")
    run = canonical_id(text, "execution")
    read = await read_run(api, request.workspace, run)
    recorded = read.recorded
    return json_answer(
        200,
        {
            "execution_id": run,
            "workflow_template_id": read.requested.pipeline_id,
            "status": status_of(read.state),
            "error": _error_of(read),
            "created_at": recorded[0].time,
            "updated_at": recorded[-1].time,
            "completed_at": recorded[-1].time if read.state.ended else None,
            "steps": [await _step(api, read, step) for step in read.flow.steps],
        },
    )


async def list_executions(api: Api, request: Request) -> Reply:
    """The runs of all workspaces, newest first."""
    rows, cursor = await run_page(api, request, wanted_runs(request, None))
    items = [_listed(run, usage) for run, usage in rows]
    return json_answer(200, {"executions": items, "next_cursor": cursor})


async def cancel_execution(api: Api, request: Request) -> Reply:
    """200 once the log has the wish, whosever run it is; 409 for one that is over."""
    run = request.id("id", "execution")
    workspace = await api.records.workspace_of(run)
    await record_cancel(api, request, workspace, run, None)
    return json_answer(200, {"execution_id": run, "status": "cancelling"})


def _pipeline_of(body: ExecutionBody) -> str:
    named = [key for key in (body.pipeline_id, body.workflow_template_id) if key is not None]
    if len(named) != 1:
        came = "both" if named else "neither"
        raise misfit("", "exactly one of pipeline_id and workflow_template_id", came)
    return named[0]


def _input_of(
    inputs: str | Mapping[str, JsonValue] | None,
) -> tuple[str, dict[str, str]]:
    if inputs is None or isinstance(inputs, str):
        return inputs or "", {}
    refuse_unfit(dict(inputs), ".inputs")
    texts = {
        name: value if isinstance(value, str) else pydantic_core.to_json(value).decode()
        for name, value in inputs.items()
    }
    return texts.pop("input", ""), texts


async def _step(api: Api, read: RunRead, step: Step) -> dict[str, object]:
    attempts = read.attempts.get(step.number, [])
    last = attempts[-1] if attempts else None
    sources = dict.fromkeys(edge.source for edge in step.inputs)
    received = [n for n in sources if read.state.step(n).output is not None]
    return {
        "step": step.number,
        "step_template_id": step.node,
        "status": step_status_of(read.state, step.number),
        "required_inputs": len(sources),
        "received_inputs": [_source(read, number) for number in received],
        "outputs": await step_output(api, read, step.number),
        "attempt_count": len(attempts),
        "error": last.error.message if last and last.error else None,
        "created_at": attempts[0].ready_at if attempts else None,
        "completed_at": last.finished_at if last else None,
    }


def _source(read: RunRead, number: int) -> dict[str, object]:
    return {"from_step": number, "step_template_id": read.flow.steps[number].node}


def _error_of(read: RunRead) -> str | None:
    return read.state.ended.error.message if isinstance(read.state.ended, f.RunFailed) else None


def _listed(run: Run, usage: Usage) -> dict[str, object]:
    return {
        "execution_id": run.run,
        "workspace_id": run.workspace,
        "workflow_template_id": run.pipeline_id,
        "name": run.pipeline_name,
        "status": run.status,
        "error": run.error,
        "usage": usage,
        "created_at": run.created_at,
        "completed_at": run.finished_at,
    }
