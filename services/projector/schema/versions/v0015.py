"""Sums of what workspaces used, kept by the projector, and made here of what there is."""

from pathlib import Path

from alembic import op

from services.projector.schema.index import make_index
from services.projector.schema.script import run_script
from shared.models.catalogue import TIER_BOUNDS

revision = "0015"
down_revision = "0014"

RUNS_AT_ONCE = 20_000
NO_RUN = "00000000-0000-0000-0000-000000000000"
_COUNTS = (
    *("input_tokens", "output_tokens", "thinking_tokens", "cache_read_tokens"),
    *("cache_creation_5m_tokens", "cache_creation_1h_tokens"),
    *("web_search_requests", "web_fetch_requests"),
)


def _each(pattern: str) -> str:
    return ", ".join(pattern.format(name) for name in _COUNTS)


_PROMPT = "input_tokens + cache_read_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens"
_REST = "sum(case when turn = 0 then {0} else -{0} end)"
_GRAINS = {
    "whole": (("month", "day", "hour"), "''", "''"),
    "agent": (("day", "hour"), "''", "agent"),
    "pipeline": (("day", "hour"), "pipeline_id", "agent"),
}
_GIVEN = " union all ".join(
    f"select '{grain}' as grain, '{span}' as span, workspace,"
    f" date_trunc('{span}', at, 'UTC') as since, {pipeline} as pipeline_id, {agent} as agent,"
    f" model, price_day, above_tokens, {'pipeline_name' if grain == 'pipeline' else 'null'}"
    f" as pipeline_name, {_each('{0}')} from placed"
    for grain, (spans, pipeline, agent) in _GRAINS.items()
    for span in spans
)
# What a call is, is said in `shared.ledger.usage`.
CHUNK = f"""
with chunk as materialized (
    select run_id, workspace, created_at, coalesce(left(pipeline_id, 120), '') as pipeline_id,
        pipeline_name
    from runs where run_id > $1::uuid order by run_id limit {RUNS_AT_ONCE}
), used as (
    select run_id, step, attempt, turn, model, {_each("{0}")}, bool_or(turn = 0) over a as is_over,
        {_each(f"greatest({_REST} over a, -1)::bigint as rest_{{0}}")}
    from usage where counted and run_id in (select run_id from chunk)
    window a as (partition by run_id, step, attempt)
), judged as (
    select *, least({_each("rest_{0}")}) >= 0 as fits, greatest({_each("rest_{0}")}) > 0 as is_more
    from used
), calls as (
    select run_id, step, attempt, coalesce(left(model, 120), '') as model,
        {_each("case when turn = 0 and fits then rest_{0} else {0} end as {0}")}
    from judged where case when turn = 0 then is_more or not fits else fits or not is_over end
), placed as materialized (
    select r.workspace, r.created_at as at, r.pipeline_id, r.pipeline_name,
        left(s.node, 120) as agent, c.model,
        (coalesce(a.started_at, r.created_at) at time zone 'UTC')::date as price_day,
        (0::bigint || $2::bigint[])[width_bucket({_PROMPT} - 1, $2::bigint[]) + 1] as above_tokens,
        {_each("c.{0}")}
    from calls c join chunk r on r.run_id = c.run_id
    join steps s on (s.run_id, s.step) = (c.run_id, c.step)
    left join attempts a on (a.run_id, a.step, a.attempt) = (c.run_id, c.step, c.attempt)
), given as ({_GIVEN}
), added as (
    insert into usage_sums as s (grain, span, workspace, since, pipeline_id, agent, model,
        price_day, above_tokens, of_deleted, pipeline_name, {_each("{0}")})
    select grain, span, workspace, since, pipeline_id, agent, model, price_day, above_tokens,
        false, max(pipeline_name), {_each(f"least(sum({{0}}), {2**62 - 1})::bigint")}
    from given group by 1, 2, 3, 4, 5, 6, 7, 8, 9 order by 1, 2, 3, 4
    on conflict (workspace, grain, span, since, pipeline_id, agent, model, price_day, above_tokens,
        of_deleted) do update set pipeline_name = greatest(s.pipeline_name, excluded.pipeline_name),
        {_each(f"{{0}} = least(s.{{0}} + excluded.{{0}}, {2**62 - 1})")}
)
select run_id::text from chunk order by run_id desc limit 1
"""


def upgrade() -> None:
    run_script(Path(__file__).with_suffix(".sql"))
    make_index("usage_uncounted", "usage", ["run_id"], where="not counted")
    _fill()


def _fill() -> None:
    """Sum what there is, so many runs at a time, all in one transaction."""
    bind = op.get_bind()
    last: str | None = NO_RUN
    while last:
        last = bind.exec_driver_sql(CHUNK, (last, list(TIER_BOUNDS))).scalar()
