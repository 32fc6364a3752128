"""What workspaces used, summed by hour, day and month, pipeline, agent and model.

A call counts for the hour in which its run was asked for; its price is that of the day on which its
attempt began, and of the size of its prompt. What is added to sums are differences. No sum is an
amount: only what orders pipelines by their cost goes by prices as they are known when it is added.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

import asyncpg

from services.projector.rows import Row, RunRow
from shared.ledger.usage_spans import HOUR, SPAN_HOURS
from shared.models import Group, exact_cost, priced_since
from shared.models.catalogue import TIER_BOUNDS
from shared.run.content import Usage
from shared.run.used import ALTOGETHER, Call, calls_of

SUMS = ("usage_sums", "usage_spans", "usage_ranking")
COUNTS = tuple(Usage.model_fields)
RANKED = ("micro_dollars", "unpriced", "tokens", "counted")
TOKENS = """input_tokens::float8 + output_tokens + cache_read_tokens + cache_creation_5m_tokens
    + cache_creation_1h_tokens"""
EPOCH = "timestamptz '1970-01-01 00:00:00+00'"
# Two such sums are no more than a bigint holds.
MOST = 2**62 - 1
# What a row is found by is indexed, and an index takes no long words.
LONGEST_NAME = 120

_prompt_of = itemgetter(
    *(
        COUNTS.index(name)
        for name in (
            *("input_tokens", "cache_read_tokens"),
            *("cache_creation_5m_tokens", "cache_creation_1h_tokens"),
        )
    )
)
_PLACE = (
    *("workspace", "at", "pipeline_id", "agent", "model", "price_day", "above_tokens"),
    *("of_deleted", "pipeline_name"),
)
_TYPES = {"at": "timestamptz", "price_day": "date", "of_deleted": "boolean"} | dict.fromkeys(
    ("above_tokens", *COUNTS), "bigint"
)
_TYPES |= {"period": "date", "micro_dollars": "float8", "unpriced": "float8"}
_COLUMNS = (*_PLACE, "period", "micro_dollars", "unpriced", *COUNTS)
_GIVEN = ", ".join(f"${n}::{_TYPES.get(c, 'text')}[]" for n, c in enumerate(_COLUMNS, 1))
_GRAINS = {
    "whole": (("month", "day", "hour"), "''", "''", "null"),
    "agent": (("day", "hour"), "''", "agent", "null"),
    "pipeline": (("day", "hour"), "pipeline_id", "agent", "pipeline_name"),
}
_KEY = """workspace, grain, span, since, pipeline_id, agent, model, price_day, above_tokens,
    of_deleted"""
_CLAMPED = [f"greatest(least(sum({c}), {MOST}), -{MOST})::bigint as {c}" for c in COUNTS]
_SUMS = " union all ".join(
    f"""
    select workspace, '{grain}' as grain, '{span}' as span,
        date_trunc('{span}', at, 'UTC') as since, {pipeline} as pipeline_id,
        {agent} as agent, model, price_day, above_tokens, of_deleted,
        max({name}) as pipeline_name,
        {", ".join(_CLAMPED)}
    from given group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"""
    for grain, (spans, pipeline, agent, name) in _GRAINS.items()
    for span in spans
)
_ADDED = [f"{c} = greatest(least(s.{c} + excluded.{c}, {MOST}), 0)" for c in COUNTS]
_NAMED = "pipeline_name = greatest(s.pipeline_name, excluded.pipeline_name)"
_SPAN = f"date_bin(make_interval(hours => hours), at, {EPOCH})"
_SPAN_KEY = "workspace, hours, since, pipeline_id, model, price_day, above_tokens"
_DAYS = ("first_day", "last_day")
_SPANS = f"""
insert into usage_spans as s ({_SPAN_KEY}, {", ".join(_DAYS)}, pipeline_name, {", ".join(COUNTS)})
select workspace, hours, {_SPAN}, pipeline_id, model, period, above_tokens, min(price_day),
    max(price_day), max(pipeline_name), {", ".join(_CLAMPED)}
from given cross join unnest(array{list(SPAN_HOURS)}) span (hours)
group by 1, 2, 3, 4, 5, 6, 7 order by 1, 2, 3, 4, 5, 6, 7
on conflict ({_SPAN_KEY}) do update set {_NAMED},
    first_day = least(s.first_day, excluded.first_day),
    last_day = greatest(s.last_day, excluded.last_day), {", ".join(_ADDED)}
