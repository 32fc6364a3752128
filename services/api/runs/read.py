"""Runs read: one, its steps, its texts."""

from __future__ import annotations

import re

from pydantic import Field
from starlette.requests import Request

from services.api.history.run_history import RunHistory
from services.api.http.answers import Answer, Reply
from services.api.http.calls import Calls, Described
from services.api.http.headers import Ranged, ranged
from services.api.http.parameters import Query, Ticketed, WholeNumber, id_of
from services.api.http.parts import part
from services.api.http.problems import RangeNotSatisfiable
from services.api.http.work import off_loop
from services.api.identity.identity import workspace_of
from services.api.runs.links import RUN, events_url
from services.api.runs.models import RunShape, RunUsage
from services.api.runs.reading import RunRead, RunReader, result_refs
from services.api.runs.step_models import StepDetail, StepPage
from services.api.runs.views import run_shape, run_usage, step_detail, step_with_output
from services.api.runs.wait_model import RunWaits
from services.api.runs.waiting_for import ServedPools, waiting_for
from shared.errors import NotFound
from shared.flow import Flow, Step
from shared.run import facts as f

TEXT = "text/plain"
IN_PARTS = (
    Described(200, "The whole text", media_type=TEXT, headers=("Accept-Ranges",)),
    Described(206, "The bytes asked for", media_type=TEXT, headers=("Content-Range",)),
)
MOST_STEPS = 1000
AT_ONCE_STEPS = 200
_SHA256 = re.compile(r"[0-9a-f]{64}")

CALLS = Calls("Runs")


class StepRows(Query):
    """Which steps of a run, in the order of their numbers."""

    node: str | None = Field(None, description="only the step of this node")
    cursor: WholeNumber = Field(
        0,
        ge=0,
        le=1_000_000,
        description="`next_cursor` of the page before: the number of a step",
    )
    limit: WholeNumber = Field(200, ge=1, le=MOST_STEPS, description="entries a page")


@CALLS.get(RUN, "A run with its steps", answers=(Described(200, "The run", RunShape),))
async def read_run(request: Request) -> Answer[RunShape]:
    """Tells how a run stands: status, texts, usage, times, and every step.

    It is never behind what a reader of its events was told. Texts over 64 KiB are told as where to
    read them.
    """
    read = await _read(request)
    await part(request, RunReader).show_result(read)
    url = events_url(request, read.requested.run)
    served = part(request, ServedPools).names()
    return await off_loop(read.is_short, lambda: Answer(run_shape(read, url, served)))


@CALLS.get(
    f"{RUN}/usage",
    "What a run used and costs",
    answers=(Described(200, "Tokens and dollars", RunUsage),),
    access="ticket",
)
async def read_run_usage(request: Request, query: Ticketed) -> Answer[RunUsage]:
    """Tells the tokens a run and its steps used so far, and what they cost by dated prices."""
    read = await _read(request)
    return await off_loop(read.is_short, lambda: Answer(run_usage(read)))


@CALLS.get(
    f"{RUN}/waiting-for",
    "What a run waits for",
    answers=(Described(200, "What it waits for, if nothing of it is under way", RunWaits),),
    access="ticket",
)
async def read_run_waits(request: Request, query: Ticketed) -> Answer[RunWaits]:
    """Tells in one sentence why nothing of a run is under way: a person, a worker, a limit, a time.

    It is what the run itself says by `waiting_for`, for a page that asks while nothing moves.
    """
    read = await _read(request)
    served = part(request, ServedPools).names()
    found = await off_loop(read.is_short, lambda: waiting_for(read, served))
    return Answer(RunWaits(waiting_for=found))


@CALLS.get(
    f"{RUN}/output",
    "The result of a run as text",
    answers=IN_PARTS,
    refusals=(RangeNotSatisfiable,),
)
async def read_run_output(request: Request, headers: Ranged) -> Reply:
    """Tells the whole result of a completed run, or the bytes of it that `Range` names."""
    read = await _read(request)
    ended = read.state.ended
    if not isinstance(ended, f.RunCompleted):
        raise NotFound("The run has no output: expected a completed run.")
    text = await part(request, RunReader).text_of(read, result_refs(ended.result))
    return ranged(headers.range, text)


@CALLS.get(f"{RUN}/steps", "The steps of a run", answers=(Described(200, "A page", StepPage),))
async def list_steps(request: Request, query: StepRows) -> Answer[StepPage]:
    """Tells the steps of a run with their outputs, in the order of their numbers."""
    read = await _read(request)
    rest = read.flow.steps[query.cursor :]
    steps = [s for s in rest if query.node is None or s.node == query.node]
    cursor = str(steps[query.limit].number) if len(steps) > query.limit else None
    page = steps[: query.limit]
    await part(request, RunReader).show_kept(read, (step.number for step in page))

    def answer() -> Answer[StepPage]:
        items = [step_with_output(read, step) for step in page]
        return Answer(StepPage(items=items, next_cursor=cursor))

    return await off_loop(len(page) <= AT_ONCE_STEPS, answer)


@CALLS.get(f"{RUN}/steps/{{n}}", "One step", answers=(Described(200, "The step", StepDetail),))
async def read_step(request: Request) -> Answer[StepDetail]:
    """Tells what a step waits for, what it was given, what it put out, and every attempt at it."""
    read = await _read(request)
    step = step_of(read.flow, request.path_params["n"])
    await part(request, RunReader).show_kept(read, [step.number])
    return await off_loop(read.is_short, lambda: Answer(step_detail(read, step)))


@CALLS.get(
    f"{RUN}/steps/{{n}}/output",
    "The output of a step as text",
    answers=IN_PARTS,
    refusals=(RangeNotSatisfiable,),
)
async def read_step_output(request: Request, headers: Ranged) -> Reply:
    """Tells the whole output of a completed step, or the bytes of it that `Range` names."""
    read = await _read(request)
    step = step_of(read.flow, request.path_params["n"])
    refs = read.carriers_of(step.number)
    if refs is None:
        raise NotFound(f"Step {step.number} has no output: expected a completed step.")
    return ranged(headers.range, await part(request, RunReader).text_of(read, refs))


@CALLS.get(
    f"{RUN}/blobs/{{sha256}}",
    "A large body of a run",
    answers=IN_PARTS,
    refusals=(RangeNotSatisfiable,),
    access="ticket",
)
async def read_blob(request: Request, query: Ticketed, headers: Ranged) -> Reply:
    """Tells a body over 64 KiB that a fact of the run names, by the hash it is named by."""
    run, sha256 = id_of(request, "run_id", "run"), request.path_params["sha256"]
    if not _SHA256.fullmatch(sha256):
        raise NotFound("There is no such body: expected a SHA-256 in 64 hex digits.")
    body = await part(request, RunHistory).blob(workspace_of(request), run, sha256)
    return ranged(headers.range, [body])


def step_of(flow: Flow, text: str) -> Step:
    """The step of this number, as it stands in a path. Raises: NotFound."""
    if text.isascii() and text.isdigit() and len(text) < 8 and int(text) < len(flow.steps):
        return flow.steps[int(text)]
    raise NotFound(f"expected a step from 0 to {len(flow.steps) - 1}, came {text[:40]!r}")


async def _read(request: Request) -> RunRead:
    run = id_of(request, "run_id", "run")
    return await part(request, RunReader).read(workspace_of(request), run)
