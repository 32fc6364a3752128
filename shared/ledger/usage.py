"""What runs used and what that costs, as Postgres has it: of many runs at one look.

An attempt counts by its outcome, or by its finished turns while there is none, or where the outcome
used nothing. For the price its calls are told apart: each turn is one, and what the outcome has
beyond its turns another, one that was cut short. An outcome with less than its turns is taken as
one call. `services.api.runs.usage` says the same of facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from shared.ledger.facts import Source
from shared.ledger.pool import translated
from shared.ledger.runs import Run
from shared.models import Group, exact_cost
from shared.models.catalogue import TIER_BOUNDS
from shared.run.content import MOST_COUNT, Usage

_COUNTS = tuple(Usage.model_fields)
_counts_of = attrgetter(*_COUNTS)


def _each(pattern: str) -> str:
    return ", ".join(pattern.format(name) for name in _COUNTS)


_PROMPT = "input_tokens + cache_read_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens"
_REST = "sum(case when turn = 0 then {0} else -{0} end)"
_MOST = 2**63 - 1
# `rest_`: of the whole attempt, what its outcome has beyond its turns; less than nothing does not
# fit. So the outcome of an attempt becomes its last call, or its only one.
CALLS = f"""used as (
    select run_id, step, attempt, turn, model, {_each("{0}")}, bool_or(turn = 0) over a as is_over,
        {_each(f"greatest({_REST} over a, -1)::bigint as rest_{{0}}")}
    from usage where run_id = any({{runs}})
    window a as (partition by run_id, step, attempt)
), judged as (
    select *, least({_each("rest_{0}")}) >= 0 as fits, greatest({_each("rest_{0}")}) > 0 as is_more
    from used
), calls as (
    select run_id, step, attempt, model,
        {_each("case when turn = 0 and fits then rest_{0} else {0} end as {0}")}
    from judged where case when turn = 0 then is_more or not fits else fits or not is_over end
)"""
"""SQL: `calls`, the calls to models of some `runs` (an array, or a query in brackets)."""
TIER = f"width_bucket({_PROMPT} - 1, $2::bigint[])"
COUNTS = _each(f"least(sum(c.{{0}}), {_MOST})::bigint as {{0}}")
_GROUPS = f"""
with {CALLS.format(runs="$1::uuid[]")}
select c.run_id::text as run, c.model, (a.started_at at time zone 'UTC')::date as day,
    {TIER} as tier, {COUNTS}
from calls c left join attempts a on a.run_id = any($3::uuid[])
    and (a.run_id, a.step, a.attempt) = (c.run_id, c.step, c.attempt)
group by c.run_id, c.model, day, tier
"""


class Sums(NamedTuple):
    """The counts of `Usage`, in its order, as they are read by the thousand."""

    input_tokens: int
    output_tokens: int
    thinking_tokens: int
    cache_read_tokens: int
    cache_creation_5m_tokens: int
    cache_creation_1h_tokens: int
    web_search_requests: int
    web_fetch_requests: int


@dataclass(frozen=True, slots=True)
class Used:
    """What a run used, and what that costs in micro-dollars, not rounded; None if unknown."""

    usage: Usage
    micro_dollars: Decimal | None


NOTHING = Used(Usage(), Decimal(0))


async def usage_of(source: Source, runs: Sequence[Run]) -> dict[str, Used]:
    """What each of these runs used, by run; those that used nothing are left out.

    Raises: Unavailable.
    """
    days = {run.run: run.created_at.astimezone(UTC).date() for run in runs}
    asked = [list(days), TIER_BOUNDS, [run.run for run in runs if not _is_of_a_day(run)]]
    with translated():
        rows = await source.fetch(_GROUPS, *asked)
    groups: dict[str, list[tuple[Group, Usage]]] = {}
    for run, model, day, tier, *counts in rows:
        group = Group(model, day or days[run], tier)
        used = Usage(**dict(zip(_COUNTS, counts, strict=True)))
        groups.setdefault(run, []).append((group, used))
    return {run: used_of(found) for run, found in groups.items()}


def _is_of_a_day(run: Run) -> bool:
    """All its attempts began on the day, in UTC, on which it was asked for."""
    ended = run.finished_at
    return ended is not None and (
        ended.astimezone(UTC).date() == run.created_at.astimezone(UTC).date()
    )


def used_of(groups: Sequence[tuple[Group, Usage | Sums]]) -> Used:
    """What groups of calls used together, and what that costs."""
    # Added up by column: a report has hundreds of kinds, and a sum for each step of each is slow.
    columns = zip(*(_counts_of(used) for _, used in groups), strict=True)
    sums = {name: min(sum(each), MOST_COUNT) for name, each in zip(_COUNTS, columns, strict=False)}
    return Used(Usage(**sums), exact_cost(groups))