"""
_RANKING = f"""
insert into usage_ranking as s (workspace, hours, since, pipeline_id, {", ".join(RANKED)})
select workspace, hours, {_SPAN}, pipeline_id, sum(micro_dollars), sum(unpriced),
    sum({TOKENS}), sum({" + ".join(f"{c}::float8" for c in COUNTS)})
from given cross join unnest(array{[HOUR, *SPAN_HOURS]}) span (hours)
group by 1, 2, 3, 4 order by 1, 2, 3, 4
on conflict (workspace, hours, since, pipeline_id) do update set
    {", ".join(f"{c} = s.{c} + excluded.{c}" for c in RANKED)}
"""
# In one order, so that two projectors never wait for each other.
_ADD = f"""
with given as (select * from unnest({_GIVEN}) as given ({", ".join(_COLUMNS)})),
spans as ({_SPANS}), ranking as ({_RANKING})
insert into usage_sums as s ({_KEY}, pipeline_name, {", ".join(COUNTS)})
select * from ({_SUMS}) sums order by {_KEY}
on conflict ({_KEY}) do update set {_NAMED}, {", ".join(_ADDED)}
"""

Place: TypeAlias = tuple[str, datetime, str, str, str, date, int, bool]
"""Workspace, hour, pipeline, agent, model, day and size of prompt that the price goes by, whether
of a run that was deleted; empty texts are none."""


class AttemptUsed(NamedTuple):
    """The rows of `usage` of an attempt by turn, and when it began."""

    rows: Mapping[int, Row]
    began_at: datetime | None


class Spent:
    """Differences to sums, to be written once all else of a transaction is."""

    def __init__(self) -> None:
        self._sums: dict[Place, list[int]] = {}
        self._names: dict[str, str] = {}

    def add(
        self,
        run: RunRow,
        agent: str,
        used: AttemptUsed,
        *,
        times: int = 1,
        of_deleted: bool = False,
    ) -> None:
        """The calls of an attempt."""
        (rows, began_at), asked_at = used, run.created_at
        if not rows or asked_at is None:
            return
        pipeline = (run.pipeline_id or "")[:LONGEST_NAME]
        if run.pipeline_name and pipeline:
            self._names[pipeline] = run.pipeline_name
        hour = asked_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        day = (began_at or asked_at).astimezone(UTC).date()
        agent = agent[:LONGEST_NAME]
        for model, counts in _calls(rows):
            model = (model or "")[:LONGEST_NAME]
            prompt = _bound_below(sum(_prompt_of(counts)))
            place = (run.workspace, hour, pipeline, agent, model, day, prompt, of_deleted)
            sums = self._sums.get(place)
            if sums is None:
                self._sums[place] = [times * count for count in counts]
            else:
                for n, count in enumerate(counts):
                    sums[n] += times * count

    async def write(self, connection: asyncpg.Connection) -> None:
        """Add them, in the transaction of the rows that they are of.

        Others wait for the sums from here to the end of it, so nothing is to come behind.
        """
        rows = [
            (*place, self._names.get(place[2]), *_price(place, sums), *map(_clamped, sums))
            for place, sums in self._sums.items()
            if any(sums)
        ]
        if rows:
            await connection.execute(_ADD, *map(list, zip(*rows, strict=True)))


def _calls(rows: Mapping[int, Row]) -> Sequence[Call]:
    outcome = _call(rows[ALTOGETHER]) if ALTOGETHER in rows else None
    return calls_of([_call(rows[turn]) for turn in sorted(rows) if turn != ALTOGETHER], outcome)


def _call(row: tuple[Any, ...]) -> Call:
    return Call(row[0], row[1:])


def _price(place: Place, sums: Sequence[int]) -> tuple[date, float, float]:
    """Since when such calls have had this price, about what they cost, and what has no price."""
    _, _, _, _, model, day, above, _ = place
    group = Group(model or None, day, bisect_right(TIER_BOUNDS, above) if above else 0)
    cost = exact_cost([(group, Usage(**dict(zip(COUNTS, sums, strict=True))))])
    since = priced_since(group)
    return (since, 0.0, float(sum(sums))) if cost is None else (since, float(cost), 0.0)


def _clamped(count: int) -> int:
    return max(min(count, MOST), -MOST)


def _bound_below(prompt: int) -> int:
    """The largest bound of the catalogue's prices that lies below a prompt; 0 below all."""
    below = bisect_left(TIER_BOUNDS, prompt)
    return TIER_BOUNDS[below - 1] if below else 0
