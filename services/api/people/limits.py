"""Limits of a workspace: set by who runs the installation, read by its admins."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from starlette.requests import Request

from services.api.history.shares import Shares
from services.api.http.answers import Answer
from services.api.http.bodies import misfit
from services.api.http.calls import Calls, Described
from services.api.http.parts import part
from services.api.people.deeds import deed
from services.api.people.limit_models import (
    LimitsAndUse,
    LimitsPage,
    ThisMonth,
    Used,
    WorkspaceLimits,
    WorkspaceLimitsBody,
)
from services.api.people.limit_table import Counted, Limits, LimitTable
from services.api.people.month_limits import shares_of
from services.api.people.own_queues import OwnQueues
from services.api.people.workspaces import WORKSPACES, BySlug, no_workspace, slug_of
from shared.errors import Conflict, NotFound
from shared.flow.json_value import shown
from shared.ledger.month import Month, month_after, month_of
from shared.log.port import Log
from shared.log.queues import MOST_LIMITED

LIMITS = f"{WORKSPACES}/{{slug}}/limits"

CALLS = Calls("People")


class NoQueueLeft(Conflict):
    """As many workspaces have a limit of steps in flight as there are queues."""

    code = "no_queue_left"


@CALLS.get(
    LIMITS,
    "A workspace's limits",
    answers=(Described(200, "The limits, and what is used now", LimitsAndUse),),
    access="admin",
    refusals=(NotFound,),
)
async def read_limits(request: Request) -> Answer[LimitsAndUse]:
    """Tells what a workspace may use at most, and uses; null is without a limit of its own."""
    slug = slug_of(request)
    found = await part(request, LimitTable).of(slug)
    if found is None:
        raise no_workspace(slug)
    return Answer((await _with_use(request, {slug: found}))[0])


@CALLS.get(
    "/api/v1/limits",
    "Workspaces that have limits, by slug",
    answers=(Described(200, "A page", LimitsPage),),
    access="instance",
)
async def list_limits(request: Request, query: BySlug) -> Answer[LimitsPage]:
    """Tells of all workspaces that have limits which, and what each uses, page by page."""
    found = await part(request, LimitTable).page(query.cursor, query.limit + 1)
    shown = dict(list(found.items())[: query.limit])
    cursor = list(shown)[-1] if len(found) > query.limit else None
    return Answer(LimitsPage(items=await _with_use(request, shown), next_cursor=cursor))


@CALLS.put(
    LIMITS,
    "Set a workspace's limits",
    answers=(Described(200, "The limits", WorkspaceLimits),),
    access="instance",
    refusals=(NotFound, NoQueueLeft),
)
async def set_limits(request: Request, body: WorkspaceLimitsBody) -> Answer[WorkspaceLimits]:
    """Sets what a workspace may use at most, whole: what is left out is without a limit.

    Every api goes by it within about a second. What is under way goes on. `steps_in_flight` holds
    for runs that are asked for from then on; changed, it holds at once for all of those.
    """
    slug, given, table = slug_of(request), dict(body), part(request, LimitTable)
    cost = given.pop("cost_usd_a_month")
    limits = Limits(**given, cost_usd_a_month=None if cost is None else Decimal(cost))
    _require_pools(table, limits)
    if not await table.set(slug, limits, deed(request, "limits.set", **body.model_dump())):
        raise await _not_set(table, slug)
    part(request, Log).limited.wake()
    now = datetime.now(UTC)
    used = (await table.used([slug], now)).get(slug, Month())
    return Answer(WorkspaceLimits.model_validate(_told(limits, used, now)))


async def _not_set(table: LimitTable, slug: str) -> Exception:
    """Why limits were not set."""
    if await table.of(slug) is None:
        return no_workspace(slug)
    return NoQueueLeft(
        f"expected fewer than {MOST_LIMITED} other workspaces with a limit of steps in flight, "
        "there are as many: take it from one; its queue is free when its runs have ended"
    )


def _require_pools(table: LimitTable, limits: Limits) -> None:
    """Raises: InvalidRequest."""
    for pool in limits.steps_in_flight or ():
        if pool not in table.pools:
            expected = f"pools of this installation ({', '.join(sorted(table.pools))})"
            raise misfit(".steps_in_flight", expected, shown(pool))


def _told(limits: Limits, used: Month, now: datetime) -> dict[str, Any]:
    """The members of `WorkspaceLimits`."""
    cost = limits.cost_usd_a_month
    return {
        **limits._asdict(),
        "cost_usd_a_month": None if cost is None else f"{cost:.6f}",
        "this_month": ThisMonth(
            since=month_of(now),
            until=month_after(now),
            tokens=used.tokens,
            cost_usd=f"{used.cost_usd:.6f}",
            warned=[share.limit for share in shares_of(limits, used) if share.is_high],
        ),
    }


async def _with_use(request: Request, found: Mapping[str, Limits]) -> list[LimitsAndUse]:
    table, now = part(request, LimitTable), datetime.now(UTC)
    counted, months = await table.counted(list(found)), await table.used(list(found), now)
    told = []
    for slug, limits in found.items():
        runs = counted.get(slug, Counted())
        used = Used(
            runs_in_flight=runs.in_flight,
            runs_a_minute=runs.this_minute,
            stored_bytes=part(request, Shares).held_by(slug),
            steps_in_flight=await _steps_in_flight(request, slug),
        )
        members = _told(limits, months.get(slug, Month()), now)
        told.append(LimitsAndUse.model_validate({"workspace": slug, "used": used, **members}))
    return told


async def _steps_in_flight(request: Request, slug: str) -> dict[str, int] | None:
    queue = part(request, OwnQueues).of(slug)
    if queue is None:
        return None
    pools = sorted(part(request, LimitTable).pools)
    asked = [part(request, Log).oversight.queue(pool, queue) for pool in pools]
    counted = zip(pools, await asyncio.gather(*asked), strict=True)
    return {pool: each.in_progress for pool, each in counted if each is not None}
