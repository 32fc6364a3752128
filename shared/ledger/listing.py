"""Lists of runs: which are wanted, in which order, a page at a time.

    question    answered by the index of
    status      runs_by_status; runs_waiting and runs_at_work, which part what is `running`
    deciders    deciders_newest, of another table: one for each of their names
    the rest    runs_newest, by_pipeline, by_parent, by_caller, by_end, by_words

Of several statuses each is looked for by itself, as far as the page reaches: an index is in order
within one status. The ids are found first, and only of these the whole rows are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from pydantic import JsonValue

from shared.ledger.facts import Source
from shared.ledger.pool import translated
from shared.ledger.runs import SELECT, Cursor, Run, run_of
from shared.run.status import RunStatus

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_LEAST, _GREATEST = ("-".join(digit * n for n in (8, 4, 4, 4, 12)) for digit in "0f")
_WORDS = "run_words(r.pipeline_name, r.tags, r.metadata)"
# All words, of the last one the beginning; what has no word finds nothing.
_LOOKED_FOR = "(nullif(plainto_tsquery('simple', {})::text, '') || ':*')::tsquery"

START = Cursor(datetime(9999, 1, 1, tzinfo=UTC), _GREATEST)
"""Before every run, newest first."""
EARLIEST = Cursor(datetime(1, 1, 1, tzinfo=UTC), _LEAST)
"""Before every run, oldest first."""


class IdRange(NamedTuple):
    """Ids from the first to the last, both of them among these."""

    first: str
    last: str

    @classmethod
    def beginning(cls, prefix: str) -> IdRange:
        """All ids that begin with `prefix`, hex digits and dashes. Raises: ValueError."""
        filled = [prefix + rest[len(prefix) :] for rest in (_LEAST, _GREATEST)]
        if not prefix or not all(map(_ID.fullmatch, filled)):
            raise ValueError("expected the beginning of a run's id")
        return cls(*filled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which runs a list is about; what is None or empty is not asked.

    `workspace` None means all. A run has all of the `tags`, every member of `metadata`, and a word
    for each word of `search`, one that begins so for the last. Times themselves are not included.
    With `deciders` it has an open question for one of these: users, by e-mail or id, or roles.
    """

    workspace: str | None
    statuses: frozenset[RunStatus] = frozenset()
    pipeline_id: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    search: str | None = None
    requested_by: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    ended_after: datetime | None = None
    ended_before: datetime | None = None
    forked_from: str | None = None
    ids: IdRange | None = None
    deciders: tuple[str, ...] | None = None
    oldest_first: bool = False


async def list_runs(
    source: Source, wanted: Wanted, *, cursor: Cursor = START, limit: int = 50
) -> list[Run]:
    """At most `limit` runs behind the cursor, in the order that is wanted. Raises: Unavailable."""
    if wanted.deciders == ():
        return []
    query, arguments = listing(wanted, cursor=cursor, limit=limit)
    with translated():
        rows = await source.fetch(query, *arguments)
    return [run_of(row) for row in rows]


async def count_runs(source: Source, wanted: Wanted) -> int:
    """How many runs are wanted. Raises: Unavailable."""
    conditions = _Conditions(wanted, _beginning(wanted, START))
    branches = [" and ".join(some) for some in conditions.by_status(wanted.statuses)]
    counts = " + ".join(f"(select count(*) from runs r where {each})" for each in branches)
    with translated():
        found: int = await source.fetchval(f"select {counts}", *conditions.arguments)
    return found


async def with_good_forks(source: Source, workspace: str, runs: Sequence[str]) -> frozenset[str]:
    """Those of the runs that have a fork which lives or has completed. Raises: Unavailable."""
    with translated():
        rows = await source.fetch(
            "select distinct forked_from from runs where forked_from = any($1::text[]) "
            "and workspace = $2 and status not in ('failed', 'cancelled')",
            runs,
            workspace,
        )
    return frozenset(row["forked_from"] for row in rows)


