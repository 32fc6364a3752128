"""What workspaces may use at most, as rows; a workspace without one has no limits of its own."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

import asyncpg

from services.api.people.deeds import Deed, noted
from shared.ledger.month import Month, used_in_month
from shared.ledger.pool import in_transaction, translated
from shared.log.queues import MOST_LIMITED


class Limits(NamedTuple):
    """None is without a limit; the names are those of the columns."""

    runs_in_flight: int | None = None
    runs_a_minute: int | None = None
    stored_bytes: int | None = None
    tokens_a_month: int | None = None
    cost_usd_a_month: Decimal | None = None
    readers: int | None = None
    steps_in_flight: Mapping[str, int] | None = None  # by pool


WARNED = {"tokens_a_month": "warned_of_tokens", "cost_usd_a_month": "warned_of_cost"}
"""Limits that are warned of, and where it stands for which month that was done."""

_COLUMNS = ", ".join(Limits._fields)
_AFTER = 2 + len(Limits._fields)
# Other workspaces that have a queue of their own, or are to get one.
_OTHERS = """
    select count(*) from (
        select workspace from workspace_limits
        join workspaces on slug = workspace and deleted_at is null
        where steps_in_flight is not null
        union select workspace from work_queues
    ) as limited where workspace <> $1
"""
# Who is given other limits is warned of them anew.
_SET = f"""
    with changed as (
        insert into workspace_limits (workspace, {_COLUMNS})
        select slug, {", ".join(f"${n}" for n in range(2, _AFTER))} from workspaces
        where slug = $1 and deleted_at is null
            and (${_AFTER - 1}::jsonb is null or ({_OTHERS}) < {MOST_LIMITED})
        on conflict (workspace) do update set
            {", ".join(f"{name} = excluded.{name}" for name in Limits._fields)},
            warned_of_tokens = null, warned_of_cost = null
        returning workspace
    ), noted as ({noted("changed", "workspace", _AFTER)})
    select * from changed
"""
_WARN = f"""
    with changed as (
        update workspace_limits set {{column}} = $2
        where workspace = $1 and {{column}} is distinct from $2
        returning workspace
    ), noted as ({noted("changed", "workspace", 3)})
    select * from changed
"""
_ONE = f"""
    select {_COLUMNS}
    from workspaces left join workspace_limits on workspace = slug
    where slug = $1 and deleted_at is null
"""
_ALL = f"select workspace, {_COLUMNS} from workspace_limits"
_PAGE = f"""
    select slug, {_COLUMNS}
    from workspaces join workspace_limits on workspace = slug
    where slug > $1 and deleted_at is null
        and num_nonnulls({_COLUMNS}) > 0
    order by slug limit $2
"""
_ALONE = "select pg_advisory_xact_lock(hashtext('penstock.limits'))"
# Ids of runs are in the order of their requests.
_COUNTED = """
    select workspace, count(*) filter (where finished_seq is null) as in_flight,
        count(*) filter (where run_id >= least_run_id(now() - interval '1 minute')) as this_minute
    from runs where workspace = any($1)
        and (finished_seq is null or run_id >= least_run_id(now() - interval '1 minute'))
    group by workspace
"""


class Counted(NamedTuple):
    """Runs of a workspace that have not ended, and those asked for in the last minute."""

    in_flight: int = 0
    this_minute: int = 0


class LimitTable:
    """All raise Unavailable when Postgres is away. `pools` are those of the installation."""

    def __init__(self, pool: asyncpg.Pool, pools: Collection[str] = ()) -> None:
        self._pool = pool
        self.pools = pools

    async def set(self, workspace: str, limits: Limits, by: Deed) -> bool:
        """These are its limits from now on; False if there is no such workspace, or no queue left.

        Who sets limits at the same moment waits, and counts the queue that is taken here.
        """

        async def work(connection: asyncpg.Connection) -> bool:
            # A statement sees what was committed before it began: the lock has one of its own.
            await connection.execute(_ALONE)
            return await connection.fetchrow(_SET, workspace, *_columns(limits), *by) is not None

        with translated():
            return await in_transaction(self._pool, work)

    async def of(self, workspace: str) -> Limits | None:
        """Its limits; None if there is no such workspace."""
        with translated():
            row = await self._pool.fetchrow(_ONE, workspace)
        return None if row is None else _limits_of(row)

    async def every(self) -> Mapping[str, Limits]:
        """Those of all workspaces that have any."""
        with translated():
            rows = await self._pool.fetch(_ALL)
        return {row["workspace"]: _limits_of(row) for row in rows}

    async def page(self, after: str, limit: int) -> Mapping[str, Limits]:
        """Those of workspaces that have any, by slug, behind this one."""
        with translated():
            rows = await self._pool.fetch(_PAGE, after, limit)
        return {row["slug"]: _limits_of(row) for row in rows}

    async def counted(self, workspaces: list[str]) -> Mapping[str, Counted]:
        """What these have now, as far as Postgres has heard."""
        if not workspaces:
            return {}
        with translated():
            rows = await self._pool.fetch(_COUNTED, workspaces)
        return {row["workspace"]: Counted(*list(row.values())[1:]) for row in rows}

    async def used(self, workspaces: Sequence[str], at: datetime) -> Mapping[str, Month]:
        """What these used in the month of this time, as far as Postgres has heard."""
        return await used_in_month(self._pool, workspaces, at)

    async def warn(self, workspace: str, limit: str, month: date, by: Deed) -> bool:
        """Record that most of a limit of `WARNED` is used; False if it was, for this month."""
        with translated():
            query = _WARN.format(column=WARNED[limit])
            return await self._pool.fetchrow(query, workspace, month, *by) is not None


def _columns(limits: Limits) -> list[object]:
    steps = limits.steps_in_flight
    return [*limits[:-1], None if steps is None else json.dumps(dict(steps))]


def _limits_of(row: asyncpg.Record) -> Limits:
    found = {name: row[name] for name in Limits._fields}
    steps = found["steps_in_flight"]
    return Limits(**found | {"steps_in_flight": None if steps is None else json.loads(steps)})
