"""What all runs of a time used and cost, by day, pipeline, agent or model, as Postgres has it.

    whole hours: sums that the projector keeps
    what is left at both ends: rows of runs       -> parts -> priced -> the kinds that cost most

By pipeline the kinds that cost most are found in spans of days, and hours, that are ranked already.

A call counts for the day on which its run was asked for; its price is that of the day on which its
attempt began. `shared.ledger.usage` says what a call is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias, get_args

import asyncpg

from shared.errors import TooLarge
from shared.ledger.facts import Source
from shared.ledger.pool import translated
from shared.ledger.usage import Sums, Used, used_of
from shared.ledger.usage_queries import NAMES, PRICE_COLUMNS, WHOLE, by_pipeline, most
from shared.ledger.usage_spans import DAY, HOUR, SPAN_HOURS, Span, cover
from shared.models import Group, priced_since, unit_prices
from shared.models.catalogue import TIER_BOUNDS

Grouping: TypeAlias = Literal["day", "pipeline", "agent", "model"]
GROUPINGS: tuple[Grouping, ...] = get_args(Grouping)
MOST_GROUPS = 200_000
MOST_ITEMS = 1_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_OF_SPANS = frozenset(("day", "pipeline"))


class Kind(NamedTuple):
    """What an item of a report is of; None where the report is not by that, or it is not known."""

    day: date | None = None
    pipeline: str | None = None
    agent: str | None = None
    model: str | None = None


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
    now = datetime.now(UTC)
    parts = spans(*times, now)
    asked = [workspace, TIER_BOUNDS, *parts]
    given = _spans_of(by, parts, is_open=now <= times[1])
    with translated():
        groups, prices = _whole_of(await source.fetch(WHOLE, *asked))
        rows = await _rows(source, by, [*asked, *prices, limit, _changes(groups)], given)
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


async def _rows(
    source: Source, by: Sequence[Grouping], asked: Sequence[object], given: Sequence[object]
) -> list[asyncpg.Record]:
    """What each kind that cost most used, by all that prices go by."""
    if "pipeline" in by and _OF_SPANS.issuperset(by):
        rows: list[asyncpg.Record] = await source.fetch(by_pipeline(by), *asked, *given)
        # A price that became known since may part what is summed together.
        if all(_has_one_price(row) for row in rows):
            return rows
    found: list[asyncpg.Record] = await source.fetch(most(by), *asked)
    return found


def _spans_of(by: Sequence[Grouping], parts: Spans, *, is_open: bool) -> list[list[object]]:
    """What `by_pipeline` takes: spans of hours and days, and of these those of days."""
    _, first_hour, first_day, last_day, last_hour, _ = parts
    lengths = (DAY,) if "day" in by else SPAN_HOURS
    days = cover(first_day, last_day, lengths, is_open=is_open)
    before = cover(first_hour, first_day, [HOUR], is_open=is_open)
    after = cover(last_day, last_hour, [HOUR])
    return [*_columns([*before, *days, *after]), *_columns(days)]


def _changes(groups: Iterable[tuple[Group, Sums]]) -> list[date]:
    """The days on which a price of any of these changed: fewer than those of all models."""
    return sorted({priced_since(group) for group, _ in groups})


def _columns(some: Sequence[Span]) -> tuple[list[object], list[object]]:
    return [each.hours for each in some], [each.since for each in some]


def _has_one_price(row: asyncpg.Record) -> bool:
    first, last = row["priced_at"], row["priced_until"]
    return first == last or _keeps_its_price(_group_of(row), last)


@lru_cache(maxsize=4096)
def _keeps_its_price(group: Group, until: date) -> bool:
    return priced_since(group) == priced_since(group._replace(day=until))


def _whole_of(
    rows: Sequence[asyncpg.Record],
) -> tuple[list[tuple[Group, Sums]], list[list[object]]]:
    """What all used together, by all that prices go by, and these prices by column."""
    groups = [_group(row) for row in rows]
    prices = [_price(row, group) for row, (group, _) in zip(rows, groups, strict=True)]
    if not prices:
        return groups, [[] for _ in range(PRICE_COLUMNS)]
    return groups, [list(each) for each in zip(*prices, strict=True)]


def _group(row: asyncpg.Record) -> tuple[Group, Sums]:
    return _group_of(row), Sums._make(row[-len(NAMES) :])


def _group_of(row: asyncpg.Record) -> Group:
    return Group(row["priced_model"] or None, row["priced_at"], row["tier"])


def _price(row: asyncpg.Record, group: Group) -> tuple[object, ...]:
    prices = (None if each is None else float(each) for each in unit_prices(group))
    return row["priced_model"], row["priced_at"], row["above_tokens"], *prices


def _items(rows: Iterable[asyncpg.Record], by: Sequence[Grouping]) -> list[Item]:
    groups: dict[Kind, list[tuple[Group, Sums]]] = {}
    names: dict[Kind, str] = {}
    for row in rows:
        kind = Kind(**{each: row[each] or None for each in by})
        groups.setdefault(kind, []).append(_group(row))
        names[kind] = max(names.get(kind, ""), row["pipeline_name"] or "")
    return [Item(kind, names[kind] or None, used_of(found)) for kind, found in groups.items()]
