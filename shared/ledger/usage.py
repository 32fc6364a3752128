"""What runs used and what that costs, as Postgres has it: of many runs at one look.

An attempt counts by its outcome, or by its finished turns while there is none, or where the outcome
used nothing. For the price its calls are told apart: each turn is one, and what the outcome has
beyond its turns another, one that was cut short. An outcome with less than its turns is taken as
one call. `services.api.runs.attempts` says the same of facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import asyncpg

from shared.ledger.facts import Source
from shared.ledger.pool import translated
from shared.models import Group, exact_cost
from shared.models.catalogue import TIER_BOUNDS
from shared.run.content import Usage

_COUNTS = tuple(Usage.model_fields)


def _each(pattern: str, glue: str = ", ") -> str:
    return glue.join(pattern.format(name) for name in _COUNTS)


_PROMPT = "input_tokens + cache_read_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens"
# `rests`: of each attempt with an outcome, what that has beyond the turns, if it fits.
_GROUPS = f"""
with used as materialized (
    select * from usage where run_id = any($1::uuid[])
), rests as (
    select run_id, step, attempt, max(model) filter (where turn = 0) as model,
        {_each("sum(case when turn = 0 then {0} else -{0} end)::bigint as {0}")}
    from used group by run_id, step, attempt having bool_or(turn = 0)
), judged as (
    select *, least({_each("{0}")}) >= 0 as fits, greatest({_each("{0}")}) > 0 as is_any from rests
), calls as (
    select u.run_id, u.step, u.attempt, u.model, {_each("u.{0}")}
    from used u left join judged j using (run_id, step, attempt)
    where (u.turn = 0) = (j.fits is false)
    union all
    select run_id, step, attempt, model, {_each("{0}")} from judged where fits and is_any
)
select c.run_id::text as run, c.model,
    (coalesce(a.started_at, r.created_at) at time zone 'UTC')::date as day,
    width_bucket({_PROMPT} - 1, $2::bigint[]) as tier,
    {_each("sum(c.{0}) as {0}")}
from calls c join runs r using (run_id) left join attempts a using (run_id, step, attempt)
group by c.run_id, c.model, day, tier
"""


@dataclass(frozen=True, slots=True)
class Used:
    """What a run used, and what that costs in micro-dollars, not rounded; None if unknown."""

    usage: Usage
    micro_dollars: Decimal | None


NOTHING = Used(Usage(), Decimal(0))


async def usage_of(source: Source, runs: Sequence[str]) -> dict[str, Used]:
    """What each of these runs used; runs that used nothing are left out. Raises: Unavailable."""
    with translated():
        rows = await source.fetch(_GROUPS, runs, TIER_BOUNDS)
    groups: dict[str, list[tuple[Group, Usage]]] = {}
    for row in rows:
        groups.setdefault(row["run"], []).append(_group(row))
    return {run: Used(_sum(found), exact_cost(found)) for run, found in groups.items()}


def _group(row: asyncpg.Record) -> tuple[Group, Usage]:
    counts = {name: int(row[name]) for name in _COUNTS}
    return Group(row["model"], row["day"], row["tier"]), Usage(**counts)


def _sum(groups: Sequence[tuple[Group, Usage]]) -> Usage:
    total = Usage()
    for _, usage in groups:
        total = total.plus(usage)
    return total
