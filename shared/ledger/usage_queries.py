"""SQL of reports on usage: what Postgres is asked, by what and of which parts of a time.

Arguments, by number: the workspace, the bounds of prompts that prices go by, and the times of
`Spans` (3 to 8); the prices of calls (9 to 17), how many kinds, the days on which prices change;
and of a report by pipeline what `by_pipeline` takes.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.ledger.usage import CALLS, COUNTS, TIER
from shared.run.content import Usage

NAMES = tuple(Usage.model_fields)

_DAYS = (("day", "$5", "$6"),)
_HOURS = (("hour", "$4", "$5"), ("hour", "$6", "$7"))
_SUMS, _HOURLY = (
    " union all ".join(
        f"""
    select (since at time zone 'UTC')::date as day, pipeline_id as pipeline, agent, model,
        pipeline_name, price_day, above_tokens, {", ".join(NAMES)}
    from usage_sums
    where workspace = $1 and grain = '{{grain}}' and span = '{span}'
        and since >= {first} and since < {last}"""
        for span, first, last in spans
    )
    for spans in (_DAYS + _HOURS, _HOURS)
)
_CHOSEN = """
    select run_id, created_at, pipeline_id, pipeline_name from runs
    where workspace = $1 and created_at >= {} and created_at < {}"""
_ROWS = f"""
    select (r.created_at at time zone 'UTC')::date as day, coalesce(r.pipeline_id, '') as pipeline,
        s.node as agent, coalesce(c.model, '') as model, r.pipeline_name,
        (coalesce(a.started_at, r.created_at) at time zone 'UTC')::date as price_day,
        (0::bigint || $2::bigint[])[{TIER} + 1] as above_tokens,
        {", ".join(f"c.{name}" for name in NAMES)}
    from calls c join chosen r on r.run_id = c.run_id
    join steps s on (s.run_id, s.step) = (c.run_id, c.step)
    left join attempts a on (a.run_id, a.step, a.attempt) = (c.run_id, c.step, c.attempt)"""
_RUNS = f"""
with chosen as ({_CHOSEN.format("$3", "$4")} union all {_CHOSEN.format("$7", "$8")}
), {CALLS.format(runs="array(select run_id from chosen)")}"""
_SOURCE = f"""{_RUNS}, source as not materialized (
    {{sums}} union all {_ROWS}
)"""
# Calls of which a token has the same price are priced together.
WHOLE = f"""{_SOURCE.format(sums=_SUMS.format(grain="whole"))}
select model as priced_model, price_day as priced_at, above_tokens,
    width_bucket(above_tokens, $2::bigint[]) as tier, {COUNTS}
from source c group by priced_model, priced_at, above_tokens
"""
PRICED = (  # in the order of `unit_prices`
    *("input_tokens", "output_tokens", "cache_read_tokens"),
    *("cache_creation_5m_tokens", "cache_creation_1h_tokens", "web_search_requests"),
)
# Near enough to find the kinds that cost most; what they cost is reckoned exactly, of these alone.
COST = " + ".join(f"case when {c} = 0 then 0 else {c} * q.{c}_price end" for c in PRICED)
_TOKENS = """input_tokens::float8 + output_tokens + cache_read_tokens
            + cache_creation_5m_tokens + cache_creation_1h_tokens"""
PRICE_COLUMNS = 3 + len(PRICED)
_PRICES = f"""unnest($9::text[], $10::date[], $11::bigint[],
    {", ".join(f"${n}::float8[]" for n in range(12, 12 + len(PRICED)))})
    as q (model, price_day, above_tokens, {", ".join(f"{c}_price" for c in PRICED)})"""
_MOST = f"""
, ranked as (
    select {{keys}}, count(*) over () as kinds
    from (
        select c.*, {COST} as cost, {_TOKENS} as tokens
        from source c left join {_PRICES} using (model, price_day, above_tokens)
    ) priced
    group by {{keys}} having max(greatest({", ".join(NAMES)})) > 0
    order by bool_or(cost is null) desc,
        case when bool_or(cost is null) then 0 else sum(cost) end desc, sum(tokens) desc limit $18
)
select {{keys}}, kinds, max(c.pipeline_name) as pipeline_name, c.model as priced_model,
    min(c.price_day) as priced_at, width_bucket(c.price_day, $19::date[]) as period,
    width_bucket(c.above_tokens, $2::bigint[]) as tier, {COUNTS}
