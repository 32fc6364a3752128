"""What all runs of a time used and cost, by day, pipeline, agent or model, as Postgres has it.

    whole hours: sums that the projector keeps
    what is left at both ends: rows of runs       -> parts -> priced -> the kinds that cost most

A call counts for the day on which its run was asked for; its price is that of the day on which its
attempt began. `shared.ledger.usage` says what a call is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias, get_args

import asyncpg

from shared.errors import TooLarge
from shared.ledger.facts import Source
from shared.ledger.pool import translated
from shared.ledger.usage import CALLS, COUNTS, TIER, Used, used_of
from shared.models import Group, unit_prices
from shared.models.catalogue import PRICE_DAYS, TIER_BOUNDS
from shared.run.content import Usage

Grouping: TypeAlias = Literal["day", "pipeline", "agent", "model"]
GROUPINGS: tuple[Grouping, ...] = get_args(Grouping)
MOST_GROUPS = 200_000
MOST_ITEMS = 1_000

_COUNTS = tuple(Usage.model_fields)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_SUMS = " union all ".join(
    f"""
    select (since at time zone 'UTC')::date as day, pipeline_id as pipeline, agent, model,
        pipeline_name, price_day, above_tokens, {", ".join(_COUNTS)}
    from usage_sums
    where workspace = $1 and grain = '{{grain}}' and span = '{span}'
        and since >= {first} and since < {last}"""
    for span, first, last in (("day", "$5", "$6"), ("hour", "$4", "$5"), ("hour", "$6", "$7"))
)
_CHOSEN = """
    select run_id, created_at, pipeline_id, pipeline_name from runs
    where workspace = $1 and created_at >= {} and created_at < {}"""
_ROWS = f"""
    union all
    select (r.created_at at time zone 'UTC')::date, coalesce(r.pipeline_id, ''), s.node,
        coalesce(c.model, ''), r.pipeline_name,
        (coalesce(a.started_at, r.created_at) at time zone 'UTC')::date,
        (0::bigint || $2::bigint[])[{TIER} + 1], {", ".join(f"c.{name}" for name in _COUNTS)}
    from calls c join chosen r on r.run_id = c.run_id
    join steps s on (s.run_id, s.step) = (c.run_id, c.step)
    left join attempts a on (a.run_id, a.step, a.attempt) = (c.run_id, c.step, c.attempt)"""
_SOURCE = f"""
with chosen as ({_CHOSEN.format("$3", "$4")} union all {_CHOSEN.format("$7", "$8")}
), {CALLS.format(runs="array(select run_id from chosen)")}, source as not materialized (
    {{sums}} {_ROWS}
)"""
# Calls of which a token has the same price are priced together.
_WHOLE = f"""
select model as priced_model, price_day as priced_at, above_tokens,
    width_bucket(above_tokens, $2::bigint[]) as tier, {COUNTS}
from source c group by priced_model, priced_at, above_tokens
"""
_PRICED = (  # in the order of `unit_prices`
    *("input_tokens", "output_tokens", "cache_read_tokens"),
    *("cache_creation_5m_tokens", "cache_creation_1h_tokens", "web_search_requests"),
)
# Near enough to find the kinds that cost most; what they cost is reckoned exactly, of these alone.
_COST = " + ".join(f"case when {c} = 0 then 0 else {c} * q.{c}_price end" for c in _PRICED)
_PRICE_COLUMNS = 3 + len(_PRICED)
_PRICES = f"""unnest($9::text[], $10::date[], $11::bigint[],
    {", ".join(f"${n}::float8[]" for n in range(12, 12 + len(_PRICED)))})
    as q (model, price_day, above_tokens, {", ".join(f"{c}_price" for c in _PRICED)})"""
_MOST = f"""
, ranked as (
    select {{keys}}, count(*) over () as kinds
    from (
        select c.*, {_COST} as cost, input_tokens::float8 + output_tokens + cache_read_tokens
            + cache_creation_5m_tokens + cache_creation_1h_tokens as tokens
        from source c left join {_PRICES} using (model, price_day, above_tokens)
    ) priced
    group by {{keys}} having max(greatest({", ".join(_COUNTS)})) > 0
    order by bool_or(cost is null) desc,
        case when bool_or(cost is null) then 0 else sum(cost) end desc, sum(tokens) desc limit $18
)
select {{keys}}, kinds, max(c.pipeline_name) as pipeline_name, c.model as priced_model,
    min(c.price_day) as priced_at, width_bucket(c.price_day, $19::date[]) as period,
    width_bucket(c.above_tokens, $2::bigint[]) as tier, {COUNTS}