def listing(wanted: Wanted, *, cursor: Cursor, limit: int) -> tuple[str, list[object]]:
    """The query of a page, and its arguments."""
    direction = "asc" if wanted.oldest_first else "desc"
    order = f"order by r.created_at {direction}, r.run_id {direction}"
    asked = _Conditions(wanted, _beginning(wanted, cursor))
    some = [" and ".join(each) for each in asked.by_status(wanted.statuses)]
    if wanted.deciders is None:
        each = "select r.run_id from runs r where {} " + f"{order} limit {int(limit)}"
        branches = [each.format(conditions) for conditions in some]
    else:
        branches = _of_deciders(wanted, asked, some, limit)
    found = " union all ".join(f"({branch})" for branch in branches)
    return f"{SELECT} where r.run_id in ({found}) {order} limit {int(limit)}", asked.arguments


def _of_deciders(
    wanted: Wanted, conditions: _Conditions, some: Sequence[str], limit: int
) -> list[str]:
    """A query for each name and each status, in the order of the index of deciders."""
    comparison, direction = (">", "asc") if wanted.oldest_first else ("<", "desc")
    places = [conditions.place_of(value) for value in (wanted.workspace, *(wanted.deciders or ()))]
    return [
        f"select r.run_id from deciders d join runs r on r.run_id = d.run_id "
        f"where d.workspace = {places[0]} and d.name = {name} "
        f"and (d.created_at, d.run_id) {comparison} ($1, $2) and {each} "
        f"order by d.created_at {direction}, d.run_id {direction} limit {int(limit)}"
        for name in places[1:]
        for each in some
    ]


def _beginning(wanted: Wanted, cursor: Cursor) -> Cursor:
    """Behind the cursor, and where runs of the times that are wanted begin.

    As one place, for an index is entered by one: what ended before a time was created before it.
    """
    if not wanted.oldest_first:
        ends = filter(None, (wanted.created_before, wanted.ended_before))
        return min((cursor, *(Cursor(end, _LEAST) for end in ends)))
    places = [EARLIEST if cursor == START else cursor]
    if wanted.created_after is not None:
        places.append(Cursor(wanted.created_after, _GREATEST))
    return max(places)


class _Conditions:
    """What a run must be, as SQL, and the values that it names."""

    def __init__(self, wanted: Wanted, cursor: Cursor) -> None:
        self.arguments: list[object] = [*cursor]
        comparison = ">" if wanted.oldest_first else "<"
        self._all = [f"(r.created_at, r.run_id) {comparison} ($1, $2)"]
        for condition, value in _asked(wanted):
            self._all.append(condition.format(self.place_of(value)))

    def place_of(self, value: object) -> str:
        """Where a value stands in the query, from now on."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def by_status(self, statuses: frozenset[RunStatus]) -> list[list[str]]:
        """The conditions, for each status that is wanted, or for all together."""
        if not statuses:
            return [self._all]
        return [[*self._all, _is_of(status)] for status in sorted(statuses)]


def _is_of(status: RunStatus) -> str:
    """SQL: the run shows this status."""
    if status == "waiting":
        return "r.waits"
    return f"r.status = '{status}'" + (" and not r.waits" if status == "running" else "")


def _asked(wanted: Wanted) -> list[tuple[str, object]]:
    """Conditions with a place for a value, and the values, of what is asked."""
    ids = wanted.ids
    questions: list[tuple[str, object]] = [
        ("r.workspace = {}", wanted.workspace),
        ("r.pipeline_id = {}", wanted.pipeline_id),
        ("r.tags @> {}::jsonb", json.dumps(wanted.tags) if wanted.tags else None),
        ("r.metadata @> {}::jsonb", json.dumps(dict(wanted.metadata)) if wanted.metadata else None),
        (f"{_WORDS} @@ {_LOOKED_FOR}", wanted.search),
        ("r.requested_by = {}", wanted.requested_by),
        ("r.created_at > {}", wanted.created_after),
        ("r.created_at < {}", wanted.created_before),
        ("r.finished_at > {}", wanted.ended_after),
        ("r.finished_at < {}", wanted.ended_before),
        ("r.forked_from = {}", wanted.forked_from),
        ("r.run_id >= {}", None if ids is None else ids.first),
        ("r.run_id <= {}", None if ids is None else ids.last),
    ]
    return [(condition, value) for condition, value in questions if value is not None]