from ranked join source c using ({{keys}})
group by {{keys}}, kinds, priced_model, period, tier
"""
_GIVEN_SPANS = "unnest(${}::smallint[], ${}::timestamptz[])"
_RANKING = f"""{_RUNS}, loose as materialized ({_ROWS}
), ranked as (
    select {{keys}}, count(*) over () as kinds
    from (
        select (since at time zone 'UTC')::date as day, pipeline_id as pipeline, micro_dollars,
            unpriced, tokens, counted
        from usage_ranking where workspace = $1
            and (hours, since) in (select * from {_GIVEN_SPANS.format(20, 21)})
        union all
        select day, pipeline, coalesce(cost, 0), case when cost is null then counted else 0 end,
            tokens, counted
        from (
            select c.*, {COST} as cost, {_TOKENS} as tokens,
                {" + ".join(f"{c}::float8" for c in NAMES)} as counted
            from loose c left join {_PRICES} using (model, price_day, above_tokens)
        ) priced
    ) ranking
    group by {{keys}} having sum(counted) > 0
    order by sum(unpriced) > 0 desc,
        case when sum(unpriced) > 0 then 0 else sum(micro_dollars) end desc, sum(tokens) desc
    limit $18
)"""
_FOUND = f"""{_RANKING}, found as (
    select {{of_ranked}}, r.kinds, s.model, s.pipeline_name, s.first_day as price_day, s.last_day,
        s.above_tokens, {", ".join(f"s.{c}" for c in NAMES)}
    from ranked r cross join {_GIVEN_SPANS.format(22, 23)} span (hours, since)
    join usage_spans s on s.workspace = $1 and (s.hours, s.since) = (span.hours, span.since)
        and s.pipeline_id = r.pipeline {{same_day}}
    union all
    select {{of_ranked}}, r.kinds, e.model, e.pipeline_name, e.price_day, e.price_day,
        e.above_tokens, {", ".join(f"e.{c}" for c in NAMES)}
    from ranked r join ({_HOURLY.format(grain="pipeline")} union all select * from loose) e
        using ({{keys}})
)
select {{keys}}, kinds, max(c.pipeline_name) as pipeline_name, c.model as priced_model,
    min(c.price_day) as priced_at, max(c.last_day) as priced_until,
    width_bucket(c.price_day, $19::date[]) as period,
    width_bucket(c.above_tokens, $2::bigint[]) as tier, {COUNTS}
from found c group by {{keys}}, kinds, priced_model, period, tier
"""


def most(by: Sequence[str]) -> str:
    """The kinds that cost most of sums that tell apart all of `by`, and what each used."""
    grain = "pipeline" if "pipeline" in by else "agent" if "agent" in by else "whole"
    source = _SOURCE.format(sums=_SUMS.format(grain=grain))
    return source + _MOST.format(keys=", ".join(by))


def by_pipeline(by: Sequence[str]) -> str:
    """The same by pipeline, or by day and pipeline, from spans that the projector has summed.

    Takes lengths and beginnings of spans in which pipelines are ranked, hours among them, and of
    those that tell what the first of these used, without hours.
    """
    same_day = "and (s.since at time zone 'UTC')::date = r.day" if "day" in by else ""
    of_ranked = ", ".join(f"r.{each}" for each in by)
    return _FOUND.format(keys=", ".join(by), of_ranked=of_ranked, same_day=same_day)
