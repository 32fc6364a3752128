"""`POST /runs`: from a body to a fact the log has acknowledged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pydantic_core
import uuid_utils
from pydantic import Field, JsonValue
from starlette.requests import Request

from services.api.definitions.flows import FLOW_BYTES, Flows, Runnable
from services.api.history.capacity import Capacity, LogNearlyFull, StoreNearlyFull
from services.api.history.run_history import RunHistory
from services.api.history.shares import Shares, WorkspaceFull
from services.api.http.answers import Answer
from services.api.http.bodies import MIB, misfit, refuse_unfit
from services.api.http.calls import Calls, Described
from services.api.http.parameters import HeaderFields, canonical_id
from services.api.http.parts import part
from services.api.http.problems import InvalidFlow, KeyReused, MissingVariables
from services.api.http.work import is_small, off_loop
from services.api.identity.authentication import identity_of
from services.api.live.hub import Hub
from services.api.runs.claims import LONGEST_KEY, Claim, claimed
from services.api.runs.links import RUNS, events_url, public_url
from services.api.runs.models import Accepted, RunBody, RunShape
from services.api.runs.reading import RunReader
from services.api.runs.views import run_shape
from services.api.runs.waiting import Wait, has_ended
from shared.errors import NotFound, TooLarge
from shared.flow import JSON
from shared.log.port import Log
from shared.log.subjects import partition_of
from shared.run import RunStatus, status_of
from shared.run.content import Blob, Content, Limits
from shared.run.facts import RunRequested
from shared.run.texts import INLINE_BYTES, LARGEST_BYTES
from shared.runtime.metrics import counter

BODY_BYTES = LARGEST_BYTES + FLOW_BYTES + MIB
FIELD_BYTES = 64 << 10
LONGEST_DELAY = timedelta(days=30)
PENDING: RunStatus = "pending"
STARTING = (
    *(InvalidFlow, MissingVariables, KeyReused, NotFound),
    *(LogNearlyFull, StoreNearlyFull, WorkspaceFull),
)

CALLS = Calls("Runs")

ACCEPTED = counter("runs_accepted_total", "Runs the log acknowledged.")


class IdempotencyKey(HeaderFields):
    """What makes a request the same as an earlier one."""

    key: str | None = Field(
        None,
        alias="Idempotency-Key",
        min_length=1,
        max_length=LONGEST_KEY,
        description="the same key and body give the same run for 24 hours; with another body 409",
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A run that somebody asks for; `raw` is what its key stands for."""

    body: RunBody
    raw: bytes
    key: str | None


@CALLS.post(
    RUNS,
    "Start a run of a pipeline or of a flow",
    answers=(
        Described(202, "The log has it", Accepted, headers=("Location", "Idempotency-Replayed")),
        Described(200, "It ended within `wait`", RunShape),
    ),
    refusals=STARTING,
    most_bytes=BODY_BYTES,
)
async def create_run(
    request: Request, body: RunBody, raw: bytes, query: Wait, headers: IdempotencyKey
) -> Answer[Accepted] | Answer[RunShape]:
    """Starts a run, of a saved pipeline or of a flow that comes along, on an input.

    202 once the log has it: from then on it is not lost. `events_url` streams what happens, and
    needs no token for a day. With `?wait` the answer is held: 200 with the whole run if it ends in
    time, else 202 with how it stands. An `Idempotency-Key` makes it safe to send this again.
    """
    workspace = identity_of(request).workspace
    claim = await begin(request, Asked(body, raw, headers.key))
    url, status = events_url(request, claim.run), PENDING
    if query.wait:
        ended = await has_ended(part(request, Hub), workspace, claim.run, query.wait)
        read = await part(request, RunReader).read(workspace, claim.run)
        if ended:
            return await off_loop(
                read.is_short, lambda: Answer(run_shape(read, url), headers=claim.headers)
            )
        status = status_of(read.state)
    accepted = Accepted.model_validate({"run_id": claim.run, "status": status, "events_url": url})
    return Answer(accepted, 202, headers_of(request, claim))


def headers_of(request: Request, claim: Claim) -> dict[str, str]:
    """Where the run is, and whether it was asked for before."""
    return {"location": f"{public_url(request)}{RUNS}/{claim.run}", **claim.headers}


