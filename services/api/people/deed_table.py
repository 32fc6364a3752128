"""The audit as it is read: rows of what was done to accounts, and what facts say was done to runs.

    audit   tokens, members, keys, limits, definitions: in the statement that changed them
    facts   run.requested, run.cancel_requested, step.decided: as the projector copied them

Nothing of a run is written a second time: a run that is deleted takes its deeds with it, and the
row of its deletion stays. Both come newest first, by time, so a page is the newest of either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import pydantic_core

from services.api.people.models import DeedShape
from shared.ledger.pool import translated

OF_RUNS = ("run.requested", "run.cancel_requested", "step.decided")
"""Deeds that are facts; the index of their table is of just these types."""
_NOBODY = "penstock"
_LISTED = ", ".join(f"'{each}'" for each in OF_RUNS)
# Of two at one time what stands later in this order is told first.
_ACCOUNTS = """
    select at, 'a' || lpad(id::text, 19, '0') as place, id, workspace, actor, actor_name, action,
        subject, details::text as details, address
    from audit where {where} order by at desc, id desc limit $5
"""
_RUNS = f"""
    select time as at, 'f' || run_id || lpad(seq::text, 19, '0') as place, seq as id, workspace,
        coalesce(said->>'actor', said->>'requested_by', said->>'decided_by', '{_NOBODY}') as actor,
        coalesce(said->>'requested_by', said->>'decided_by', '{_NOBODY}') as actor_name,
        type as action, run_id::text as subject,
        json_strip_nulls(json_build_object(
            'pipeline_id', said->>'pipeline_id', 'forked_from', said->>'forked_from',
            'step', said->'step', 'node', said->>'node', 'decision', said->>'decision',
            'link', said->>'link'
        ))::text as details,
        null as address
    from (
        select run_id, seq, workspace, type, time, convert_from(data, 'UTF8')::json as said
        from facts where {{where}} and type in ({_LISTED})
        order by time desc, run_id desc, seq desc limit $5
    ) as told
"""


class Place(NamedTuple):
    """A deed's place in the audit: when, and which of those of one time."""

    at: datetime
    id: str


class Asked(NamedTuple):
    """Which deeds: of a workspace, or of accounts of all; an action, or all; from, up to before."""

    workspace: str | None
    action: str | None
    since: datetime | None
    until: datetime | None


class DeedTable:
    """Reads the audit."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def page(self, asked: Asked, before: Place, limit: int) -> Sequence[asyncpg.Record]:
        """So many deeds behind a place, newest first. Raises: Unavailable."""
        values = (before.at, before.id, asked.since, asked.until, limit, asked.workspace)
        query, more = _query(asked)
        with translated():
            found: Sequence[asyncpg.Record] = await self._pool.fetch(query, *values, *more)
        return found


def place_of(row: asyncpg.Record) -> Place:
    return Place(row["at"], row["place"])


def shape_of(row: Mapping[str, Any]) -> DeedShape:
    """A row as it is told."""
    told = {name: row[name] for name in DeedShape.model_fields}
    return DeedShape.model_validate({**told, "details": pydantic_core.from_json(row["details"])})


def _query(asked: Asked) -> tuple[str, Sequence[object]]:
    """The query, and what it takes from the seventh parameter on."""
    parts: list[str] = []
    of_runs = asked.action in OF_RUNS
    if not of_runs:
        parts.append(_ACCOUNTS.format(where=_where("at", "'a' || lpad(id::text, 19, '0')", asked)))
    # Runs of others are seen under /admin alone, where each look is told.
    if asked.workspace is not None and (of_runs or asked.action is None):
        place = "'f' || run_id || lpad(seq::text, 19, '0')"
        parts.append(_RUNS.format(where=_where("time", place, asked)))
    both = " union all ".join(f"({part})" for part in parts)
    query = f'select * from ({both}) as deeds order by at desc, place collate "C" desc limit $5'
    return query, () if asked.action is None else (asked.action,)


def _where(time: str, place: str, asked: Asked) -> str:
    named = "type" if time == "time" else "action"
    terms = [
        "$6::text is null" if asked.workspace is None else "workspace = $6",
        f"{time} <= $1",
        f'({time} < $1 or {place} collate "C" < $2)',
        f"({time} >= $3 or $3::timestamptz is null)",
        f"({time} < $4 or $4::timestamptz is null)",
    ]
    if asked.action is not None:
        terms.append(f"{named} = $7")
    return " and ".join(terms)
