"""Runs read: one, many, their steps, their texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import get_args

from pydantic import TypeAdapter, ValidationError

from services.api.api import Api
from services.api.definitions.handlers import page_limit
from services.api.http.answers import Answer, Reply, json_answer, text_answer
from services.api.http.bodies import moment_of
from services.api.http.pages import Cursor, cursor_of, cursor_text
from services.api.http.problems import BadParameter, RangeNotSatisfiable
from services.api.http.requests import Request, canonical_id
from services.api.runs.create import events_url
from services.api.runs.views import (
    RunRead,
    carriers_of,
    read_run,
    run_view,
    step_detail,
    step_output,
    step_view,
    text_of,
)
from shared.errors import NotFound
from shared.flow import Flow, Step
from shared.ledger.runs import Run, Wanted
from shared.run import RunStatus
from shared.run import facts as f
from shared.run.content import ContentRef, Usage

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_SHA256 = re.compile(r"[0-9a-f]{64}")
STATUS: TypeAdapter[RunStatus] = TypeAdapter(RunStatus)


async def read_one(api: Api, request: Request) -> Reply:
    run = request.id("run_id", "run")
    view = await run_view(api, request.workspace, run, events_url(api, request, run))
    return json_answer(200, view)


async def list_runs(api: Api, request: Request) -> Reply:
    rows, cursor = await run_page(api, request, wanted_runs(request, request.workspace))
    items = [listed(run, usage) for run, usage in rows]
    return json_answer(200, {"items": items, "next_cursor": cursor})


def wanted_runs(request: Request, workspace: str | None) -> Wanted:
    """Which runs the query asks for. Raises: BadParameter."""
    return Wanted(
        workspace=workspace,
        status=_status(request.query.get("status")),
        pipeline_id=_id(request.query.get("pipeline_id")),
        created_after=_moment(request.query.get("created_after")),
    )


async def run_page(
    api: Api, request: Request, wanted: Wanted
) -> tuple[Sequence[tuple[Run, Usage]], str | None]:
    """The page of runs that is asked for, and the cursor to the next. Raises: BadParameter."""
    limit = page_limit(request)
    rows = await api.records.list(wanted, cursor_of(request.query.get("cursor")), limit + 1)
    last = rows[limit - 1][0] if len(rows) > limit else None
    cursor = cursor_text(Cursor(last.created_at, last.run)) if last else None
    return rows[:limit], cursor


async def list_steps(api: Api, request: Request) -> Reply:
    read = await _read(api, request)
    limit = request.number("limit", default=200, least=1, most=1000)
    start = request.number("cursor", default=0, least=0, most=1_000_000)
    node = request.query.get("node")
    steps = [s for s in read.flow.steps[start:] if node is None or s.node == node]
    items = [
        {**step_view(read, step), "output": await step_output(api, read, step.number)}
        for step in steps[:limit]
    ]
    cursor = str(steps[limit].number) if len(steps) > limit else None
    return json_answer(200, {"items": items, "next_cursor": cursor})


async def read_step(api: Api, request: Request) -> Reply:
    read = await _read(api, request)
    return json_answer(200, await step_detail(api, read, step_of(read.flow, request)))


async def read_step_output(api: Api, request: Request) -> Reply:
    read = await _read(api, request)
    step = step_of(read.flow, request)
    refs = carriers_of(read, step.number)
    if refs is None:
        raise NotFound(f"Step {step.number} has no output: expected a completed step.")
    return _ranged(request, await text_of(api, read, refs))


async def read_run_output(api: Api, request: Request) -> Reply:
    read = await _read(api, request)
    ended = read.state.ended
    if not isinstance(ended, f.RunCompleted):
        raise NotFound("The run has no output: expected a completed run.")
    refs = [ContentRef(step=r.step, attempt=r.attempt) for r in ended.result]
    return _ranged(request, await text_of(api, read, refs))


async def read_blob(api: Api, request: Request) -> Reply:
    run = request.id("run_id", "run")
    sha256 = request.params["sha256"]
    if not _SHA256.fullmatch(sha256):
        raise NotFound("There is no such body: expected a SHA-256 in 64 hex digits.")
    return _ranged(request, (await api.records.blob(request.workspace, run, sha256)).decode())


async def _read(api: Api, request: Request) -> RunRead:
    return await read_run(api, request.workspace, request.id("run_id", "run"))


def step_of(flow: Flow, request: Request) -> Step:
    """The step whose number is in the path. Raises: NotFound."""
    text = request.params["n"]
    if text.isascii() and text.isdigit() and len(text) < 8 and int(text) < len(flow.steps):
        return flow.steps[int(text)]
    raise NotFound(f"expected a step from 0 to {len(flow.steps) - 1}, came {text[:40]!r}")


def listed(run: Run, usage: Usage) -> dict[str, object]:
    """The run as lists show it."""
    return {
        "run_id": run.run,
        "status": run.status,
        "pipeline_id": run.pipeline_id,
        "pipeline_version": run.pipeline_version,
        "pipeline_name": run.pipeline_name,
        "flow": run.flow,
        "input_preview": run.input_preview,
        "input_size_bytes": run.input_size_bytes,
        "error": run.error,
        "usage": usage,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "cancel_requested_at": run.cancel_requested_at,
        "finished_at": run.finished_at,
        "metadata": run.metadata,
        "forked_from": run.forked_from,
    }


def _status(text: str | None) -> RunStatus | None:
    if text is None:
        return None
    try:
        return STATUS.validate_python(text)
    except ValidationError:
        known = ", ".join(get_args(RunStatus))
        raise BadParameter(f"expected status to be one of {known}; came {text[:40]!r}") from None


def _id(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return canonical_id(text, "pipeline")
    except NotFound:
        raise BadParameter(
            f"expected pipeline_id to be the id of a pipeline, came {text[:40]!r}"
        ) from None


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return moment_of(text)
    except ValueError as error:
        raise BadParameter(f"created_after: {error}; came {text[:40]!r}") from None


def _ranged(request: Request, text: str) -> Answer:
    """The text, or the bytes of it the request's Range names. Source: RFC 9110, 14.2."""
    asked = _RANGE.fullmatch(request.header(b"range") or "")
    answer = text_answer(200, text, [(b"accept-ranges", b"bytes")])
    if asked is None or asked[0] == "bytes=-":
        return answer
    size = len(answer.body)
    if asked[1]:
        first, last = int(asked[1]), min(int(asked[2] or size - 1), size - 1)
    else:
        first, last = max(size - int(asked[2]), 0), size - 1
    if first > last:
        raise RangeNotSatisfiable(f"expected a range within {size} bytes, came {asked[0]}", size)
    answer.status, answer.body = 206, answer.body[first : last + 1]
    answer.headers.append((b"content-range", b"bytes %d-%d/%d" % (first, last, size)))
    return answer
