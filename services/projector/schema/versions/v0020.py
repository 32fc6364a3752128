"""What pipelines used by spans of days, made here of the sums that there are."""

from bisect import bisect_right
from datetime import date
from pathlib import Path

from alembic import op

from services.projector.schema.script import run_script
from shared.models import Group, priced_since, unit_prices
from shared.models.catalogue import TIER_BOUNDS

revision = "0020"
down_revision = "0019"

_COUNTS = (
    *("input_tokens", "output_tokens", "thinking_tokens", "cache_read_tokens"),
    *("cache_creation_5m_tokens", "cache_creation_1h_tokens"),
    *("web_search_requests", "web_fetch_requests"),
)
_TOKENS = (
    "input_tokens::float8 + output_tokens + cache_read_tokens"
    " + cache_creation_5m_tokens + cache_creation_1h_tokens"
)
_PRICED = tuple(each for each in _COUNTS if each not in ("thinking_tokens", "web_fetch_requests"))
_COST = " + ".join(f"case when {c} = 0 then 0 else {c} * q.{c}_price end" for c in _PRICED)
_EPOCH = "timestamptz '1970-01-01 00:00:00+00'"
_BLOCKS = f"""
select distinct workspace, date_bin('192 hours', since, {_EPOCH}) from usage_sums
where grain = 'whole' and span = 'day' order by 1, 2
"""
_PRICES = "select distinct model, price_day, above_tokens from usage_sums where grain = 'whole'"
_ARRAYS = ("text", "date", "bigint", "date", *("float8" for _ in _PRICED))
_Q = f"""
q (model, price_day, above_tokens, period, {", ".join(f"{c}_price" for c in _PRICED)})
    as (select * from unnest({", ".join(f"${n}::{t}[]" for n, t in enumerate(_ARRAYS, 3))})),
asked as (select $1::text as workspace, $2::timestamptz as first)
"""
_SPAN = f"date_bin(make_interval(hours => h.hours), s.since, {_EPOCH})"
_OF_BLOCK = """s.workspace = asked.workspace and s.grain = 'pipeline'
    and s.since >= asked.first and s.since < asked.first + interval '192 hours'"""
SPANS = f"""
with {_Q}
insert into usage_spans (workspace, hours, since, pipeline_id, model, price_day, above_tokens,
    first_day, last_day, pipeline_name, {", ".join(_COUNTS)})
select s.workspace, h.hours, {_SPAN}, s.pipeline_id, s.model, q.period, s.above_tokens,
    min(s.price_day), max(s.price_day), max(s.pipeline_name),
    {", ".join(f"least(sum(s.{c}), {2**62 - 1})::bigint" for c in _COUNTS)}
from asked join usage_sums s on {_OF_BLOCK} and s.span = 'day'
join q using (model, price_day, above_tokens) cross join (values (24), (96), (192)) h (hours)
group by 1, 2, 3, 4, 5, 6, 7 order by 1, 2, 3, 4, 5, 6, 7
"""
RANKING = f"""
with {_Q}, priced as (
    select h.hours, {_SPAN} as since, s.pipeline_id, {_COST} as cost, {_TOKENS} as tokens,
        {" + ".join(f"s.{c}::float8" for c in _COUNTS)} as counted
    from asked join usage_sums s on {_OF_BLOCK}
    join (values (1), (24), (96), (192)) h (hours)
        on s.span = case h.hours when 1 then 'hour' else 'day' end
    join q using (model, price_day, above_tokens)
)
insert into usage_ranking (workspace, hours, since, pipeline_id, micro_dollars, unpriced, tokens,
    counted)
select $1, hours, since, pipeline_id, coalesce(sum(cost), 0),
    coalesce(sum(counted) filter (where cost is null), 0), sum(tokens), sum(counted)
from priced group by 2, 3, 4 order by 2, 3, 4
"""


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
    _fill()


def _fill() -> None:
    """Sum what there is, eight days of a workspace at a time, all in one transaction.

    What others write meanwhile is in no span: the next projector finds that out.
    """
    bind = op.get_bind()
    bind.exec_driver_sql("set local work_mem = '64MB'")
    kinds = bind.exec_driver_sql(_PRICES).fetchall()
    prices = [list(each) for each in zip(*map(_price, kinds), strict=True)]
    for workspace, first in bind.exec_driver_sql(_BLOCKS).fetchall() if kinds else ():
        for query in (SPANS, RANKING):
            bind.exec_driver_sql(query, (workspace, first, *prices))


def _price(kind: tuple[str, date, int]) -> tuple[object, ...]:
    model, day, above = kind
    group = Group(model or None, day, bisect_right(TIER_BOUNDS, above))
    prices = (None if each is None else float(each) for each in unit_prices(group))
    return model, day, above, priced_since(group), *prices
