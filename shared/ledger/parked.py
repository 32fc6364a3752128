"""Runs that the projector has parked, as its rows tell of them."""

from __future__ import annotations

from typing import NamedTuple

import asyncpg

from shared.ledger.facts import Source
from shared.ledger.pool import translated
from shared.log.parked import LONGEST_REASON, ParkedRun
from shared.run.wire import UnknownFact, name_in

REFUSED = "expected a fact that Postgres can hold"
"""How the reason begins where the fact is understood, and the database does not take it."""
_REFUSED_CODE = "fact_refused"
_SELECT = """select p.run_id::text as run, p.workspace, p.partition, p.seq, p.reason, p.parked_at,
    f.data from parked_runs p left join facts f on f.run_id = p.run_id and f.seq = p.seq"""


class ParkedRuns(NamedTuple):
    """The longest parked, and how many more there are."""

    runs: list[ParkedRun]
    more: int


async def parked_runs(source: Source, *, limit: int) -> ParkedRuns:
    """At most `limit` parked runs of all workspaces, the longest parked first.

    Raises: Unavailable.
    """
    with translated():
        rows = await source.fetch(f"{_SELECT} order by p.parked_at, p.run_id limit $1", limit)
        number = await source.fetchval("select count(*) from parked_runs")
    return ParkedRuns([_parked(row) for row in rows], max(number - len(rows), 0))


async def parked_run(source: Source, run: str) -> ParkedRun | None:
    """The run if it is parked, else None. Raises: Unavailable."""
    with translated():
        row = await source.fetchrow(f"{_SELECT} where p.run_id = $1", run)
    return None if row is None else _parked(row)


def _parked(row: asyncpg.Record) -> ParkedRun:
    name, version = (None, None) if row["data"] is None else name_in(row["data"])
    return ParkedRun(
        workspace=row["workspace"],
        run=row["run"],
        partition=row["partition"],
        since=row["parked_at"],
        code=_REFUSED_CODE if row["reason"].startswith(REFUSED) else UnknownFact.code,
        reason=row["reason"][:LONGEST_REASON],
        sequence=row["seq"],
        type=name,
        version=version,
    )