from ranked join source c using ({{keys}})
group by {{keys}}, kinds, priced_model, period, tier
"""


class Kind(NamedTuple):
    """What an item of a report is of; None where the report is not by that, or it is not known."""

    day: date | None
    pipeline: str | None
    agent: str | None
    model: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """What was used of a kind, and what that costs."""

    kind: Kind
    pipeline_name: str | None
    used: Used


@dataclass(frozen=True, slots=True)
class Report:
    """What was used altogether; the kinds that cost most, in no order; how many others there are.

    A kind of which the cost is not known is taken for one that costs most.
    """

    whole: Used
    items: list[Item]
    left_out: int


async def usage_report(
    source: Source,
    workspace: str,
    by: Sequence[Grouping],
    times: tuple[datetime, datetime],
    limit: int = MOST_ITEMS,
) -> Report:
    """What runs asked for from the first time to before the second used, by all of `by`.

    Raises: TooLarge, where it would be of too many kinds; Unavailable.
    """
    asked = [workspace, TIER_BOUNDS, *spans(*times, datetime.now(UTC))]
    source_of = _SOURCE.format(sums=_SUMS.format(grain="whole"))
    with translated():
        parts = await source.fetch(source_of + _WHOLE, *asked)
        groups = [_group(row) for row in parts]
        prices = [_price(row, group) for row, (group, _) in zip(parts, groups, strict=True)]
        columns = zip(*prices, strict=True) if prices else [()] * _PRICE_COLUMNS
        rows = await source.fetch(_most(by), *asked, *map(list, columns), limit, PRICE_DAYS)
    kinds = rows[0]["kinds"] if rows else 0
    if kinds > MOST_GROUPS:
        raise TooLarge(
            f"expected a report of at most {MOST_GROUPS:,} kinds, came {kinds:,}: "
            "ask for a shorter time, or by less"
        )
    items = await asyncio.to_thread(_items, rows, by)
    return Report(used_of(groups), items, kinds - len(items))


class Spans(NamedTuple):
    """A time in parts: rows of runs up to the first hour, hours up to the first day, and back."""

    since: datetime
    first_hour: datetime
    first_day: datetime
    last_day: datetime
    last_hour: datetime
    until: datetime


def spans(since: datetime, until: datetime, now: datetime) -> Spans:
    """The parts of a time; what there is none of begins where it ends.

    Nothing was asked for after `now`: if `until` is no earlier, the hour and day of it are whole.
    """
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    if since >= now:
        return Spans(since, until, until, until, until, until)
    first_hour, last_hour = _whole(since, until, now, _HOUR)
    first_day, last_day = _whole(first_hour, last_hour, now, _DAY)
    return Spans(since, first_hour, first_day, last_day, last_hour, until)


def _whole(
    since: datetime, until: datetime, now: datetime, span: timedelta
) -> tuple[datetime, datetime]:
    """From when and before when spans lie within; twice the end if none does."""
    first = since + (_EPOCH - since) % span
    last = until if now <= until else until - (until - _EPOCH) % span
    return (first, last) if first < last else (until, until)


def _most(by: Sequence[Grouping]) -> str:
    grain = "pipeline" if "pipeline" in by else "agent" if "agent" in by else "whole"
    source = _SOURCE.format(sums=_SUMS.format(grain=grain))
    return source + _MOST.format(keys=", ".join(by))


def _group(row: asyncpg.Record) -> tuple[Group, Usage]:
    group = Group(row["priced_model"] or None, row["priced_at"], row["tier"])
    return group, Usage(**{name: row[name] for name in _COUNTS})


def _price(row: asyncpg.Record, group: Group) -> tuple[object, ...]:
    prices = (None if each is None else float(each) for each in unit_prices(group))
    return row["priced_model"], row["priced_at"], row["above_tokens"], *prices


def _items(rows: Iterable[asyncpg.Record], by: Sequence[Grouping]) -> list[Item]:
    groups: dict[Kind, list[tuple[Group, Usage]]] = {}
    names: dict[Kind, str] = {}
    for row in rows:
        kind = Kind(*((row[each] or None) if each in by else None for each in GROUPINGS))
        groups.setdefault(kind, []).append(_group(row))
        names[kind] = max(names.get(kind, ""), row["pipeline_name"] or "")
    return [Item(kind, names[kind] or None, used_of(found)) for kind, found in groups.items()]
