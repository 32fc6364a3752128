"""What the runs of a page wait for: one look at Postgres for all, and one at each flow they name.

What a single run is told of is read from its facts; here it is the rows that the projector made of
them, so that a page does not read a history for each of its runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import asyncpg
from starlette.requests import Request

from services.api.definitions.flows import Flows
from services.api.http.parts import part
from services.api.runs.wait_model import WaitingFor
from services.api.runs.waiting_for import LivingRun, PendingStep, ServedPools, reason_of
from shared.errors import PenstockError
from shared.flow import Flow
from shared.ledger.pending_steps import Pending, pending_steps
from shared.ledger.runs import Run
from shared.log.queues import is_limited

_LIVING = frozenset({"pending", "running", "waiting"})


async def waits_of(request: Request, runs: Sequence[Run]) -> dict[str, WaitingFor]:
    """By run, what those of these wait for of which nothing is under way. Raises: Unavailable."""
    living = [run for run in runs if run.status in _LIVING]
    if not living:
        return {}
    served = part(request, ServedPools).names()
    pool = part(request, asyncpg.Pool)
    pending = await pending_steps(pool, [run.run for run in living])
    waiting = [run for run in living if _reason(run, pending, {}, served) is not None]
    flows = await _flows(part(request, Flows), {run.flow for run in waiting if run.run in pending})
    told = ((run, _reason(run, pending, flows, served)) for run in waiting)
    return {run.run: reason for run, reason in told if reason is not None}


def _reason(
    run: Run,
    pending: Mapping[str, Sequence[Pending]],
    flows: Mapping[str, Flow],
    served: Collection[str] | None,
) -> WaitingFor | None:
    is_early = run.start_at is not None and run.started_at is None
    start_at = datetime.fromisoformat(run.start_at) if is_early and run.start_at else None
    flow = flows.get(run.flow)
    steps = [_pending_step(each, flow) for each in pending.get(run.run, ())]
    return reason_of(LivingRun(start_at, steps), served)


def _pending_step(each: Pending, flow: Flow | None) -> PendingStep:
    label = None if flow is None else flow.steps[each.step].label
    return PendingStep(
        name=label or each.node,
        stage=each.stage,
        pool=each.pool,
        is_limited=each.queue is not None and is_limited(each.queue),
        until=each.until,
        error=each.error,
    )


async def _flows(flows: Flows, versions: Collection[str]) -> dict[str, Flow]:
    """Those of the versions that can be had: without one its steps go by the names of nodes."""

    async def one(version: str) -> Flow | None:
        try:
            return await flows.version(version)
        except PenstockError:
            return None

    found = await asyncio.gather(*map(one, versions))
    pairs = zip(versions, found, strict=True)
    return {version: flow for version, flow in pairs if flow is not None}
