"""`POST /runs`: from a body to a fact the log has acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pydantic_core
import uuid_utils

from services.api.api import Api
from services.api.definitions.flows import FLOW_BYTES, Runnable
from services.api.http.answers import JSON_TYPE, Answer, Reply, json_answer
from services.api.http.bodies import RUN, RunBody
from services.api.http.json_body import misfit, read_json, refuse_unfit
from services.api.http.problems import BadParameter, MissingVariables
from services.api.http.requests import MIB, Request, canonical_id
from services.api.runs.claims import Claim, claimed
from services.api.runs.views import run_view
from shared.errors import TooLarge
from shared.flow import JSON
from shared.log.subjects import partition_of
from shared.run.content import Blob, Content, Limits
from shared.run.facts import RunRequested
from shared.runtime.metrics import counter

INPUT_BYTES = 64 * MIB
BODY_BYTES = INPUT_BYTES + FLOW_BYTES + MIB
FIELD_BYTES = 64 << 10
INLINE_BYTES = 64 << 10
LONGEST_WAIT_SECONDS = 300.0
LONGEST_DELAY = timedelta(days=30)

ACCEPTED = counter("runs_accepted_total", "Runs the log acknowledged.")


async def create_run(api: Api, request: Request) -> Reply:
    """202 once the log has the run; with `?wait` 200 with the run if it ends in time."""
    wait = wait_seconds(request)
    raw = await request.json_body(BODY_BYTES)
    claim = await begin(api, request, raw, read_json(RUN, raw))
    url = events_url(api, request, claim.run)
    if wait and await has_ended(api, request.workspace, claim.run, wait):
        view = await run_view(api, request.workspace, claim.run, url)
        return json_answer(200, view, claim.headers)
    return _accepted(claim, url)


async def begin(api: Api, request: Request, raw: bytes, body: RunBody) -> Claim:
    """The run that is asked for, once the log has it; `raw` is what its key stands for.

    Raises: NotFound, InvalidRequest, InvalidFlow, MissingVariables, TooLarge, KeyReused,
        BadParameter, LogNearlyFull, Unavailable.
    """
    refuse_unfit(body.metadata, ".metadata")
    _refuse_large_fields(body)
    runnable = await _runnable(api, request.workspace, body)
    _require_variables(runnable, body.variables)
    api.capacity.require_room()
    run = str(uuid_utils.uuid7())
    claim = Claim(run, partition_of(run, api.partitions))
    if (key := request.header(b"idempotency-key")) is not None:
        claim = await claimed(api.log, request.workspace, key, raw, claim)
    if not claim.replayed or not await api.records.is_known(request.workspace, claim.run):
        # Not earlier: a start that is sent again after its time is a replay, not a mistake.
        _require_future(body)
        await api.flows.store(runnable)
        await api.log.append(await _requested(api, request, claim, body, runnable))
        api.records.remember(claim.run)
        ACCEPTED.inc()
    return claim


def events_url(api: Api, request: Request, run: str) -> str:
    """Where the run's events are, openable without a header for a day."""
    host = request.header(b"host") or "localhost"
    ticket = api.tickets.issue(request.workspace, run)
    return f"{request.scope['scheme']}://{host}/api/v1/runs/{run}/events?ticket={ticket}"


def wait_seconds(request: Request) -> float:
    """How long the caller wants the answer to be held. Raises: BadParameter."""
    text = request.query.get("wait")
    if text is None:
        return 0
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= LONGEST_WAIT_SECONDS:
        raise BadParameter(
            f"expected wait to be seconds from 0 to {LONGEST_WAIT_SECONDS:g}, came {text[:40]!r}"
        )
    return seconds


async def has_ended(api: Api, workspace: str, run: str, seconds: float) -> bool:
    """Whether the run ended within so many seconds; waits that long at most."""
    watch = api.hub.join(workspace, run)
    try:
        async with asyncio.timeout(seconds):
            if not await watch.is_known():
                return False
            while watch.tape.end is None and not watch.tape.broken:
                await watch.tape.wait()
    except TimeoutError:
        return False
    finally:
        api.hub.leave(watch)
    return watch.tape.end is not None


def _accepted(claim: Claim, url: str) -> Answer:
    run = claim.run.encode()
    body = b'{"run_id":"%s","status":"pending","events_url":%s}' % (run, pydantic_core.to_json(url))
    headers = [(b"content-type", JSON_TYPE), (b"location", b"/api/v1/runs/" + run)]
    return Answer(202, body, [*headers, *claim.headers])


async def _runnable(api: Api, workspace: str, body: RunBody) -> Runnable:
    if (body.pipeline_id is None) == (body.flow is None):
        came = "neither" if body.flow is None else "both"
        raise misfit("", "exactly one of pipeline_id and flow", came)
    if body.flow is not None:
        return await api.flows.inline(workspace, body.flow)
    assert body.pipeline_id is not None
    pipeline = canonical_id(body.pipeline_id, "pipeline")
    return await api.flows.of_pipeline(workspace, pipeline)


def _require_variables(runnable: Runnable, given: Mapping[str, str]) -> None:
    wanted = runnable.flow.variables
    if wanted and (missing := sorted(wanted - given.keys())):
        raise MissingVariables(
            f"expected a value for each variable of the flow, missing: {', '.join(missing)}",
            variables=list[JSON](missing),
        )


def _refuse_large_fields(body: RunBody) -> None:
    for name, value in (("variables", body.variables), ("metadata", body.metadata)):
        if value and len(pydantic_core.to_json(value)) > FIELD_BYTES:
            raise TooLarge(f"expected {name} of at most {FIELD_BYTES >> 10} KiB, came more")
    if body.start_at and body.start_at > datetime.now(UTC) + LONGEST_DELAY:
        raise misfit(".start_at", "a time within 30 days: no run outlives them", body.start_at)


def _require_future(body: RunBody) -> None:
    if body.start_at and body.start_at <= datetime.now(UTC):
        raise misfit(".start_at", "a time in the future; leave it out to start now", body.start_at)


async def _requested(
    api: Api, request: Request, claim: Claim, body: RunBody, runnable: Runnable
) -> RunRequested:
    text = body.input.encode()
    return RunRequested(
        workspace=request.workspace,
        run=claim.run,
        partition=claim.partition,
        flow=runnable.flow.version,
        pipeline_id=runnable.pipeline_id,
        pipeline_version=runnable.pipeline_version,
        pipeline_name=runnable.pipeline_name,
        input=await _content(api, request.workspace, claim.run, text),
        input_sha256=sha256(text).hexdigest(),
        input_size_bytes=len(text),
        variables=body.variables,
        limits=Limits(**dict(body.limits)),
        on_disconnect=body.on_disconnect,
        start_at=body.start_at.isoformat() if body.start_at else None,
        metadata=body.metadata,
        requested_by=request.requested_by,
    )


async def _content(api: Api, workspace: str, run: str, text: bytes) -> Content:
    if len(text) <= INLINE_BYTES:
        return text.decode()
    if len(text) > INPUT_BYTES:
        raise TooLarge(f"expected an input of at most {INPUT_BYTES // MIB} MiB, came more")
    return Blob(blob=await api.log.put_blob(workspace, run, text), size_bytes=len(text))