async def begin(request: Request, asked: Asked) -> Claim:
    """The run that is asked for, once the log has it.

    Raises: NotFound, InvalidRequest, InvalidFlow, MissingVariables, TooLarge, KeyReused,
        BadParameter, LogNearlyFull, StoreNearlyFull, WorkspaceFull, Unavailable.
    """
    body, workspace = asked.body, identity_of(request).workspace
    flows, log, records = part(request, Flows), part(request, Log), part(request, RunHistory)
    is_light = is_small(body.metadata) and is_small(body.variables)
    await off_loop(is_light, lambda: _refuse_unfit_fields(body))
    runnable = await _runnable(flows, workspace, body)
    require_variables(runnable, body.variables)
    claim = await claim_run(request, asked.key, asked.raw)
    if not claim.replayed or not await records.is_known(workspace, claim.run):
        # Not earlier: a start that is sent again after its time is a replay, not a mistake.
        _require_future(body)
        await flows.store(runnable)
        await log.append(await _requested(request, claim, body, runnable))
        records.remember(claim.run)
        ACCEPTED.inc()
    return claim


async def claim_run(request: Request, key: str | None, raw: bytes) -> Claim:
    """The id of a new run, or of the one that was asked for with the key before.

    Raises: LogNearlyFull, StoreNearlyFull, WorkspaceFull, KeyReused, Unavailable.
    """
    workspace = identity_of(request).workspace
    capacity, run = part(request, Capacity), str(uuid_utils.uuid7())
    capacity.require_room()
    part(request, Shares).require_share(workspace)
    claim = Claim(run, partition_of(run, capacity.partitions))
    if key is None:
        return claim
    return await claimed(part(request, Log), workspace, key, raw, claim)


async def _runnable(flows: Flows, workspace: str, body: RunBody) -> Runnable:
    if (body.pipeline_id is None) == (body.flow is None):
        came = "neither" if body.flow is None else "both"
        raise misfit("", "exactly one of pipeline_id and flow", came)
    if body.flow is not None:
        return await flows.inline(workspace, body.flow)
    assert body.pipeline_id is not None
    return await flows.of_pipeline(workspace, canonical_id(body.pipeline_id, "pipeline"))


def require_variables(runnable: Runnable, given: Mapping[str, str]) -> None:
    """Raises: MissingVariables, unless each that the flow names has a value."""
    wanted = runnable.flow.variables
    if wanted and (missing := sorted(wanted - given.keys())):
        raise MissingVariables(
            f"expected a value for each variable of the flow, missing: {', '.join(missing)}",
            variables=list[JSON](missing),
        )


def refuse_large(name: str, value: Mapping[str, JsonValue]) -> None:
    """Raises: TooLarge, for a field that takes over 64 KiB."""
    if value and len(pydantic_core.to_json(value)) > FIELD_BYTES:
        raise TooLarge(f"expected {name} of at most {FIELD_BYTES >> 10} KiB, came more")


def _refuse_unfit_fields(body: RunBody) -> None:
    refuse_unfit(body.metadata, ".metadata")
    refuse_large("variables", body.variables)
    refuse_large("metadata", body.metadata)
    if body.start_at and body.start_at > datetime.now(UTC) + LONGEST_DELAY:
        raise misfit(".start_at", "a time within 30 days: no run outlives them", body.start_at)


def _require_future(body: RunBody) -> None:
    if body.start_at and body.start_at <= datetime.now(UTC):
        raise misfit(".start_at", "a time in the future; leave it out to start now", body.start_at)


async def _requested(
    request: Request, claim: Claim, body: RunBody, runnable: Runnable
) -> RunRequested:
    who = identity_of(request)
    text = body.input
    small, most_bytes = len(text) <= INLINE_BYTES, part(request, Capacity).most_run_bytes
    return RunRequested(
        workspace=who.workspace,
        run=claim.run,
        partition=claim.partition,
        flow=runnable.flow.version,
        pipeline_id=runnable.pipeline_id,
        pipeline_version=runnable.pipeline_version,
        pipeline_name=runnable.pipeline_name,
        input=await store_input(part(request, Log), who.workspace, claim.run, text),
        input_sha256=await off_loop(small, lambda: sha256(text).hexdigest()),
        input_size_bytes=len(text),
        variables=body.variables,
        limits=Limits(**dict(body.limits), max_written_bytes=most_bytes),
        on_disconnect=body.on_disconnect,
        start_at=body.start_at.isoformat() if body.start_at else None,
        metadata=body.metadata,
        requested_by=who.name,
    )


async def store_input(log: Log, workspace: str, run: str, text: bytes) -> Content:
    """The input as `run.requested` carries it. Raises: TooLarge, StoreFull, Unavailable."""
    if len(text) <= INLINE_BYTES:
        return text.decode()
    if len(text) > LARGEST_BYTES:
        raise TooLarge(f"expected an input of at most {LARGEST_BYTES // MIB} MiB, came more")
    return Blob(blob=await log.put_blob(workspace, run, text), size_bytes=len(text))
