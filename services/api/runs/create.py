"""`POST /runs`: from a body to a fact the log has acknowledged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pydantic_core
import uuid_utils
from pydantic import Field, JsonValue
from starlette.requests import Request

from services.api.definitions.flows import FLOW_BYTES, Flows, Runnable
from services.api.definitions.known_models import KnownModels
from services.api.history.capacity import Capacity, LogNearlyFull, StoreNearlyFull
from services.api.history.run_history import RunHistory
from services.api.history.shares import Shares, WorkspaceFull
from services.api.http.addresses import public_url
from services.api.http.answers import Answer
from services.api.http.bodies import MIB, misfit, refuse_unfit
from services.api.http.calls import Calls, Described
from services.api.http.parameters import HeaderFields, canonical_id
from services.api.http.parts import Parts, part, parts_of
from services.api.http.problems import InvalidFlow, KeyReused, MissingVariables
from services.api.http.work import is_small, off_loop
from services.api.identity.identity import identity_of
from services.api.keys.known_keys import WorkerKeys, WorkspaceKeys, providers_in, require_key
from services.api.keys.refusals import NoProviderKey
from services.api.live.hub import Hub
from services.api.people.month_limits import DollarsUsed, TokensUsed
from services.api.people.own_queues import OwnQueues
from services.api.runs.claims import LONGEST_KEY, Claim, claimed
from services.api.runs.limits import RunLimits, TooManyRequests, TooManyRuns
from services.api.runs.links import RUNS, events_url
from services.api.runs.models import Accepted, RunBody, RunShape
from services.api.runs.reading import RunReader
from services.api.runs.views import run_shape
from services.api.runs.waiting import Wait, has_ended
from shared.errors import NotFound, TooLarge
from shared.flow import JSON, Step
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
    *(InvalidFlow, MissingVariables, NoProviderKey, KeyReused, NotFound),
    *(LogNearlyFull, StoreNearlyFull, WorkspaceFull, TooManyRuns, TooManyRequests),
    *(TokensUsed, DollarsUsed),
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
    """A run that somebody asks for; `raw` is what its key stands for.

    Without a key of a model provider it is refused, unless it `may_fail`: then its worker says so.
    """

    body: RunBody
    raw: bytes
    key: str | None
    may_fail: bool = False


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
        reader = part(request, RunReader)
        read = await reader.read(workspace, claim.run)
        if ended:
            await reader.show_result(read)
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

    Raises: NotFound, InvalidRequest, InvalidFlow, MissingVariables, TooLarge, NoProviderKey,
        KeyReused, BadParameter, LogNearlyFull, StoreNearlyFull, WorkspaceFull, TooManyRuns,
        TooManyRequests, Unavailable.
    """
    return await begin_prepared(request, asked, lambda: runnable_of(request, asked.body))


async def begin_prepared(
    request: Request, asked: Asked, prepare: Callable[[], Awaitable[Runnable]]
) -> Claim:
    """As `begin`, of what `prepare` makes; it is asked once the rest of the body is judged."""
    body, workspace = asked.body, identity_of(request).workspace
    flows, log, records = part(request, Flows), part(request, Log), part(request, RunHistory)
    is_light = is_small(body.metadata) and is_small(body.variables)
    await off_loop(is_light, lambda: _refuse_unfit_fields(body))
    runnable = await prepare()
    require_variables(runnable, body.variables)
    if not asked.may_fail:
        await require_keys(parts_of(request), workspace, runnable.flow.steps)
    claim = await claim_run(request, asked.key, asked.raw)
    if not claim.replayed or not await records.is_known(workspace, claim.run):
        # Not earlier: a start that is sent again after its time is a replay, not a mistake.
        _require_future(body)
        await flows.store(runnable)
        await log.append(await _requested(request, claim, body, runnable))
        records.remember(claim.run)
        ACCEPTED.inc()
    return claim


async def require_keys(parts: Parts, workspace: str, steps: Iterable[Step]) -> None:
    """Raises: NoProviderKey, where one of them calls a model and there is no key to do so."""
    models = parts.get(KnownModels)
    providers = [each for each in providers_in(steps, models.default) if models.needs_key(each)]
    await require_key(providers, workspace, parts.get(WorkspaceKeys), parts.get(WorkerKeys))


async def claim_run(request: Request, key: str | None, raw: bytes) -> Claim:
    """The id of a new run, or of the one that was asked for with the key before.

    Raises: LogNearlyFull, StoreNearlyFull, WorkspaceFull, TooManyRuns, TooManyRequests, TokensUsed,
        DollarsUsed, KeyReused, Unavailable.
    """
    workspace, run = identity_of(request).workspace, str(uuid_utils.uuid7())
    take_room(parts_of(request), workspace)
    claim = Claim(run, partition_of(run, part(request, Capacity).partitions))
    if key is None:
        return claim
    return await claimed(part(request, Log), workspace, key, raw, claim)


def take_room(parts: Parts, workspace: str) -> None:
    """One run more of the workspace.

    Raises: LogNearlyFull, StoreNearlyFull, WorkspaceFull, TooManyRuns, TooManyRequests.
    """
    parts.get(Capacity).require_room()
    limits = parts.get(RunLimits)
    parts.get(Shares).require_share(workspace, limits.most_stored_bytes(workspace))
    limits.take(workspace)


async def runnable_of(request: Request, body: RunBody) -> Runnable:
    """What a run of this body runs. Raises: NotFound, InvalidRequest, InvalidFlow, Unavailable."""
    flows, workspace = part(request, Flows), identity_of(request).workspace
    if (body.pipeline_id is None) == (body.flow is None):
        came = "neither" if body.flow is None else "both"
        raise misfit("", "exactly one of pipeline_id and flow", came)
    if body.flow is not None:
        if body.alias is not None:
            raise misfit(".alias", "an alias of the pipeline that pipeline_id names", "a flow")
        return await flows.inline(workspace, body.flow)
    assert body.pipeline_id is not None
    pipeline_id = canonical_id(body.pipeline_id, "pipeline")
    return await flows.of_pipeline(workspace, pipeline_id, body.alias)


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
    small, capacity = len(text) <= INLINE_BYTES, part(request, Capacity)
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
        limits=Limits(**dict(body.limits), max_written_bytes=capacity.most_run_bytes),
        on_disconnect=body.on_disconnect,
        start_at=body.start_at.isoformat() if body.start_at else None,
        metadata=body.metadata,
        tags=tuple(dict.fromkeys(body.tags)),
        requested_by=who.name,
        actor=who.actor,
        queue=part(request, OwnQueues).choose(who.workspace, body.priority, capacity),
    )


async def store_input(log: Log, workspace: str, run: str, text: bytes) -> Content:
    """The input as `run.requested` carries it. Raises: TooLarge, StoreFull, Unavailable."""
    if len(text) <= INLINE_BYTES:
        return text.decode()
    if len(text) > LARGEST_BYTES:
        raise TooLarge(f"expected an input of at most {LARGEST_BYTES // MIB} MiB, came more")
    return Blob(blob=await log.put_blob(workspace, run, text), size_bytes=len(text))
