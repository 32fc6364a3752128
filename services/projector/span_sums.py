"""Spans of days and what orders pipelines, made anew from the sums of days and hours.

They hold what `usage_sums` holds, added up in other ways. A projector of the version before does
not write them: who takes up its partition finds the days that differ, and makes these anew.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from datetime import datetime

import asyncpg

from services.projector.usage_sums import COUNTS, EPOCH, MOST, RANKED, TOKENS
from shared.ledger.usage_queries import COST, PRICED
from shared.ledger.usage_spans import HOUR, SPAN_HOURS
from shared.models import Group, priced_since, unit_prices
from shared.models.catalogue import TIER_BOUNDS

LONGEST = SPAN_HOURS[-1]

_ALL = " + ".join(f"{c}::numeric" for c in COUNTS)
_DIFFERENT = f"""
with summed as (
    select workspace, since, sum({_ALL}) as counted from usage_sums
    where grain = 'whole' and span = 'day' group by 1, 2
), spanned as (
    select workspace, since, sum({_ALL}) as counted from usage_spans
    where hours = {SPAN_HOURS[0]} group by 1, 2
)
select distinct workspace, date_bin('{LONGEST} hours', since, {EPOCH})
from summed full join spanned using (workspace, since)
where coalesce(summed.counted, 0) <> coalesce(spanned.counted, 0) order by 1, 2
"""
_BEHIND = """
select partition, seq from positions
where partition = any($1::integer[]) and seq is distinct from spans_seq
"""
_SETTLED = """
update positions p set spans_seq = given.seq
from unnest($1::integer[], $2::bigint[]) given (partition, seq) where p.partition = given.partition
"""
# What is grouped has room in memory.
_ROOM = "set local work_mem = '64MB'"
# Whoever adds to sums writes these behind them, and waits until they are made.
_ALONE = "lock table usage_spans, usage_ranking in share row exclusive mode"
_OF_SPAN = f"since >= $2 and since < $2 + interval '{LONGEST} hours'"
_CLEAR = "delete from {} where workspace = $1 and " + _OF_SPAN
_MODELS = f"""
select distinct model, price_day, above_tokens from usage_sums
where workspace = $1 and grain = 'whole' and span = 'day' and {_OF_SPAN}
"""
_ARRAYS = ("text", "date", "bigint", "date", *("float8" for _ in PRICED))
_PRICES = f"""
with q (model, price_day, above_tokens, period, {", ".join(f"{c}_price" for c in PRICED)}) as (
    select * from unnest({", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_ARRAYS, 3))})
)"""
_SPAN = f"date_bin(make_interval(hours => hours), since, {EPOCH})"
_SPANS = f"""{_PRICES}
insert into usage_spans (workspace, hours, since, pipeline_id, model, price_day, above_tokens,
    first_day, last_day, pipeline_name, {", ".join(COUNTS)})
select $1::text, hours, {_SPAN}, pipeline_id, model, period, above_tokens, min(price_day),
    max(price_day), max(pipeline_name),
    {", ".join(f"least(sum({c}), {MOST})::bigint" for c in COUNTS)}
from usage_sums join q using (model, price_day, above_tokens)
cross join unnest(array{list(SPAN_HOURS)}) span (hours)
where workspace = $1 and grain = 'pipeline' and span = 'day' and {_OF_SPAN}
group by 2, 3, 4, 5, 6, 7 order by 2, 3, 4, 5, 6, 7
"""
_RANKING = f"""{_PRICES}, priced as (
    select hours, {_SPAN} as since, pipeline_id, {COST} as micro_dollars, {TOKENS} as tokens,
        {" + ".join(f"{c}::float8" for c in COUNTS)} as counted
    from usage_sums s join q using (model, price_day, above_tokens)
    join unnest(array{[HOUR, *SPAN_HOURS]}) length (hours)
        on s.span = case hours when {HOUR} then 'hour' else 'day' end
    where workspace = $1 and grain = 'pipeline' and {_OF_SPAN}
)
insert into usage_ranking (workspace, hours, since, pipeline_id, {", ".join(RANKED)})
select $1::text, hours, since, pipeline_id, coalesce(sum(micro_dollars), 0),
    coalesce(sum(counted) filter (where micro_dollars is null), 0), sum(tokens), sum(counted)
from priced group by 2, 3, 4 order by 2, 3, 4
"""


async def settle_spans(connection: asyncpg.Connection, partitions: Collection[int]) -> None:
    """Spans hold what the sums hold, if somebody moved these positions who does not write them."""
    behind = await connection.fetch(_BEHIND, list(partitions))
    if behind:
        await span_different(connection)
        await connection.execute(_SETTLED, *map(list, zip(*behind, strict=True)))


async def span_different(connection: asyncpg.Connection) -> None:
    """Make the spans anew that differ from the sums, eight days of a workspace at a time."""
    for workspace, since in await connection.fetch(_DIFFERENT):
        async with connection.transaction():
            await connection.execute(_ROOM)
            await connection.execute(_ALONE)
            await _span(connection, workspace, since)


async def _span(connection: asyncpg.Connection, workspace: str, since: datetime) -> None:
    for table in ("usage_spans", "usage_ranking"):
        await connection.execute(_CLEAR.format(table), workspace, since)
    kinds = await connection.fetch(_MODELS, workspace, since)
    prices = [list(each) for each in zip(*map(_price, kinds), strict=True)]
    if prices:
        await connection.execute(_SPANS, workspace, since, *prices)
        await connection.execute(_RANKING, workspace, since, *prices)


def _price(kind: asyncpg.Record) -> tuple[object, ...]:
    model, day, above = kind
    group = Group(model or None, day, bisect_right(TIER_BOUNDS, above))
    prices = (None if each is None else float(each) for each in unit_prices(group))
    return model, day, above, priced_since(group), *prices
